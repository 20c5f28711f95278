//! A real mail server on loopback, Debian's aiosmtpd, that keeps the letters it is given.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use openssl::{
    asn1::Asn1Time,
    ec::{EcGroup, EcKey},
    hash::MessageDigest,
    nid::Nid,
    pkey::PKey,
    x509::{
        X509, X509NameBuilder,
        extension::{BasicConstraints, SubjectAlternativeName},
    },
};
use serde_json::Value;
use tempfile::TempDir;

use super::{
    process::{self, Server, Signal},
    room,
};

/// What it takes to log in where that is asked for.
pub const LOGIN: (&str, &str) = ("mailer", "the mailer's password");

/// How the server speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Plain,
    StartTls,
    Tls,
    /// STARTTLS, and then a login.
    Login,
}

impl Mode {
    fn word(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::StartTls => "starttls",
            Self::Tls => "tls",
            Self::Login => "auth",
        }
    }
}

/// A running mail server.
pub struct Smtpd {
    // Before the directory: it must be gone when that is removed.
    server: Server,
    pub port: u16,
    directory: TempDir,
}

impl Smtpd {
    pub fn start(mode: Mode) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let port = room::free_port();
        let place = directory.path();
        let mut command = process::guarded(&python(), Signal::Terminate);
        command
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/mail/smtpd.py"))
            .arg(port.to_string())
            .arg(place)
            .arg(mode.word());
        if mode != Mode::Plain {
            certify(place);
            command.args([place.join("server.crt"), place.join("server.key")]);
        }
        let log = place.join("log");
        let mut server = Server::start("aiosmtpd", command, &log, Signal::Kill);
        let ready = place.join("ready");
        server.until_ready(Duration::from_secs(30), || {
            ready.exists() && std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        Self {
            server,
            port,
            directory,
        }
    }

    /// The certificate that the server shows, which it has signed itself.
    pub fn ca_file(&self) -> PathBuf {
        self.directory.path().join("server.crt")
    }

    /// Settings that send through it, and more.
    pub fn settings<'a>(&self, more: &[(&'a str, &str)]) -> Vec<(&'a str, String)> {
        let own = [
            ("PORTUS_EMAIL_SMTP_ENABLED", "true".to_owned()),
            ("PORTUS_EMAIL_SMTP_ADDRESS", "localhost".to_owned()),
            ("PORTUS_EMAIL_SMTP_PORT", self.port.to_string()),
            ("PORTUS_EMAIL_SMTP_DOMAIN", "portus.test".to_owned()),
            ("PORTUS_EMAIL_FROM", "portus@example.org".to_owned()),
        ];
        let more = more
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()));
        own.into_iter().chain(more).collect()
    }

    /// The letters it has, oldest first.
    pub fn letters(&self) -> Vec<Value> {
        let entries = std::fs::read_dir(self.directory.path()).unwrap();
        let mut paths: Vec<PathBuf> = entries
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|it| it == "json"))
            .collect();
        paths.sort();
        let read = |path: &PathBuf| serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        paths.iter().map(read).collect()
    }

    /// What it has said.
    pub fn log(&self) -> String {
        self.server.log()
    }
}

/// Debian's own: another Python on the path does not have its modules.
fn python() -> PathBuf {
    let python = PathBuf::from("/usr/bin/python3");
    let there = Command::new(&python)
        .args(["-c", "import aiosmtpd"])
        .output()
        .is_ok_and(|output| output.status.success());
    assert!(
        there,
        "'python3-aiosmtpd' is not installed; `make install` brings the servers of the tests"
    );
    python
}

/// A certificate for `localhost` that nobody but itself has signed.
/// Makes `server.crt` and `server.key`, which sign for themselves.
pub fn certify(place: &Path) {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let key = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
    let mut name = X509NameBuilder::new().unwrap();
    name.append_entry_by_text("CN", "mail").unwrap();
    let name = name.build();
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    builder.set_subject_name(&name).unwrap();
    builder.set_issuer_name(&name).unwrap();
    builder.set_pubkey(&key).unwrap();
    let (from, to) = (Asn1Time::days_from_now(0), Asn1Time::days_from_now(2));
    builder.set_not_before(&from.unwrap()).unwrap();
    builder.set_not_after(&to.unwrap()).unwrap();
    builder
        .append_extension(BasicConstraints::new().critical().ca().build().unwrap())
        .unwrap();
    let names = SubjectAlternativeName::new()
        .dns("localhost")
        .build(&builder.x509v3_context(None, None))
        .unwrap();
    builder.append_extension(names).unwrap();
    builder.sign(&key, MessageDigest::sha256()).unwrap();
    let certificate = builder.build().to_pem().unwrap();
    std::fs::write(place.join("server.crt"), certificate).unwrap();
    let key = key.private_key_to_pem_pkcs8().unwrap();
    std::fs::write(place.join("server.key"), key).unwrap();
}
