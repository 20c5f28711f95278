//! People of the directory: found by name, one at a login, many when it is looked who is still there.

use std::collections::HashMap;

use ldap3::Scope;

use super::{
    Directory, Result,
    connection::{Entry, Query},
    names::{self, Dn},
};
use crate::config::GuessEmail;

/// Names asked for at once.
const BATCH: usize = 50;
/// Where directories say that an account is closed. Active Directory, 389 and its kin, `OpenLDAP`'s password policy,
/// eDirectory.
const SWITCHES: [&str; 4] = [
    "userAccountControl",
    "nsAccountLock",
    "pwdAccountLockedTime",
    "loginDisabled",
];
/// Of `userAccountControl`, [MS-ADTS] 2.2.16.
const ACCOUNT_DISABLED: i64 = 2;
/// Of `pwdAccountLockedTime`: until somebody opens it again. Other times are over by themselves.
const FOR_EVER: &str = "000001010000Z";

/// An entry that somebody can log in as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub dn: String,
    /// The values of the attribute that holds the login name, as they are spelled there.
    pub names: Vec<String>,
    /// Found below `ldap.admin_base`.
    pub below_admin_base: bool,
    /// As `ldap.guess_email` says; nothing is known of its form.
    pub email: Option<String>,
    /// The directory itself says that nobody is to log in as this entry.
    pub closed: bool,
}

/// What a name leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Looked {
    Nobody,
    One(Person),
    /// More than one entry, so that nobody can tell whose password it is.
    Several,
}

impl Directory {
    /// Looks for a login name: below `ldap.admin_base` first, if there is one, then below `ldap.base`.
    pub async fn person(&self, name: &str) -> Result<Looked> {
        let filter = self.filter(&names::equals(&self.settings.uid, name));
        for (base, admin) in self.bases() {
            let query = Query {
                base: base.to_owned(),
                scope: Scope::Subtree,
                filter: filter.clone(),
                attributes: self.attributes(),
                most: Some(2),
            };
            let found = self.search(&query).await?;
            let mut entries = found.entries.into_iter();
            match (entries.next(), entries.next()) {
                (None, _) => {}
                (Some(entry), None) if !found.more => {
                    return Ok(Looked::One(self.read(&entry, admin, name)));
                }
                _ => return Ok(Looked::Several),
            }
        }
        Ok(Looked::Nobody)
    }

    /// Looks for many names at once. A name with several entries is among them several times.
    pub async fn people(&self, names: &[&str]) -> Result<Vec<Person>> {
        let mut found: HashMap<String, Person> = HashMap::new();
        for batch in names.chunks(BATCH) {
            let any: Vec<String> = batch
                .iter()
                .map(|name| names::equals(&self.settings.uid, name))
                .collect();
            let filter = self.filter(&names::any(&any));
            for (base, admin) in self.bases() {
                let query = Query {
                    base: base.to_owned(),
                    scope: Scope::Subtree,
                    filter: filter.clone(),
                    attributes: self.attributes(),
                    most: None,
                };
                for entry in self.search(&query).await?.entries {
                    found
                        .entry(names::dn_key(&entry.dn))
                        .or_insert_with(|| self.read(&entry, admin, ""));
                }
            }
        }
        Ok(found.into_values().collect())
    }

    /// How many people there are below `ldap.base`, counting no further than `most`.
    pub async fn count_people(&self, base: &str, most: i32) -> Result<usize> {
        let query = Query {
            base: base.to_owned(),
            scope: Scope::Subtree,
            filter: self.filter(&format!("({}=*)", self.settings.uid)),
            attributes: vec!["1.1".to_owned()],
            most: Some(most),
        };
        Ok(self.search(&query).await?.entries.len())
    }

    /// Where people are looked for, and whether that makes them administrators.
    pub(super) fn bases(&self) -> impl Iterator<Item = (&str, bool)> {
        let admin = self.settings.admin_base.as_deref();
        admin
            .map(|base| (base, true))
            .into_iter()
            .chain([(self.settings.base.as_str(), false)])
    }

    pub(super) fn filter(&self, condition: &str) -> String {
        names::and(condition, self.settings.filter.as_deref())
    }

    /// What is asked of an entry.
    pub(super) fn attributes(&self) -> Vec<String> {
        let mut asked = vec![self.settings.uid.clone()];
        if let Some(GuessEmail::FromAttribute(attribute)) = &self.settings.guess_email {
            asked.push(attribute.clone());
        }
        asked.extend(SWITCHES.map(str::to_owned));
        asked
    }

    pub(super) fn read(&self, entry: &Entry, below_admin_base: bool, typed: &str) -> Person {
        let names: Vec<String> = entry.all(&self.settings.uid).to_vec();
        let dn = Dn::parse(&entry.dn);
        let email = match &self.settings.guess_email {
            None => None,
            Some(GuessEmail::FromAttribute(attribute)) => entry.first(attribute).map(str::to_owned),
            Some(GuessEmail::FromDomainComponents) => {
                let name = names.first().map_or(typed, String::as_str);
                let domain = dn.as_ref().and_then(Dn::domain);
                domain
                    .filter(|_| !name.is_empty())
                    .map(|domain| format!("{name}@{domain}"))
            }
        };
        let admin_base = self.settings.admin_base.as_deref().and_then(Dn::parse);
        let below_admin_base = below_admin_base
            || dn
                .zip(admin_base)
                .is_some_and(|(dn, base)| dn.is_below(&base));
        Person {
            dn: entry.dn.clone(),
            names,
            below_admin_base,
            email,
            closed: is_closed(entry),
        }
    }
}

fn is_closed(entry: &Entry) -> bool {
    let is = |name: &str, value: &str| {
        entry
            .first(name)
            .is_some_and(|it| it.eq_ignore_ascii_case(value))
    };
    let control = entry.first("userAccountControl");
    let control: i64 = control.and_then(|it| it.parse().ok()).unwrap_or(0);
    control & ACCOUNT_DISABLED != 0
        || is("nsAccountLock", "true")
        || is("loginDisabled", "true")
        || is("pwdAccountLockedTime", FOR_EVER)
}
