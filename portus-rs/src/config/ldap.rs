//! The directory that knows the people.

use std::path::PathBuf;
use std::time::Duration;

use super::key::{Key, Kind, PORT, POSITIVE};
use super::{Secret, Values};

const METHODS: Kind = Kind::Choice(&[
    ("", ""),
    ("plain", ""),
    ("simple_tls", "simple_tls"),
    ("start_tls", "start_tls"),
    ("starttls", "start_tls"),
]);

pub(super) const KEYS: &[Key] = &[
    Key::new(
        "ldap.enabled",
        Kind::Boolean,
        "false",
        "Ask a directory about passwords. Its people have theirs changed there; accounts made here keep theirs. Sign-up is then off.",
    ),
    Key::new(
        "ldap.hostname",
        Kind::Text,
        "ldap_hostname",
        "Host name of the directory.",
    ),
    Key::new("ldap.port", PORT, "389", "Port of the directory."),
    Key::new(
        "ldap.timeout",
        POSITIVE,
        "5",
        "Seconds to wait for a connection, and for each answer.",
    )
    .since("Portus 2.4"),
    Key::new(
        "ldap.encryption.method",
        METHODS,
        "",
        "`start_tls` upgrades the connection, `simple_tls` is LDAPS, empty or `plain` is neither.",
    ),
    Key::new(
        "ldap.encryption.options.ca_file",
        Kind::File,
        "",
        "Certificates to trust for the directory; empty uses those of the system.",
    ),
    Key::new(
        "ldap.encryption.options.ssl_version",
        Kind::Choice(&[
            ("", "TLSv1_2"),
            ("TLSv1", "TLSv1"),
            ("TLSv1_1", "TLSv1_1"),
            ("TLSv1_2", "TLSv1_2"),
            ("TLSv1_3", "TLSv1_3"),
        ]),
        "TLSv1_2",
        "Least version of TLS. Older ones than 1.2 are read as 1.2.",
    ),
    Key::new(
        "ldap.base",
        Kind::Text,
        "",
        "Where to search for people; empty searches without a base.",
    ),
    Key::new(
        "ldap.admin_base",
        Kind::Text,
        "",
        "Searched first; who is found there becomes an administrator at the first login.",
    )
    .since("Portus 2.5"),
    Key::new(
        "ldap.group_base",
        Kind::Text,
        "",
        "Where to search for groups; empty searches where people are.",
    )
    .since("Portus 2.5"),
    Key::new(
        "ldap.filter",
        Kind::Text,
        "",
        "Further condition on people, with or without the outer parentheses.",
    ),
    Key::new(
        "ldap.uid",
        Kind::Text,
        "uid",
        "Attribute that holds the login name.",
    ),
    Key::new(
        "ldap.authentication.enabled",
        Kind::Boolean,
        "false",
        "Bind with the name below for searches; off searches anonymously.",
    ),
    Key::new(
        "ldap.authentication.bind_dn",
        Kind::Text,
        "",
        "Name to bind with.",
    ),
    Key::new(
        "ldap.authentication.password",
        Kind::Text,
        "",
        "Password of that name.",
    )
    .secret(),
    Key::new(
        "ldap.group_sync.enabled",
        Kind::Boolean,
        "true",
        "Bring members of directory groups into the teams of the same name.",
    )
    .since("Portus 2.5"),
    Key::new(
        "ldap.group_sync.default_role",
        Kind::Choice(&[
            ("viewer", "viewer"),
            ("contributor", "contributor"),
            ("owner", "owner"),
        ]),
        "viewer",
        "Role of a member who came from a group.",
    )
    .since("Portus 2.5"),
    Key::new(
        "ldap.group_sync.interval",
        POSITIVE,
        "3600",
        "Seconds between two looks at the group of one team.",
    )
    .since("portus-rs"),
    Key::new(
        "ldap.group_sync.map",
        Kind::Text,
        "",
        "Groups for teams of other names: `GROUP=TEAM:ROLE`, separated by semicolons or lines. A group is its `cn` or its \
         distinguished name; without a role it is the one above.",
    )
    .since("portus-rs"),
    Key::new(
        "ldap.group_sync.admins",
        Kind::Text,
        "",
        "Groups whose members are administrators as long as they are in it: `cn` or distinguished name, separated by \
         semicolons or lines.",
    )
    .since("portus-rs"),
    Key::new(
        "ldap.guess_email.enabled",
        Kind::Boolean,
        "false",
        "Give new accounts a mail address taken from the directory.",
    ),
    Key::new(
        "ldap.guess_email.attr",
        Kind::Text,
        "",
        "Attribute that holds the address; empty builds it from the `dc` parts of the entry's name.",
    ),
    Key::new(
        "ldap.sync_admin",
        Kind::Boolean,
        "false",
        "Decide at every login, not only the first, whether somebody is an administrator.",
    )
    .since("portus-rs"),
    Key::new(
        "ldap.method",
        METHODS,
        "",
        "Former name of `ldap.encryption.method`, used when that is empty.",
    )
    .since("Portus up to 2.3"),
];

