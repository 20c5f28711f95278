//! `slapd`, the server of `OpenLDAP`, with a small company in it.

use std::{
    collections::{BTreeMap, HashSet},
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use ldap3::{LdapConnAsync, LdapResult, Mod};
use tempfile::TempDir;

use super::{
    process::{self, Server, Signal},
    room,
};

/// Where everything is.
pub const SUFFIX: &str = "dc=example,dc=org";
/// The account for searches; it may read, and nobody else may.
pub const READER: &str = "cn=reader,dc=example,dc=org";
pub const READER_PASSWORD: &str = "reader's secret";
const ROOT: &str = "cn=admin,dc=example,dc=org";
const ROOT_PASSWORD: &str = "root's secret";

/// What is in it before it runs.
pub struct Builder {
    entries: String,
    encrypted_only: bool,
    tls: &'static str,
    anonymous: bool,
    without_start_tls: bool,
}

impl Builder {
    /// Lets anybody search.
    #[must_use]
    pub fn anonymous(mut self) -> Self {
        self.anonymous = true;
        self
    }

    /// A person `uid=NAME,ou=people` whose password is `NAME's password`, with a mail address.
    #[must_use]
    pub fn person(self, name: &str) -> Self {
        let mail = format!("mail: {name}@mail.example.org\n");
        self.entry(
            &format!("uid={name},ou=people,{SUFFIX}"),
            &person(name, &mail),
        )
    }

    /// An entry in LDIF, without its first line.
    #[must_use]
    pub fn entry(mut self, dn: &str, rest: &str) -> Self {
        write!(self.entries, "dn: {dn}\n{}\n\n", rest.trim()).unwrap();
        self
    }

    /// A `groupOfNames` in `ou=groups` of these people.
    #[must_use]
    pub fn group(self, name: &str, people: &[&str]) -> Self {
        self.group_of("groupOfNames", "member", name, people)
    }

    /// A `groupOfUniqueNames`.
    #[must_use]
    pub fn unique_group(self, name: &str, people: &[&str]) -> Self {
        self.group_of("groupOfUniqueNames", "uniqueMember", name, people)
    }

    fn group_of(self, class: &str, attribute: &str, name: &str, people: &[&str]) -> Self {
        let mut rest = format!("objectClass: {class}\n");
        for who in people {
            writeln!(rest, "{attribute}: {}", dn(who)).unwrap();
        }
        self.entry(&group(name), &rest)
    }

    /// A `posixGroup`.
    #[must_use]
    pub fn posix_group(self, name: &str, people: &[&str]) -> Self {
        let mut rest = "objectClass: posixGroup\ngidNumber: 1000\n".to_owned();
        for who in people {
            writeln!(rest, "memberUid: {who}").unwrap();
        }
        self.entry(&group(name), &rest)
    }

    /// Takes nothing that is not encrypted.
    #[must_use]
    pub fn encrypted_only(mut self) -> Self {
        self.encrypted_only = true;
        self
    }

    /// Has no certificate, and so cannot be encrypted.
    #[must_use]
    pub fn without_start_tls(mut self) -> Self {
        self.without_start_tls = true;
        self
    }

    /// TLS 1.2 and nothing newer.
    #[must_use]
    pub fn old_tls(mut self) -> Self {
        self.tls = "TLSCipherSuite NORMAL:-VERS-ALL:+VERS-TLS1.2\n";
        self
    }

    pub fn start(self) -> Slapd {
        let directory = tempfile::tempdir().expect("make a directory for slapd");
        let path = directory.path();
        certificate(path);
        fs::create_dir(path.join("data")).unwrap();
        fs::write(path.join("slapd.conf"), self.configuration(path)).unwrap();
        let ldif = path.join("company.ldif");
        fs::write(&ldif, format!("{}{}", base(), self.entries)).unwrap();
        let added = Command::new(process::need_program("slapadd"))
            .arg("-f")
            .arg(path.join("slapd.conf"))
            .arg("-l")
            .arg(&ldif)
            .output()
            .unwrap();
        assert!(
            added.status.success(),
            "slapadd: {}",
            String::from_utf8_lossy(&added.stderr)
        );
        let mut slapd = Slapd {
            server: None,
            port: room::free_port(),
            tls_port: room::free_port(),
            encrypts: !self.without_start_tls,
            directory,
        };
        slapd.start();
        slapd
    }

    fn configuration(&self, path: &Path) -> String {
        let security = if self.encrypted_only {
            "security tls=1 update_tls=1\n"
        } else {
            ""
        };
        let anybody = if self.anonymous {
            "anonymous read"
        } else {
            "anonymous auth"
        };
        let schemas: String = ["core", "cosine", "inetorgperson", "nis"]
            .map(|it| format!("include /etc/ldap/schema/{it}.schema\n"))
            .concat();
        let at = path.display();
        let tls = if self.without_start_tls {
            String::new()
        } else {
            format!(
                "TLSCACertificateFile {at}/slapd.crt\nTLSCertificateFile {at}/slapd.crt\nTLSCertificateKeyFile {at}/slapd.key\n{}",
                self.tls
            )
        };
        // Of other directories, each a text here.
        let attributes: String = [
            ("2.16.840.1.113730.3.1.610", "nsAccountLock"),
            ("2.16.840.1.113719.1.1.4.1.9999", "loginDisabled"),
            ("1.3.6.1.4.1.42.2.27.8.1.17", "pwdAccountLockedTime"),
            ("1.2.840.113556.1.4.159", "accountExpires"),
            ("2.16.840.1.113719.1.301.4.3.1", "krbPrincipalExpiration"),
        ]
        .map(|(id, name)| {
            format!("attributetype ( {id} NAME '{name}' SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )\n")
        })
        .concat();
        format!(
            "{schemas}{attributes}\
             modulepath /usr/lib/ldap\nmoduleload back_mdb\nmoduleload memberof\n\
             {tls}{security}\
             database mdb\nsuffix \"{SUFFIX}\"\nrootdn \"{ROOT}\"\nrootpw \"{ROOT_PASSWORD}\"\ndirectory {at}/data\n\
             maxsize 10485760\ndbnosync\nindex objectClass,uid,cn,member eq\n\
             access to attrs=userPassword by anonymous auth\n\
             access to * by dn.base=\"{READER}\" read by users none by {anybody}\n\
             limits dn.base=\"{READER}\" size=unlimited\n\
             overlay memberof\n"
        )
    }
}

fn base() -> String {
    let mut text = format!(
        "dn: {SUFFIX}\nobjectClass: dcObject\nobjectClass: organization\no: Example\ndc: example\n\n\
         dn: {READER}\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\ncn: reader\n\
         userPassword: {READER_PASSWORD}\n\n"
    );
    for unit in ["people", "admins", "groups"] {
        write!(
            text,
            "dn: ou={unit},{SUFFIX}\nobjectClass: organizationalUnit\nou: {unit}\n\n"
        )
        .unwrap();
    }
    text
}

/// The rest of a person's entry.
pub fn person(name: &str, more: &str) -> String {
    format!(
        "objectClass: inetOrgPerson\nuid: {name}\ncn: {name}\nsn: {name}\nuserPassword: {}\n{more}",
        password(name)
    )
}

/// Whose password it is.
pub fn password(name: &str) -> String {
    format!("{name}'s password")
}

/// Of a person in `ou=people`.
pub fn dn(name: &str) -> String {
    format!("uid={name},ou=people,{SUFFIX}")
}

/// Of a group in `ou=groups`.
pub fn group(name: &str) -> String {
    format!("cn={name},ou=groups,{SUFFIX}")
}

/// One for 127.0.0.1, which is its own authority.
fn certificate(path: &Path) {
    let made = Command::new(process::need_program("openssl"))
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
        ])
        .args([
            "-nodes",
            "-days",
            "30",
            "-subj",
            "/CN=directory of the tests",
        ])
        .args(["-addext", "subjectAltName=IP:127.0.0.1"])
        .arg("-keyout")
        .arg(path.join("slapd.key"))
        .arg("-out")
        .arg(path.join("slapd.crt"))
        .output()
        .unwrap();
    assert!(made.status.success(), "openssl: {made:?}");
}

