//! `podman search`, with storage and login state of its own. It needs no daemon and runs no container.

use std::process::Command;

use tempfile::TempDir;

use super::process;
use super::skopeo::Said;

/// podman's client; it never sends credentials with a search.
pub struct Podman {
    home: TempDir,
}

impl Podman {
    pub fn new() -> Self {
        let home = tempfile::tempdir().expect("make a directory for podman");
        Self { home }
    }

    /// Names that `podman search HOST/TERM` prints, whatever certificate the host has.
    ///
    /// # Panics
    /// When podman fails.
    pub fn search(&self, term: &str) -> Vec<String> {
        let at = |name: &str| self.home.path().join(name);
        let output = Command::new(process::need_program("podman"))
            .env("HOME", self.home.path())
            .env("XDG_RUNTIME_DIR", self.home.path())
            .arg("--root")
            .arg(at("root"))
            .arg("--runroot")
            .arg(at("run"))
            .args(["--storage-driver", "vfs", "search", "--tls-verify=false"])
            .args(["--format", "{{.Name}} {{.Official}} {{.Description}}", term])
            .output()
            .expect("run podman");
        let said = Said::of(&output).succeeded();
        said.stdout.lines().map(|it| it.trim().to_owned()).collect()
    }
}
