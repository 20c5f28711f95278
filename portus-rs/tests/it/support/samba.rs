//! Samba as an Active Directory domain controller. It insists on the ports of LDAP, so it runs in a network of its own,
//! and its Unix socket is what a port leads to.

use std::{
    fs,
    io::copy,
    net::{TcpListener, TcpStream},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use tempfile::TempDir;

use super::process::{self, Server, Signal};

pub const SUFFIX: &str = "DC=corp,DC=example";
/// Whom searches run as.
pub const READER: &str = "reader@corp.example";

/// Whose password it is; the domain wants more than small letters.
pub fn password(name: &str) -> String {
    format!("{name}'s Passw0rd")
}

/// A running domain controller.
pub struct Samba {
    // Before the directory: it must be gone when that is removed.
    server: Server,
    pub port: u16,
    directory: TempDir,
}

impl Samba {
    /// Makes a domain with these people and starts it. `Err` says why it cannot be done here.
    pub fn try_start(people: &[&str]) -> Result<Self, String> {
        if !process::is_root() {
            return Err("only root can make a domain".to_owned());
        }
        process::need_program("samba-tool");
        let alone = Command::new(process::need_program("unshare"))
            .args(["--net", "true"])
            .output();
        if !alone.is_ok_and(|it| it.status.success()) {
            return Err("the kernel gives no network of its own".to_owned());
        }
        let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
        let site = directory.path().join("site");
        let made = Command::new(process::need_program("samba-tool"))
            .args(["domain", "provision", "--use-rfc2307", "--server-role=dc"])
            .args([
                "--realm=CORP.EXAMPLE",
                "--domain=CORP",
                "--dns-backend=NONE",
            ])
            .arg(format!("--adminpass={}", password("administrator")))
            .arg(format!("--targetdir={}", site.display()))
            .args([
                "--option=interfaces=lo",
                "--option=bind interfaces only=yes",
            ])
            .output()
            .map_err(|error| error.to_string())?;
        if !made.status.success() {
            return Err(String::from_utf8_lossy(&made.stderr).into_owned());
        }
        settle(&site.join("etc/smb.conf"));
        let server = run(directory.path(), &site);
        let samba = Self {
            server,
            port: relay(site.join("private/ldapi")),
            directory,
        };
        for name in people.iter().chain(&["reader"]) {
            samba.tool(&["user", "create", name, &password(name)]);
        }
        Ok(samba)
    }

    /// `samba-tool …`, as the domain's administrator.
    pub fn tool(&self, arguments: &[&str]) {
        let configuration = self.directory.path().join("site/etc/smb.conf");
        let done = Command::new(process::need_program("samba-tool"))
            .args(arguments)
            .arg("-s")
            .arg(configuration)
            .output()
            .unwrap();
        assert!(
            done.status.success(),
            "samba-tool {arguments:?}: {}{}\n{}",
            String::from_utf8_lossy(&done.stdout),
            String::from_utf8_lossy(&done.stderr),
            self.server.log()
        );
    }

    /// Settings for a service that uses it.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        vec![
            ("PORTUS_LDAP_ENABLED", "true".to_owned()),
            ("PORTUS_LDAP_HOSTNAME", "127.0.0.1".to_owned()),
            ("PORTUS_LDAP_PORT", self.port.to_string()),
            ("PORTUS_LDAP_UID", "sAMAccountName".to_owned()),
            ("PORTUS_LDAP_BASE", SUFFIX.to_owned()),
            (
                "PORTUS_LDAP_FILTER",
                "(&(objectCategory=person)(objectClass=user))".to_owned(),
            ),
            ("PORTUS_LDAP_AUTHENTICATION_ENABLED", "true".to_owned()),
            ("PORTUS_LDAP_AUTHENTICATION_BIND_DN", READER.to_owned()),
            ("PORTUS_LDAP_AUTHENTICATION_PASSWORD", password("reader")),
        ]
    }
}

/// LDAP alone of all that a domain controller does.
fn settle(configuration: &Path) {
    let text = fs::read_to_string(configuration).unwrap();
    let mut lines = vec![];
    for line in text.lines() {
        if line.trim_start().starts_with("server services") {
            lines.push("\tserver services = ldap");
            lines.push("\tldap server require strong auth = no");
        } else {
            lines.push(line);
        }
    }
    fs::write(configuration, lines.join("\n")).unwrap();
}

fn run(directory: &Path, site: &Path) -> Server {
    let mut command = process::guarded(&process::need_program("unshare"), Signal::Kill);
    command
        .args(["--net", "--kill-child", "--fork"])
        .arg(process::need_program("samba"))
        .args(["-F", "--no-process-group", "-M", "single", "--debug-stdout"])
        .arg("-s")
        .arg(site.join("etc/smb.conf"));
    let log = directory.join("samba.log");
    let mut server = Server::start("samba", command, &log, Signal::Kill);
    let socket = site.join("private/ldapi");
    server.until_ready(Duration::from_secs(30), || {
        UnixStream::connect(&socket).is_ok()
    });
    server
}

/// A port on loopback that leads to the socket, until the test process ends.
fn relay(socket: PathBuf) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            if let Ok(server) = UnixStream::connect(&socket) {
                join(client, server);
            }
        }
    });
    port
}

fn join(client: TcpStream, server: UnixStream) {
    let (Ok(mut from_client), Ok(mut from_server)) = (client.try_clone(), server.try_clone())
    else {
        return;
    };
    let (mut to_client, mut to_server) = (client, server);
    std::thread::spawn(move || {
        // Either end may hang up.
        let _ = copy(&mut from_client, &mut to_server);
        let _ = to_server.shutdown(std::net::Shutdown::Both);
    });
    std::thread::spawn(move || {
        let _ = copy(&mut from_server, &mut to_client);
        let _ = to_client.shutdown(std::net::Shutdown::Both);
    });
}