/// A running `slapd`.
pub struct Slapd {
    // Before the directory: it must be gone when that is removed.
    server: Option<Server>,
    pub port: u16,
    pub tls_port: u16,
    encrypts: bool,
    directory: TempDir,
}

impl Slapd {
    pub fn builder() -> Builder {
        Builder {
            entries: String::new(),
            encrypted_only: false,
            tls: "",
            anonymous: false,
            without_start_tls: false,
        }
    }

    pub fn start(&mut self) {
        let mut command = process::guarded(&process::need_program("slapd"), Signal::Kill);
        command
            .arg("-f")
            .arg(self.directory.path().join("slapd.conf"))
            .arg("-h")
            .arg(if self.encrypts {
                format!(
                    "ldap://127.0.0.1:{}/ ldaps://127.0.0.1:{}/",
                    self.port, self.tls_port
                )
            } else {
                format!("ldap://127.0.0.1:{}/", self.port)
            })
            // Stays in the foreground and says what is asked.
            .args(["-d", "256"]);
        let log = self.directory.path().join("slapd.log");
        let mut server = Server::start("slapd", command, &log, Signal::Terminate);
        let port = self.port;
        server.until_ready(Duration::from_secs(20), || {
            std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        self.server = Some(server);
    }

    pub fn stop(&mut self) {
        self.server = None;
    }

    pub fn running(&self) -> &Server {
        self.server.as_ref().expect("slapd runs")
    }

    /// The certificate that clients have to trust.
    pub fn authority(&self) -> PathBuf {
        self.directory.path().join("slapd.crt")
    }

    /// How often it was asked this, as `BIND dn=` or `SRCH base=`.
    pub fn asked(&self, what: &str) -> usize {
        self.running().log().matches(what).count()
    }

    /// Settings for a service that uses it, without encryption.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        vec![
            ("PORTUS_LDAP_ENABLED", "true".to_owned()),
            ("PORTUS_LDAP_HOSTNAME", "127.0.0.1".to_owned()),
            ("PORTUS_LDAP_PORT", self.port.to_string()),
            ("PORTUS_LDAP_TIMEOUT", "20".to_owned()),
            ("PORTUS_LDAP_BASE", format!("ou=people,{SUFFIX}")),
            ("PORTUS_LDAP_GROUP_BASE", format!("ou=groups,{SUFFIX}")),
            ("PORTUS_LDAP_AUTHENTICATION_ENABLED", "true".to_owned()),
            ("PORTUS_LDAP_AUTHENTICATION_BIND_DN", READER.to_owned()),
            (
                "PORTUS_LDAP_AUTHENTICATION_PASSWORD",
                READER_PASSWORD.to_owned(),
            ),
        ]
    }

