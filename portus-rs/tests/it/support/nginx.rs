//! Debian's nginx with the very files of `compose/nginx`; only names that exist in the
//! compose network are replaced by addresses on loopback.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use super::process::{self, Server, Signal};
use super::{http, room};

/// The repository's `compose/` directory.
pub fn compose_directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../compose")
}

/// What `compose/certificates.sh` makes for these names: `certificates/` and `secrets/`.
pub fn certificates(names: &str) -> TempDir {
    let directory = tempfile::tempdir().expect("make a directory for certificates");
    let made = Command::new(compose_directory().join("certificates.sh"))
        .arg(names)
        .arg(directory.path())
        .output()
        .expect("run compose/certificates.sh");
    assert!(
        made.status.success(),
        "compose/certificates.sh failed: {}",
        String::from_utf8_lossy(&made.stderr)
    );
    directory
}

/// A running nginx with certificates made by `compose/certificates.sh`.
pub struct Nginx {
    // Before the directory: it must be gone when that is removed.
    server: Server,
    /// `127.0.0.1:port`, TLS.
    pub address: String,
    /// `127.0.0.1:port`, plain HTTP.
    pub plain_address: String,
    directory: TempDir,
}

/// Ports and certificates, known before anything runs.
pub struct Builder {
    directory: TempDir,
    tls_port: u16,
    plain_port: u16,
}

impl Builder {
    /// `127.0.0.1:port` for realm, notifications and clients.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.tls_port)
    }

    /// What `compose/certificates.sh` made: `certificates/` and `secrets/`.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Starts nginx before the two servers it is to stand in front of.
    pub fn start(self, portus: &str, registry: &str) -> Nginx {
        let certificates = self.directory.path().join("certificates");
        let listen = [
            ("listen 443 ", format!("listen {} ", self.address())),
            (
                "listen 80;",
                format!("listen 127.0.0.1:{};", self.plain_port),
            ),
            (
                "/etc/nginx/certificates",
                certificates.display().to_string(),
            ),
        ];
        self.run("nginx.conf", portus, registry, &listen, Some(301))
    }

    /// The same for the set-up without TLS, which knows the plain address only.
    pub fn start_insecure(self, portus: &str, registry: &str) -> Nginx {
        let listen = [(
            "listen 5000;",
            format!("listen 127.0.0.1:{};", self.plain_port),
        )];
        self.run("insecure.conf", portus, registry, &listen, None)
    }

    /// Waits for a status on the plain address, any where none is told.
    fn run(
        self,
        name: &str,
        portus: &str,
        registry: &str,
        listen: &[(&str, String)],
        ready: Option<u16>,
    ) -> Nginx {
        let configuration = std::fs::read_to_string(compose_directory().join("nginx").join(name))
            .expect("read the configuration");
        let scratch = self.directory.path().join("scratch");
        std::fs::create_dir(&scratch).expect("make a directory");
        let configuration = replace(
            &configuration,
            &[
                // First: the other values lie in /tmp themselves.
                ("/tmp/", &format!("{}/", scratch.display())),
                ("server portus:3000;", &format!("server {portus};")),
                ("server registry:5000;", &format!("server {registry};")),
            ],
        );
        let listen: Vec<_> = listen.iter().map(|(a, b)| (*a, b.as_str())).collect();
        let configuration = replace(&configuration, &listen);
        let file = self.directory.path().join("nginx.conf");
        std::fs::write(&file, configuration).expect("write the configuration");
        let program = process::need_program("nginx");
        let mut command = process::guarded(&program, Signal::Quit);
        command
            .arg("-c")
            .arg(&file)
            .arg("-p")
            .arg(&scratch)
            .args(["-g", "daemon off;"]);
        let log = self.directory.path().join("nginx.log");
        let mut server = Server::start("nginx", command, &log, Signal::Quit);
        let plain_address = format!("127.0.0.1:{}", self.plain_port);
        server.until_ready(Duration::from_secs(30), || {
            let status = http::status(&plain_address, "/");
            status.is_some() && (ready.is_none() || status == ready)
        });
        Nginx {
            address: self.address(),
            plain_address,
            server,
            directory: self.directory,
        }
    }
}

impl Nginx {
    /// Makes the certificates as the documentation says.
    pub fn builder() -> Builder {
        let directory = certificates("registry.test,localhost,127.0.0.1");
        // Its workers run as another user and have to reach their scratch directory.
        open(directory.path());
        Builder {
            directory,
            tls_port: room::free_port(),
            plain_port: room::free_port(),
        }
    }

    /// The private CA's certificate.
    pub fn ca(&self) -> PathBuf {
        self.directory.path().join("certificates/ca.crt")
    }

    /// What `compose/certificates.sh` made: `certificates/` and `secrets/`.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    pub fn log(&self) -> String {
        self.server.log()
    }
}

/// Replaces each name, which has to be there: else the test would run another
/// configuration than the one it is about.
fn replace(text: &str, names: &[(&str, &str)]) -> String {
    let mut text = text.to_owned();
    for (name, address) in names {
        assert!(text.contains(name), "compose/nginx no longer says '{name}'");
        text = text.replace(name, address);
    }
    text
}

fn open(directory: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(directory, std::fs::Permissions::from_mode(0o755))
        .expect("our own directory");
}
