//! `skopeo`, with credentials and login state of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use super::images::{DOCKER_LIST, DOCKER_MANIFEST, Package};
use super::process;

/// What a command said and how it ended.
#[derive(Debug)]
pub struct Said {
    pub ok: bool,
    pub stdout: String,
    pub stderr: String,
}

impl Said {
    pub fn of(output: &Output) -> Self {
        Self {
            ok: output.status.success(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// # Panics
    /// When the command failed; the message carries what it said.
    #[must_use]
    #[track_caller]
    pub fn succeeded(self) -> Self {
        assert!(self.ok, "failed: {}{}", self.stdout, self.stderr);
        self
    }

    /// # Panics
    /// When the command succeeded.
    #[must_use]
    #[track_caller]
    pub fn failed(self) -> Self {
        assert!(!self.ok, "succeeded: {}{}", self.stdout, self.stderr);
        self
    }
}

/// A user of skopeo, or nobody.
pub struct Skopeo {
    home: TempDir,
    credentials: Option<String>,
    ca_directory: Option<PathBuf>,
}

impl Skopeo {
    pub fn anonymous() -> Self {
        process::need_program("skopeo");
        Self {
            home: tempfile::tempdir().expect("make a directory for skopeo"),
            credentials: None,
            ca_directory: None,
        }
    }

    /// Sends name and password with each command.
    pub fn with_password(user: &str, password: &str) -> Self {
        Self {
            credentials: Some(format!("{user}:{password}")),
            ..Self::anonymous()
        }
    }

    /// Speaks TLS and trusts the `*.crt` in `directory`; without this, plain HTTP.
    #[must_use]
    pub fn trusting(mut self, directory: &Path) -> Self {
        self.ca_directory = Some(directory.to_owned());
        self
    }

    /// Logs in, so that later commands use the stored login.
    pub fn login(&self, registry: &str, user: &str, password: &str) -> Said {
        let mut command = self.command("login");
        command.args(["--username", user, "--password", password]);
        self.trust(&mut command, "");
        command.arg(registry);
        run(&mut command)
    }

    pub fn logout(&self, registry: &str) -> Said {
        run(self.command("logout").arg(registry))
    }

    /// Pushes a package to `registry/repository:tag`, with all its platforms.
    pub fn push(&self, package: &Package, target: &str) -> Said {
        let layout = tempfile::tempdir().expect("make a directory for a layout");
        let path = layout.path().display();
        let source = match package.manifest.media_type.as_str() {
            // An OCI layout is for OCI's formats only.
            DOCKER_MANIFEST | DOCKER_LIST => {
                package.write_directory(layout.path());
                format!("dir:{path}")
            }
            _ => {
                package.write_oci_layout(layout.path(), "it");
                format!("oci:{path}:it")
            }
        };
        let mut command = self.command("copy");
        command.args(["--all", "--preserve-digests"]);
        self.credentials(&mut command, "--dest-creds", "--dest-no-creds");
        self.trust(&mut command, "dest-");
        command.arg(source).arg(format!("docker://{target}"));
        run(&mut command)
    }

    /// Pulls `registry/repository:tag` into `directory`.
    pub fn pull(&self, source: &str, directory: &Path) -> Said {
        let mut command = self.command("copy");
        command.arg("--all");
        self.credentials(&mut command, "--src-creds", "--src-no-creds");
        self.trust(&mut command, "src-");
        command
            .arg(format!("docker://{source}"))
            .arg(format!("dir:{}", directory.display()));
        run(&mut command)
    }

    /// The manifest's digest.
    ///
    /// # Panics
    /// When there is none to be seen.
    pub fn digest(&self, source: &str) -> String {
        let said = self.inspect(source, &["--raw"]).succeeded();
        super::images::sha256(said.stdout.as_bytes())
    }

    /// `skopeo inspect` as JSON.
    pub fn inspect_json(&self, source: &str) -> Value {
        let said = self.inspect(source, &[]).succeeded();
        serde_json::from_str(&said.stdout).expect("skopeo prints JSON")
    }

    pub fn inspect(&self, source: &str, options: &[&str]) -> Said {
        let mut command = self.command("inspect");
        command.args(options);
        self.credentials(&mut command, "--creds", "--no-creds");
        self.trust(&mut command, "");
        command.arg(format!("docker://{source}"));
        run(&mut command)
    }

    pub fn tags(&self, repository: &str) -> Said {
        let mut command = self.command("list-tags");
        self.credentials(&mut command, "--creds", "--no-creds");
        self.trust(&mut command, "");
        command.arg(format!("docker://{repository}"));
        run(&mut command)
    }

    pub fn delete(&self, target: &str) -> Said {
        let mut command = self.command("delete");
        self.credentials(&mut command, "--creds", "--no-creds");
        self.trust(&mut command, "");
        command.arg(format!("docker://{target}"));
        run(&mut command)
    }

    /// Where the login is kept.
    pub fn auth_file(&self) -> PathBuf {
        self.home.path().join("auth.json")
    }

    fn command(&self, verb: &str) -> Command {
        let mut command = Command::new(process::need_program("skopeo"));
        command
            .args(["--insecure-policy", verb])
            .env("HOME", self.home.path())
            .env("REGISTRY_AUTH_FILE", self.auth_file());
        for proxy in ["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"] {
            command.env_remove(proxy);
        }
        command
    }

    fn credentials(&self, command: &mut Command, given: &str, none: &str) {
        match &self.credentials {
            Some(credentials) => {
                command.args([given, credentials]);
            }
            None if !self.auth_file().exists() => {
                command.arg(none);
            }
            None => {}
        }
    }

    fn trust(&self, command: &mut Command, side: &str) {
        match &self.ca_directory {
            Some(directory) => command
                .arg(format!("--{side}cert-dir"))
                .arg(directory.as_os_str()),
            None => command.arg(format!("--{side}tls-verify=false")),
        };
    }
}

fn run(command: &mut Command) -> Said {
    Said::of(&command.output().expect("run skopeo"))
}
