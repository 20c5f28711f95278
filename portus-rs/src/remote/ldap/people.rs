//! People of the directory: found by name, one at a login, many when it is looked who is still there.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use ldap3::Scope;

use super::{
    Directory, Result,
    connection::{Entry, Query},
    names::{self, Dn},
};
use crate::config::GuessEmail;

/// Names asked for at once.
const BATCH: usize = 50;
/// Where directories say that an account is closed, or from when on. Active Directory, 389 and its kin, `OpenLDAP`'s
/// password policy, eDirectory; Active Directory, shadow passwords (RFC 2307), Kerberos.
const SWITCHES: [&str; 7] = [
    "userAccountControl",
    "nsAccountLock",
    "pwdAccountLockedTime",
    "loginDisabled",
    "accountExpires",
    "shadowExpire",
    "krbPrincipalExpiration",
];
/// Of `userAccountControl`, [MS-ADTS] 2.2.16.
const ACCOUNT_DISABLED: i64 = 2;
/// Of `pwdAccountLockedTime`: until somebody opens it again. Other times are over by themselves.
const FOR_EVER: &str = "000001010000Z";
/// From 1601, where `accountExpires` begins ([MS-ADTS] 2.2.19), to 1970, in seconds.
const FROM_1601: i64 = 11_644_473_600;
/// Of `accountExpires`, which counts tenths of a microsecond, in a second.
const TICKS: i64 = 10_000_000;

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
    /// From when on it says so, in UTC.
    pub ends: Option<NaiveDateTime>,
}

impl Person {
    /// Whether nobody is to log in as this entry now.
    pub fn is_closed(&self, now: NaiveDateTime) -> bool {
        self.closed || self.ends.is_some_and(|end| end <= now)
    }
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
            ends: end(entry),
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

/// When an account is over: the earliest that is said. What cannot be read says nothing.
fn end(entry: &Entry) -> Option<NaiveDateTime> {
    [
        entry.first("accountExpires").and_then(ticks),
        entry.first("shadowExpire").and_then(days),
        entry.first("krbPrincipalExpiration").and_then(generalized),
    ]
    .into_iter()
    .flatten()
    .min()
}

/// Tenths of a microsecond since 1601; 0 and the largest number are never.
fn ticks(text: &str) -> Option<NaiveDateTime> {
    let ticks: i64 = text.trim().parse().ok()?;
    if ticks <= 0 || ticks == i64::MAX {
        return None;
    }
    DateTime::from_timestamp(ticks / TICKS - FROM_1601, 0).map(|it| it.naive_utc())
}

/// Days since 1970, of which the last is the first that is no good; -1 is never, and so is 0, as shadow(5) leaves open.
fn days(text: &str) -> Option<NaiveDateTime> {
    let days: i64 = text.trim().parse().ok()?;
    if days <= 0 {
        return None;
    }
    let since = TimeDelta::try_days(days)?;
    NaiveDate::default()
        .and_time(NaiveTime::MIN)
        .checked_add_signed(since)
}

/// Generalized time of RFC 4517, to the second and in UTC, as Kerberos writes it.
fn generalized(text: &str) -> Option<NaiveDateTime> {
    let text = text.trim().strip_suffix('Z')?;
    let whole = text.split(['.', ',']).next()?;
    NaiveDateTime::parse_from_str(whole, "%Y%m%d%H%M%S").ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(of: fn(&str) -> Option<NaiveDateTime>, text: &str) -> Option<String> {
        of(text).map(|it| it.to_string())
    }

    #[test]
    fn each_directory_says_in_its_own_way_when_an_account_is_over() {
        let new_year = Some("2024-01-01 00:00:00".to_owned());
        assert_eq!(said(ticks, "133485408000000000"), new_year);
        assert_eq!(said(days, "19723"), new_year);
        assert_eq!(said(generalized, "20240101000000Z"), new_year);
        assert_eq!(said(generalized, "20240101000000.0Z"), new_year);
    }

    #[test]
    fn what_never_ends_or_cannot_be_read_does_not_end() {
        for never in ["0", "9223372036854775807", "-1", "", "soon"] {
            assert_eq!(said(ticks, never), None, "{never}");
        }
        for never in ["0", "-1", "", "soon", "9223372036854775807"] {
            assert_eq!(said(days, never), None, "{never}");
        }
        for never in ["", "soon", "20240101", "20240101000000+0100"] {
            assert_eq!(said(generalized, never), None, "{never}");
        }
    }

    #[test]
    fn an_account_is_over_from_its_end_on() {
        let end = generalized("20240101000000Z").unwrap();
        let person = Person {
            dn: String::new(),
            names: Vec::new(),
            below_admin_base: false,
            email: None,
            closed: false,
            ends: Some(end),
        };
        assert!(!person.is_closed(end - TimeDelta::seconds(1)));
        assert!(person.is_closed(end));
    }
}
