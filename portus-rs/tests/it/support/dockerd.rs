//! A private docker daemon and its client: log in, load, tag, push, pull. It never
//! runs a container.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use super::images::Package;
use super::process::{self, Server, Signal};
use super::skopeo::Said;
use super::wait;

/// A running `dockerd` with state of its own.
pub struct Dockerd {
    // Before the directory: it must be gone when that is removed.
    server: Server,
    directory: TempDir,
}

impl Dockerd {
    /// Starts a daemon, or says why it cannot run here.
    pub fn try_start() -> Result<Self, String> {
        if !process::is_root() {
            return Err("dockerd needs root".to_owned());
        }
        for program in ["dockerd", "containerd", "docker"] {
            if process::find_program(program).is_none() {
                return Err(format!("'{program}' is not installed"));
            }
        }
        let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
        let at = |name: &str| directory.path().join(name).display().to_string();
        let socket = format!("unix://{}", at("docker.sock"));
        let mut command = process::guarded(&process::need_program("dockerd"), Signal::Terminate);
        command
            .args(["--data-root", &at("data"), "--exec-root", &at("exec")])
            .args(["--pidfile", &at("docker.pid"), "--host", &socket])
            .args(["--config-file", &at("daemon.json")])
            .args(["--storage-driver=vfs", "--bridge=none"])
            .args(["--iptables=false", "--ip6tables=false"]);
        for proxy in ["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"] {
            command.env_remove(proxy);
        }
        std::fs::write(directory.path().join("daemon.json"), "{}")
            .map_err(|error| error.to_string())?;
        let log = directory.path().join("dockerd.log");
        let server = Server::start("dockerd", command, &log, Signal::Terminate);
        let mut daemon = Self { server, directory };
        let mut ended = None;
        wait::wait_for("dockerd answers or ends", Duration::from_mins(1), || {
            ended = daemon.server.ended();
            ended.is_some() || daemon.docker(&["version"]).ok
        });
        match ended {
            None => Ok(daemon),
            Some(status) => Err(format!("dockerd: {status}\n{}", daemon.server.log())),
        }
    }

    /// Runs the client against this daemon, with the daemon's own login state.
    pub fn docker(&self, arguments: &[&str]) -> Said {
        let output = self
            .client()
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .expect("run docker");
        Said::of(&output)
    }

    /// `docker login`, the password given by standard input.
    pub fn login(&self, registry: &str, user: &str, password: &str) -> Said {
        use std::io::Write;
        let mut child = self
            .client()
            .args(["login", "--username", user, "--password-stdin", registry])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("run docker login");
        child
            .stdin
            .take()
            .expect("it was asked for")
            .write_all(password.as_bytes())
            .expect("docker reads the password");
        Said::of(&child.wait_with_output().expect("docker login ends"))
    }

    /// Brings an image into the daemon under `reference`.
    ///
    /// # Panics
    /// When the daemon does not take it.
    pub fn load(&self, image: &Package, reference: &str) {
        let archive = self.directory.path().join("load.tar");
        image.write_docker_archive(&archive, reference);
        let archive = archive.display().to_string();
        let _ = self
            .docker(&["load", "--quiet", "--input", &archive])
            .succeeded();
    }

    pub fn push(&self, reference: &str) -> Said {
        self.docker(&["push", reference])
    }

    pub fn pull(&self, reference: &str) -> Said {
        self.docker(&["pull", reference])
    }

    /// Forgets a local image, so that a pull has to fetch it.
    pub fn forget(&self, reference: &str) -> Said {
        self.docker(&["image", "rm", "--force", reference])
    }

    /// The client's own directory, with the login in `config.json`.
    pub fn client_directory(&self) -> &Path {
        self.directory.path()
    }

    /// What `DOCKER_HOST` has to be for a client of this daemon.
    pub fn host(&self) -> String {
        format!(
            "unix://{}",
            self.directory.path().join("docker.sock").display()
        )
    }

    fn client(&self) -> Command {
        let mut command = Command::new(process::need_program("docker"));
        command
            .env("DOCKER_HOST", self.host())
            .env("DOCKER_CONFIG", self.directory.path())
            .env("HOME", self.directory.path());
        command
    }
}
