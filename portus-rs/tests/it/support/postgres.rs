//! One PostgreSQL server for all tests of the process, a database for each test.
//!
//! Its databases sort by ICU rules, not bytewise, so that a list which relies on the
//! default order is found out.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use super::process::{self, Server, Signal};
use super::room;

pub const USER: &str = "portus";
pub const PASSWORD: &str = "p#w:0'1@%/";

/// A running `postgres`.
pub struct Postgres {
    server: Server,
    pub port: u16,
    pub socket_directory: PathBuf,
}

impl Postgres {
    /// The server that all tests share, started by the first who asks.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Postgres> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(&room::process_directory("postgres")))
    }

    /// Starts a server of one's own, for tests that take it away.
    pub fn start(directory: &Path) -> Self {
        // A test's server never has to survive a power cut.
        let hasty = [
            "fsync=off",
            "synchronous_commit=off",
            "full_page_writes=off",
        ];
        Self::start_with(directory, &hasty)
    }

    /// The same with settings, for benchmarks that must pay what an operator pays.
    pub fn start_with(directory: &Path, settings: &[&str]) -> Self {
        let programs = programs();
        let data = directory.join("data");
        if process::is_root() {
            // PostgreSQL refuses root; it gets the directory and everything in it.
            let status = Command::new("chown")
                .arg("-R")
                .arg("postgres:postgres")
                .arg(directory)
                .status();
            assert!(
                status.is_ok_and(|status| status.success()),
                "cannot give {} to the user 'postgres'",
                directory.display()
            );
        }
        if !data.is_dir() {
            initialise(&programs, &data, directory);
        }
        let port = room::free_port();
        let mut command = guarded(&programs.join("postgres"));
        command.arg("-D").arg(&data).args(["-p", &port.to_string()]);
        let socket = format!("unix_socket_directories={}", directory.display());
        let own = [
            socket.as_str(),
            "listen_addresses=127.0.0.1",
            "max_connections=300",
        ];
        for setting in own.iter().chain(settings) {
            command.args(["-c", setting]);
        }
        let log = directory.join("postgres.log");
        let mut server = Server::start("postgres", command, &log, Signal::Quit);
        let isready = programs.join("pg_isready");
        server.until_ready(Duration::from_mins(1), || {
            Command::new(&isready)
                .args(["-q", "-h", "127.0.0.1", "-p", &port.to_string()])
                .status()
                .is_ok_and(|status| status.success())
        });
        Self {
            server,
            port,
            socket_directory: directory.to_owned(),
        }
    }

    /// For faults: pause, continue, kill.
    pub fn server(&mut self) -> &mut Server {
        &mut self.server
    }

    /// The connection URL of a database on this server.
    pub fn url(&self, database: &str) -> String {
        let password: String = url::form_urlencoded::byte_serialize(PASSWORD.as_bytes()).collect();
        format!(
            "postgres://{USER}:{password}@127.0.0.1:{}/{database}",
            self.port
        )
    }
}

fn guarded(program: &Path) -> Command {
    if process::is_root() {
        process::guarded_as("postgres", program, Signal::Quit)
    } else {
        process::guarded(program, Signal::Quit)
    }
}

/// Debian keeps the server's programs out of `PATH`, by version.
fn programs() -> PathBuf {
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|version| version.path().join("bin"))
        .filter(|bin| bin.join("postgres").is_file())
        .collect();
    versions.sort();
    versions.pop().unwrap_or_else(|| {
        let server = process::need_program("postgres");
        server
            .parent()
            .expect("a program has a directory")
            .to_owned()
    })
}

fn initialise(programs: &Path, data: &Path, directory: &Path) {
    let password = directory.join("password");
    std::fs::write(&password, PASSWORD).expect("write the password file");
    let mut command = guarded(&programs.join("initdb"));
    command
        .arg("-D")
        .arg(data)
        .arg(format!("--pwfile={}", password.display()))
        .args(["--auth=scram-sha-256", "--username", USER, "--no-sync"])
        .args(["--encoding=UTF8", "--locale=C.UTF-8"])
        .args(["--locale-provider=icu", "--icu-locale=und"]);
    let done = command.output().expect("run initdb");
    assert!(
        done.status.success(),
        "initdb failed:\n{}{}",
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr)
    );
}