/// A directory that is in use.
#[derive(Debug, Clone)]
pub struct Ldap {
    pub hostname: String,
    pub port: u16,
    /// For connecting.
    pub timeout: Duration,
    pub encryption: LdapEncryption,
    pub ca_file: Option<PathBuf>,
    pub min_tls: MinTls,
    pub base: String,
    pub admin_base: Option<String>,
    pub group_base: String,
    /// As given, with or without outer parentheses.
    pub filter: Option<String>,
    pub uid: String,
    /// `None`: anonymous searches.
    pub bind: Option<LdapBind>,
    pub group_sync: Option<GroupSync>,
    pub guess_email: Option<GuessEmail>,
    pub sync_admin: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LdapEncryption {
    None,
    /// LDAPS.
    SimpleTls,
    StartTls,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MinTls {
    V1_2,
    V1_3,
}

#[derive(Debug, Clone)]
pub struct LdapBind {
    pub dn: String,
    pub password: Secret,
}

#[derive(Debug, Clone)]
pub struct GroupSync {
    pub default_role: GroupRole,
    pub interval: Duration,
    /// In the order in which they are written.
    pub map: Vec<GroupMapping>,
    /// Groups whose members are administrators: a `cn`, or a distinguished name.
    pub admins: Vec<String>,
}

/// A group that brings its members into a team of another name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupMapping {
    /// A `cn`, or a distinguished name.
    pub group: String,
    pub team: String,
    pub role: GroupRole,
}

/// Of a membership that came from a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupRole {
    Viewer,
    Contributor,
    Owner,
}

#[derive(Debug, Clone)]
pub enum GuessEmail {
    /// Login name, `@`, and the `dc` parts.
    FromDomainComponents,
    FromAttribute(String),
}

impl Ldap {
    /// The section when LDAP is on; its values are checked in either case.
    pub(super) fn read(values: &mut Values) -> Option<Self> {
        let method = values
            .optional("ldap.encryption.method")
            .or_else(|| values.optional("ldap.method"));
        let version = values.text("ldap.encryption.options.ssl_version");
        if !values.flag("ldap.enabled") {
            return None;
        }
        check(values);
        let group_sync = GroupSync::read(values);
        if matches!(version.as_str(), "TLSv1" | "TLSv1_1") {
            values.warn(format!(
                "ldap.encryption.options.ssl_version asks for {version}; TLS 1.2 is the least version used"
            ));
        }
        Some(Self {
            hostname: values.text("ldap.hostname"),
            port: values.number("ldap.port"),
            timeout: values.seconds("ldap.timeout"),
            encryption: match method.as_deref() {
                Some("simple_tls") => LdapEncryption::SimpleTls,
                Some("start_tls") => LdapEncryption::StartTls,
                _ => LdapEncryption::None,
            },
            ca_file: values.file("ldap.encryption.options.ca_file"),
            min_tls: if version == "TLSv1_3" {
                MinTls::V1_3
            } else {
                MinTls::V1_2
            },
            base: values.text("ldap.base"),
            admin_base: values.optional("ldap.admin_base"),
            group_base: values.text("ldap.group_base"),
            filter: values.optional("ldap.filter"),
            uid: values.text("ldap.uid").trim().to_owned(),
            bind: values
                .flag("ldap.authentication.enabled")
                .then(|| LdapBind {
                    dn: values.text("ldap.authentication.bind_dn"),
                    password: values
                        .secret("ldap.authentication.password")
                        .unwrap_or_else(|| Secret::new("")),
                }),
            group_sync,
            guess_email: values.flag("ldap.guess_email.enabled").then(|| {
                match values.optional("ldap.guess_email.attr") {
                    Some(attribute) => GuessEmail::FromAttribute(attribute.trim().to_owned()),
                    None => GuessEmail::FromDomainComponents,
                }
            }),
            sync_admin: values.flag("ldap.sync_admin"),
        })
    }
}

