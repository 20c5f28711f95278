//! The program under test, as its users start it: a clean environment, a directory of
//! its own, a port of its own.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use super::databases::TestDatabase;
use super::process::{self, Server, Signal};
use super::{http, room};

const PROGRAM: &str = env!("CARGO_BIN_EXE_portus-rs");

/// What a task printed and how it ended.
#[derive(Debug)]
pub struct Ran {
    /// Nothing when a signal ended it.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// # Panics
    /// When the code is another one; the message carries what was printed.
    #[must_use]
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(
            self.code,
            Some(code),
            "stdout:\n{}\nstderr:\n{}",
            self.stdout,
            self.stderr
        );
        self
    }
}

/// Directory, port and variables, before anything runs.
pub struct Builder {
    directory: TempDir,
    port: u16,
    variables: BTreeMap<String, String>,
    arguments: Vec<String>,
    machine: Option<String>,
}

impl Builder {
    /// Sets a variable; a later one of the same name wins.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl AsRef<str>) -> Self {
        self.variables
            .insert(name.to_owned(), value.as_ref().to_owned());
        self
    }

    #[must_use]
    pub fn database(mut self, database: &TestDatabase) -> Self {
        for (name, value) in &database.variables {
            self.variables.insert((*name).to_owned(), value.clone());
        }
        self
    }

    /// Another data directory: a second replica, or state from before.
    #[must_use]
    pub fn data_directory(self, directory: &Path) -> Self {
        self.env("PORTUS_DATA_DIR", directory.to_string_lossy())
    }

    /// Arguments after `serve`, as `--no-jobs`; or another command in its place.
    #[must_use]
    pub fn arguments(mut self, arguments: &[&str]) -> Self {
        self.arguments = arguments.iter().map(|&text| text.to_owned()).collect();
        self
    }

    /// Runs on another machine as far as other processes can tell: under a host name of its own.
    #[must_use]
    pub fn on_machine(mut self, name: &str) -> Self {
        self.machine = Some(name.to_owned());
        self
    }

    /// Where it will listen, for the registry's configuration.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// Fixes the environment without starting anything: for tasks alone.
    pub fn idle(self) -> Portus {
        let log = self.directory.path().join("portus.log");
        Portus {
            address: self.address(),
            server: None,
            log,
            variables: self.variables,
            arguments: self.arguments,
            machine: self.machine,
            directory: self.directory,
        }
    }

    /// Starts the service and waits until it serves requests.
    ///
    /// # Panics
    /// When it does not within a minute; the message carries its log.
    pub fn start(self) -> Portus {
        let mut portus = self.idle();
        portus.start();
        portus
    }
}

/// The service, running or not, with the environment its tasks run in.
pub struct Portus {
    // Before the directory: it must be gone when that is removed.
    server: Option<Server>,
    /// `host:port`.
    pub address: String,
    log: PathBuf,
    variables: BTreeMap<String, String>,
    arguments: Vec<String>,
    machine: Option<String>,
    directory: TempDir,
}

impl Portus {
    /// Nothing configured but where to keep data and where to listen.
    pub fn builder() -> Builder {
        let directory = tempfile::tempdir().expect("make a directory for the service");
        let data = directory.path().join("data");
        let port = room::free_port();
        let mut variables = BTreeMap::new();
        let path = std::env::var_os("PATH").unwrap_or_default();
        variables.insert("PATH".to_owned(), path.to_string_lossy().into_owned());
        variables.insert("PORTUS_DATA_DIR".to_owned(), data.display().to_string());
        variables.insert("PORTUS_PUMA_HOST".to_owned(), format!("127.0.0.1:{port}"));
        Builder {
            directory,
            port,
            variables,
            arguments: vec!["serve".to_owned()],
            machine: None,
        }
    }

