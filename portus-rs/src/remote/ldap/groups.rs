//! Groups of the directory: `groupOfNames`, `groupOfUniqueNames`, `posixGroup`, and Active Directory's, whose groups in
//! groups the server itself follows.

use ldap3::Scope;

use super::{
    Directory, Person, Result,
    connection::{Entry, Query},
    names,
};

/// Asks Active Directory to follow groups in groups ([MS-ADTS] 3.1.1.3.4.4.3).
const IN_CHAIN: &str = "1.2.840.113556.1.4.1941";
const CLASSES: [&str; 4] = ["groupOfNames", "groupOfUniqueNames", "posixGroup", "group"];

/// A group that somebody is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub dn: String,
    /// The values of `cn`.
    pub names: Vec<String>,
}

impl Group {
    fn read(entry: &Entry) -> Self {
        Self {
            dn: entry.dn.clone(),
            names: entry.all("cn").to_vec(),
        }
    }

    /// Whether this is the group that was meant.
    pub fn is(&self, wanted: &Wanted) -> bool {
        match wanted {
            Wanted::Named(name) => self
                .names
                .iter()
                .any(|it| it.to_lowercase() == name.to_lowercase()),
            Wanted::At(dn) => names::dn_key(&self.dn) == names::dn_key(dn),
        }
    }
}

/// Which group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// The one of this `cn`.
    Named(String),
    /// The one at this distinguished name.
    At(String),
}

impl Wanted {
    /// A distinguished name if it has an equals sign, else a plain name.
    pub fn read(text: &str) -> Self {
        if text.contains('=') {
            Self::At(text.trim().to_owned())
        } else {
            Self::Named(text.trim().to_owned())
        }
    }
}

/// Who is in a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Members {
    /// There is no such group.
    NoGroup,
    /// Several groups have that name, so that nobody can tell which was meant.
    Several,
    These {
        group: Group,
        /// Keys of distinguished names, see [`names::dn_key`].
        keys: Vec<String>,
        /// Login names.
        logins: Vec<String>,
    },
}

impl Directory {
    /// The groups below `ldap.group_base` that somebody is in.
    pub async fn groups_of(&self, person: &Person) -> Result<Vec<Group>> {
        let mut conditions = Vec::new();
        if self.is_active_directory().await? {
            let through = format!("member:{IN_CHAIN}:");
            conditions.push(names::equals(&through, &person.dn));
        } else {
            conditions.push(names::equals("member", &person.dn));
            conditions.push(names::equals("uniqueMember", &person.dn));
        }
        for name in &person.names {
            conditions.push(names::equals("memberUid", name));
        }
        let query = Query {
            base: self.group_base().to_owned(),
            scope: Scope::Subtree,
            filter: format!("(&{}{})", classes(), names::any(&conditions)),
            attributes: vec!["cn".to_owned()],
            most: None,
        };
        let found = self.search(&query).await?;
        Ok(found.entries.iter().map(Group::read).collect())
    }

    /// Who is in a group.
    pub async fn members_of(&self, wanted: &Wanted) -> Result<Members> {
        let (base, scope, condition) = match wanted {
            Wanted::Named(name) => (self.group_base(), Scope::Subtree, names::equals("cn", name)),
            Wanted::At(dn) => (dn.as_str(), Scope::Base, String::new()),
        };
        let query = Query {
            base: base.to_owned(),
            scope,
            filter: format!("(&{}{condition})", classes()),
            attributes: ["cn", "member", "uniqueMember", "memberUid"]
                .map(str::to_owned)
                .to_vec(),
            most: Some(2),
        };
        let found = match self.search(&query).await {
            // One that another server has is not gone.
            Err(super::Fault::NoBase {
                elsewhere: false, ..
            }) if matches!(wanted, Wanted::At(_)) => {
                return Ok(Members::NoGroup);
            }
            found => found?,
        };
        let mut entries = found.entries.iter();
        let entry = match (entries.next(), entries.next()) {
            (None, _) => return Ok(Members::NoGroup),
            (Some(entry), None) if !found.more => entry,
            _ => return Ok(Members::Several),
        };
        let group = Group::read(entry);
        let mut logins = entry.all("memberUid").to_vec();
        let keys = if self.is_active_directory().await? {
            // Large groups come in pieces, and groups in groups not at all, so the people are asked instead.
            logins.extend(self.people_in(&group).await?);
            Vec::new()
        } else {
            let listed = entry.all("member").iter().chain(entry.all("uniqueMember"));
            listed.map(|dn| names::dn_key(dn)).collect()
        };
        Ok(Members::These {
            group,
            keys,
            logins,
        })
    }

    async fn people_in(&self, group: &Group) -> Result<Vec<String>> {
        let condition = names::equals(&format!("memberOf:{IN_CHAIN}:"), &group.dn);
        let mut logins = Vec::new();
        for (base, _) in self.bases() {
            let query = Query {
                base: base.to_owned(),
                scope: Scope::Subtree,
                filter: self.filter(&condition),
                attributes: vec![self.settings.uid.clone()],
                most: None,
            };
            for entry in self.search(&query).await?.entries {
                logins.extend(entry.all(&self.settings.uid).iter().cloned());
            }
        }
        Ok(logins)
    }

    /// How many groups there are, counting no further than `most`.
    pub async fn count_groups(&self, most: i32) -> Result<usize> {
        let query = Query {
            base: self.group_base().to_owned(),
            scope: Scope::Subtree,
            filter: classes(),
            attributes: vec!["1.1".to_owned()],
            most: Some(most),
        };
        Ok(self.search(&query).await?.entries.len())
    }

    /// Where groups are; where people are, if nothing else is said.
    pub fn group_base(&self) -> &str {
        match self.settings.group_base.as_str() {
            "" => &self.settings.base,
            base => base,
        }
    }
}

/// The condition that an entry is a group at all.
fn classes() -> String {
    let each: Vec<String> = CLASSES
        .iter()
        .map(|class| names::equals("objectClass", class))
        .collect();
    names::any(&each)
}
