//! `make run` and `make demo`, as somebody who has just cloned the repository uses them.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::support::dockerd::Dockerd;
use crate::support::process::{self, Server, Signal};
use crate::support::skopeo::Said;
use crate::support::wait::wait_for;
use crate::support::{http, room};

/// `run.sh` as a child, with state and ports of its own.
struct Run {
    // Before the directory: it must be gone when that is removed.
    script: Server,
    ports: [u16; 2],
    directory: TempDir,
}

impl Run {
    fn start(directory: TempDir, ports: [u16; 2]) -> Self {
        let log = directory.path().join("printed");
        // Only what this start prints counts.
        let _ = std::fs::remove_file(&log);
        let mut command = process::guarded(Path::new("/bin/bash"), Signal::Terminate);
        command.arg(example().join("run.sh"));
        dress(&mut command, directory.path());
        command
            .env("PORTUS_PORT", ports[0].to_string())
            .env("REGISTRY_PORT", ports[1].to_string());
        let mut script = Server::start("run.sh", command, &log, Signal::Terminate);
        let printed = log.clone();
        script.until_ready(Duration::from_mins(2), || {
            std::fs::read_to_string(&printed).is_ok_and(|text| text.contains("Ctrl-C stops both"))
        });
        Self {
            script,
            ports,
            directory,
        }
    }

    /// Ctrl-C, and what it leaves behind.
    fn interrupt(mut self) -> (TempDir, [u16; 2]) {
        // A terminal would send SIGINT to all; the script alone has to be enough.
        self.script.signal(Signal::Terminate);
        let status = self.script.until_ended(Duration::from_mins(1));
        assert!(status.success(), "{status}: {}", self.script.log());
        for port in self.ports {
            assert_eq!(http::status(&format!("127.0.0.1:{port}"), "/"), None);
        }
        (self.directory, self.ports)
    }

    /// The printed lines that begin with a program's name, in order.
    fn printed(&self, program: &str) -> Vec<String> {
        let lines: Vec<String> = self
            .script
            .log()
            .lines()
            .map(str::trim)
            .filter(|line| line.starts_with(&format!("{program} ")))
            .map(str::to_owned)
            .collect();
        assert!(!lines.is_empty(), "{}", self.script.log());
        lines
    }

    fn state(&self) -> PathBuf {
        self.directory.path().join("run")
    }

    fn shell(&self, line: &str) -> Said {
        self.shell_with(line, &[])
    }

    fn shell_with(&self, line: &str, environment: &[(&str, &str)]) -> Said {
        let mut command = Command::new("/bin/bash");
        command.args(["-c", line]);
        dress(&mut command, self.directory.path());
        command.envs(environment.iter().copied());
        Said::of(&command.output().expect("run a shell"))
    }
}

fn example() -> PathBuf {
    repository().join("examples/minimal")
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn dress(command: &mut Command, directory: &Path) {
    command
        .current_dir(repository())
        .env("RUN_DIR", directory.join("run"))
        .env("PORTUS_BIN", env!("CARGO_BIN_EXE_portus-rs"))
        .env("REGISTRY_AUTH_FILE", directory.join("auth.json"))
        .env("HOME", directory);
}

#[test]
fn the_printed_lines_push_and_a_second_run_finds_everything_again() {
    let directory = tempfile::tempdir().expect("make a directory");
    let run = Run::start(directory, [room::free_port(), room::free_port()]);
    for line in run.printed("skopeo") {
        let _ = run.shell(&line).succeeded();
    }
    let token = run.shell(&run.printed("env")[0]).succeeded().stdout;
    let ask = run.printed("curl")[0].replace("TOKEN", token.trim());
    wait_for("the push is listed", Duration::from_mins(1), || {
        let listed = run.shell(&ask).succeeded().stdout;
        listed.contains("\"full_name\":\"admin/hello\"")
    });
    let password = std::fs::read_to_string(run.state().join("admin-password"));

    let (directory, ports) = run.interrupt();
    let again = Run::start(directory, ports);
    let kept = std::fs::read_to_string(again.state().join("admin-password"));
    assert_eq!(kept.expect("it is there"), password.expect("it was there"));
    let inspect = again
        .printed("skopeo")
        .pop()
        .expect("the last one inspects");
    let _ = again.shell(&inspect).succeeded();
}

/// docker keeps an identity token, beside which skopeo refuses to log in.
#[test]
fn the_printed_docker_lines_push_and_pull_and_the_demo_runs_after_them() {
    let docker = match Dockerd::try_start() {
        Ok(docker) => docker,
        Err(reason) => {
            eprintln!("no docker daemon here: {reason}");
            return;
        }
    };
    let directory = tempfile::tempdir().expect("make a directory");
    let run = Run::start(directory, [room::free_port(), room::free_port()]);
    for line in run.printed("docker") {
        let _ = run
            .shell_with(&line, &[("DOCKER_HOST", &docker.host())])
            .succeeded();
    }
    // The last of skopeo's lines uses docker's login.
    let lines = run.printed("skopeo");
    let _ = run.shell(lines.last().expect("there are some")).succeeded();
    let demo = example().join("demo.sh").display().to_string();
    let said = run.shell(&demo).succeeded();
    assert!(said.stdout.contains("grace/web:latest"), "{}", said.stdout);
}

#[test]
fn the_demo_pushes_as_two_users_and_may_be_run_again() {
    let directory = tempfile::tempdir().expect("make a directory");
    let run = Run::start(directory, [room::free_port(), room::free_port()]);
    let demo = example().join("demo.sh").display().to_string();
    for _ in 0..2 {
        let said = run.shell(&demo).succeeded();
        assert!(said.stdout.contains("grace/web:latest"), "{}", said.stdout);
    }
}

#[test]
fn a_taken_port_is_named_with_a_way_out() {
    let directory = tempfile::tempdir().expect("make a directory");
    let port = room::free_port();
    let _listener = std::net::TcpListener::bind(("127.0.0.1", port)).expect("listen");
    let mut command = Command::new("/bin/bash");
    command.arg(example().join("run.sh"));
    dress(&mut command, directory.path());
    let said = Said::of(
        &command
            .env("PORTUS_PORT", room::free_port().to_string())
            .env("REGISTRY_PORT", port.to_string())
            .output()
            .expect("run the script"),
    )
    .failed();
    assert!(
        said.stderr.contains(&format!("Port {port} is taken")),
        "{}",
        said.stderr
    );
    assert!(said.stderr.contains("REGISTRY_PORT="), "{}", said.stderr);
}

#[test]
fn the_demo_says_what_comes_first() {
    let directory = tempfile::tempdir().expect("make a directory");
    let mut command = Command::new("/bin/bash");
    command.arg(example().join("demo.sh"));
    dress(&mut command, directory.path());
    let said = Said::of(&command.output().expect("run the script")).failed();
    assert!(said.stderr.contains("make run"), "{}", said.stderr);
}