    /// The address for clients, with a path to follow.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn data_directory(&self) -> PathBuf {
        PathBuf::from(&self.variables["PORTUS_DATA_DIR"])
    }

    /// Changes a variable for the next start and the next task.
    pub fn set(&mut self, name: &str, value: impl AsRef<str>) {
        self.variables
            .insert(name.to_owned(), value.as_ref().to_owned());
    }

    /// What it runs in, for another process beside it.
    pub fn environment(&self) -> impl Iterator<Item = (&str, &str)> {
        self.variables
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// What it is run with from the next start on, the command included.
    pub fn with_arguments(&mut self, arguments: &[&str]) {
        self.arguments = arguments.iter().map(|&text| text.to_owned()).collect();
    }

    pub fn unset(&mut self, name: &str) {
        self.variables.remove(name);
    }

    /// Starts it and waits until `_ping` answers.
    pub fn start(&mut self) {
        self.start_only();
        let address = self.address.clone();
        let root = self.variables.get("RAILS_RELATIVE_URL_ROOT").cloned();
        let ping = format!("{}/api/v1/_ping", root.unwrap_or_default());
        self.running().until_ready(Duration::from_mins(1), || {
            http::status(&address, &ping) == Some(200)
        });
    }

    /// The same where it has a certificate of its own: then plain HTTP is not answered.
    pub fn start_with_tls(&mut self) {
        self.start_only();
        let address = self.address.clone();
        self.running().until_ready(Duration::from_mins(1), || {
            std::net::TcpStream::connect(&address).is_ok()
        });
    }

    /// Starts it without waiting, for starts that are to fail or to be interrupted.
    pub fn start_only(&mut self) {
        let mut command = match &self.machine {
            None => process::guarded(Path::new(PROGRAM), Signal::Kill),
            Some(name) => process::guarded_on_machine(name, Path::new(PROGRAM), Signal::Kill),
        };
        self.dress(&mut command);
        command.args(&self.arguments);
        self.server = Some(Server::start(
            "portus-rs",
            command,
            &self.log,
            Signal::Terminate,
        ));
    }

    /// Asks it to stop, and waits for the end.
    pub fn stop(&mut self) -> ExitStatus {
        self.running().signal(Signal::Terminate);
        let status = self.running().until_ended(Duration::from_mins(1));
        self.server = None;
        status
    }

    /// SIGKILL: nothing of it gets to run any more.
    pub fn kill(&mut self) {
        self.running().kill();
        self.server = None;
    }

    pub fn restart(&mut self) {
        self.stop();
        self.start();
    }

    /// For signals and for waiting until it ends by itself.
    ///
    /// # Panics
    /// When it was not started.
    pub fn running(&mut self) -> &mut Server {
        self.server.as_mut().expect("the service was started")
    }

    /// Everything it has logged, over restarts.
    pub fn log(&self) -> String {
        let bytes = std::fs::read(&self.log).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Runs a task in the same environment, with nothing on standard input.
    pub fn cli<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Ran {
        self.cli_with_input(arguments, "")
    }

    /// Runs a task that reads `input`.
    pub fn cli_with_input<S: AsRef<OsStr>>(&self, arguments: &[S], input: &str) -> Ran {
        self.cli_as(Path::new(PROGRAM), arguments, input)
    }

    /// Runs the program under another name, as the links in the image do.
    pub fn cli_as<S: AsRef<OsStr>>(&self, program: &Path, arguments: &[S], input: &str) -> Ran {
        use std::io::Write;
        let mut command = process::guarded(program, Signal::Kill);
        self.dress(&mut command);
        let mut child = command
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("run portus-rs");
        // A task that does not read its input closes the pipe early.
        let _ = child
            .stdin
            .take()
            .expect("it was asked for")
            .write_all(input.as_bytes());
        let output = child.wait_with_output().expect("the task ends");
        Ran {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Starts a task and lets it run; what it logs joins the service's.
    pub fn spawn(&self, arguments: &[&str]) -> Child {
        let log = || {
            let mut options = std::fs::OpenOptions::new();
            options.create(true).append(true).open(&self.log)
        };
        let mut command = process::guarded(Path::new(PROGRAM), Signal::Kill);
        self.dress(&mut command);
        command
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(log().expect("open the log"))
            .stderr(log().expect("open the log"))
            .spawn()
            .expect("run portus-rs")
    }

    fn dress(&self, command: &mut Command) {
        command
            .env_clear()
            .envs(&self.variables)
            .current_dir(self.directory.path());
    }
}