    /// Changes an entry as its administrator.
    pub async fn modify(&self, dn: &str, changes: Vec<Mod<String>>) {
        let result = self.as_root(dn, Deed::Modify(changes)).await;
        assert_eq!(result.rc, 0, "{result}");
    }

    pub async fn remove(&self, dn: &str) {
        let result = self.as_root(dn, Deed::Remove).await;
        assert_eq!(result.rc, 0, "{result}");
    }

    pub async fn add_person(&self, name: &str) {
        let attributes = person(name, "");
        let result = self.as_root(&dn(name), Deed::Add(attributes)).await;
        assert_eq!(result.rc, 0, "{result}");
    }

    /// Adds an entry in LDIF, without its first line.
    pub async fn add(&self, dn: &str, rest: &str) {
        let result = self.as_root(dn, Deed::Add(rest.to_owned())).await;
        assert_eq!(result.rc, 0, "{result}");
    }

    async fn as_root(&self, dn: &str, deed: Deed) -> LdapResult {
        let url = format!("ldap://127.0.0.1:{}", self.port);
        let (connection, mut ldap) = LdapConnAsync::new(&url).await.unwrap();
        tokio::spawn(connection.drive());
        ldap.simple_bind(ROOT, ROOT_PASSWORD)
            .await
            .unwrap()
            .success()
            .unwrap();
        match deed {
            Deed::Modify(changes) => ldap.modify(dn, changes).await.unwrap(),
            Deed::Remove => ldap.delete(dn).await.unwrap(),
            Deed::Add(text) => {
                let mut attributes: BTreeMap<&str, HashSet<&str>> = BTreeMap::new();
                for (name, value) in text.lines().filter_map(|line| line.split_once(": ")) {
                    attributes.entry(name).or_default().insert(value);
                }
                ldap.add(dn, attributes.into_iter().collect())
                    .await
                    .unwrap()
            }
        }
    }
}

enum Deed {
    Modify(Vec<Mod<String>>),
    Remove,
    Add(String),
}

/// Puts somebody into a group.
pub fn joins(name: &str) -> Vec<Mod<String>> {
    vec![Mod::Add("member".to_owned(), [dn(name)].into())]
}

/// Takes somebody out of a group.
pub fn leaves(name: &str) -> Vec<Mod<String>> {
    vec![Mod::Delete("member".to_owned(), [dn(name)].into())]
}