impl GroupRole {
    fn read(word: &str) -> Option<Self> {
        match word {
            "viewer" => Some(Self::Viewer),
            "contributor" => Some(Self::Contributor),
            "owner" => Some(Self::Owner),
            _ => None,
        }
    }
}

impl GroupSync {
    fn read(values: &mut Values) -> Option<Self> {
        if !values.flag("ldap.group_sync.enabled") {
            return None;
        }
        let default_role = GroupRole::read(&values.text("ldap.group_sync.default_role"))
            .unwrap_or(GroupRole::Viewer);
        let mut map = Vec::new();
        for line in items(&values.text("ldap.group_sync.map")) {
            match GroupMapping::read(&line, default_role) {
                Ok(mapping) => map.push(mapping),
                Err(fault) => values.refuse(
                    "ldap.group_sync.map",
                    &format!("'{line}' {fault}; write GROUP=TEAM:ROLE, one after the other with ; between"),
                ),
            }
        }
        Some(Self {
            default_role,
            interval: values.seconds("ldap.group_sync.interval"),
            map,
            admins: items(&values.text("ldap.group_sync.admins")),
        })
    }
}

impl GroupMapping {
    /// The last equals sign separates, since distinguished names are full of them.
    fn read(line: &str, default_role: GroupRole) -> Result<Self, &'static str> {
        let (group, target) = line.rsplit_once('=').ok_or("names no team")?;
        let (team, role) = match target.rsplit_once(':') {
            Some((team, word)) => (
                team,
                GroupRole::read(word.trim())
                    .ok_or("has another role than viewer, contributor or owner")?,
            ),
            None => (target, default_role),
        };
        let (group, team) = (group.trim(), team.trim());
        if group.is_empty() || team.is_empty() {
            return Err("lacks a group or a team");
        }
        Ok(Self {
            group: group.to_owned(),
            team: team.to_owned(),
            role,
        })
    }
}

fn items(text: &str) -> Vec<String> {
    text.split([';', '\n'])
        .map(|it| it.trim().to_owned())
        .filter(|it| !it.is_empty())
        .collect()
}

/// Complains of what no directory could understand.
fn check(values: &mut Values) {
    let attribute = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "-.;".contains(c))
    };
    if !attribute(values.text("ldap.uid").trim()) {
        values.refuse(
            "ldap.uid",
            "is no name of an attribute; write for example uid or sAMAccountName",
        );
    }
    if let Some(name) = values.optional("ldap.guess_email.attr")
        && !attribute(name.trim())
    {
        values.refuse(
            "ldap.guess_email.attr",
            "is no name of an attribute; write for example mail",
        );
    }
    if let Some(filter) = values.optional("ldap.filter") {
        let filter = filter.trim();
        let whole = if filter.starts_with('(') {
            filter.to_owned()
        } else {
            format!("({filter})")
        };
        if ldap3::parse_filter(&whole).is_err() {
            values.refuse(
                "ldap.filter",
                "is no LDAP filter; write for example (objectClass=inetOrgPerson)",
            );
        }
    }
    if values.text("ldap.hostname").trim().is_empty() {
        values.refuse("ldap.hostname", "is empty; name the directory's host");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_mapped_to_a_team_and_a_role() {
        let read = |line| GroupMapping::read(line, GroupRole::Viewer);
        let is = |group: &str, team: &str, role| {
            Ok(GroupMapping {
                group: group.to_owned(),
                team: team.to_owned(),
                role,
            })
        };
        assert_eq!(
            read("devs=web:contributor"),
            is("devs", "web", GroupRole::Contributor)
        );
        assert_eq!(read(" devs = web "), is("devs", "web", GroupRole::Viewer));
        assert_eq!(
            read("cn=ops,ou=groups,dc=org=the ops:owner"),
            is("cn=ops,ou=groups,dc=org", "the ops", GroupRole::Owner)
        );
        for wrong in ["devs", "=web", "devs=", "devs=web:king"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
