//! One MariaDB server for all tests of the process, a database for each test.
//!
//! It is set up as the Portus examples set theirs up, three-byte `utf8` and a collation
//! that ignores case, so that a table which relies on the server's default is found out.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use super::http;
use super::process::{self, Server, Signal};
use super::room;

pub const USER: &str = "portus";
/// Awkward in YAML, in a URL and in a shell.
pub const PASSWORD: &str = "p#w:0'1@%/";

/// A running `mariadbd`.
pub struct MariaDb {
    server: Server,
    pub port: u16,
    pub socket: PathBuf,
}

impl MariaDb {
    /// The server that all tests share, started by the first who asks.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<MariaDb> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(&room::process_directory("mariadb")))
    }

    /// Starts a server of one's own, for tests that take it away.
    pub fn start(directory: &Path) -> Self {
        // A test's server never has to survive a power cut.
        let hasty = [
            "--innodb-flush-log-at-trx-commit=0",
            "--skip-innodb-doublewrite",
        ];
        Self::start_with(directory, &hasty)
    }

    /// The same with settings, for benchmarks that must pay what an operator pays.
    pub fn start_with(directory: &Path, settings: &[&str]) -> Self {
        let data = directory.join("data");
        if !data.is_dir() {
            initialise(&data);
        }
        let init = directory.join("init.sql");
        std::fs::write(&init, accounts()).expect("write the init file");
        let port = room::free_port();
        let socket = directory.join("mariadb.sock");
        let mut command = process::guarded(&process::need_program("mariadbd"), Signal::Kill);
        command
            .arg("--no-defaults")
            .arg(format!("--datadir={}", data.display()))
            .arg(format!("--socket={}", socket.display()))
            .arg(format!("--init-file={}", init.display()))
            .arg(format!("--port={port}"))
            .args(["--bind-address=127.0.0.1", "--skip-name-resolve"])
            .args([
                "--character-set-server=utf8",
                "--collation-server=utf8_unicode_ci",
            ])
            .args(["--innodb-buffer-pool-size=64M", "--max-connections=500"])
            .args(settings);
        if process::is_root() {
            command.arg("--user=root");
        }
        let mut server = Server::start(
            "mariadbd",
            command,
            &directory.join("mariadb.log"),
            Signal::Kill,
        );
        let address = format!("127.0.0.1:{port}");
        // The handshake names the server at once; the init file has run by then.
        server.until_ready(Duration::from_mins(1), || http::greets(&address));
        Self {
            server,
            port,
            socket,
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
            "mysql://{USER}:{password}@127.0.0.1:{}/{database}",
            self.port
        )
    }
}

fn initialise(data: &Path) {
    let mut install = Command::new(process::need_program("mariadb-install-db"));
    install
        .arg("--no-defaults")
        .arg(format!("--datadir={}", data.display()))
        .args(["--auth-root-authentication-method=normal", "--skip-test-db"]);
    if process::is_root() {
        install.arg("--user=root");
    }
    let done = install.output().expect("run mariadb-install-db");
    assert!(
        done.status.success(),
        "mariadb-install-db failed:\n{}{}",
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr)
    );
}

/// Both spellings of loopback: one for TCP, the other for the socket.
fn accounts() -> String {
    let password = PASSWORD.replace('\'', "''");
    ["127.0.0.1", "localhost"]
        .map(|host| {
            format!(
                "CREATE USER IF NOT EXISTS '{USER}'@'{host}' IDENTIFIED BY '{password}';\n\
                 GRANT ALL ON *.* TO '{USER}'@'{host}';\n"
            )
        })
        .concat()
}
