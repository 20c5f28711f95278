//! Who is asking, once it has been established.

use std::sync::Arc;

use crate::{
    entities::user,
    policy::{Reach, Who},
};

pub use crate::entities::user::PORTUS;

/// What is kept in memory of an account that has proved itself.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub id: i64,
    pub username: String,
    pub display_name: Option<String>,
    pub email: Option<String>,
    /// The tag of the language in which they want pages; without one the browser says it.
    pub language: Option<String>,
    pub admin: bool,
    pub enabled: bool,
    pub bot: bool,
    pub locked_at: Option<chrono::NaiveDateTime>,
    /// Grows when a password changes, so that what was remembered of the old one is void.
    pub credentials_version: i64,
    /// A password alone opens nothing.
    pub second_factor: bool,
    /// What ties it to the LDAP directory, whose password is its own then.
    pub directory: Option<Tie>,
    /// The identity provider that it came from does not vouch for it any more.
    pub disowned: bool,
}

/// What is known of an account of the LDAP directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tie {
    /// The directory does not have it any more.
    pub gone: bool,
    /// An admin because a group there says so.
    pub admin: bool,
}

impl From<&user::Model> for Account {
    fn from(row: &user::Model) -> Self {
        Self {
            id: row.id,
            username: row.username.clone(),
            display_name: row.display_name.clone(),
            email: row.email.clone(),
            language: row.language.clone(),
            admin: row.admin,
            enabled: row.enabled,
            bot: row.bot,
            locked_at: row.locked_at,
            credentials_version: row.credentials_version,
            second_factor: row.second_factor,
            directory: row.directory.then(|| Tie {
                gone: row.directory_gone_at.is_some(),
                admin: row.directory_admin,
            }),
            // Whose password is the directory's is the directory's.
            disowned: row.provider_gone_at.is_some() && !row.directory,
        }
    }
}

impl Account {
    /// Whether this is the service's own account.
    pub fn is_portus(&self) -> bool {
        self.username == PORTUS
    }

    /// Whether its password is the LDAP directory's.
    pub fn is_of_directory(&self) -> bool {
        self.directory.is_some()
    }

    /// Whether the directory does not have it any more.
    pub fn is_gone(&self) -> bool {
        self.directory.is_some_and(|tie| tie.gone)
    }

    /// Whether it is an admin because a group of the directory says so.
    pub fn is_admin_by_group(&self) -> bool {
        self.admin && self.directory.is_some_and(|tie| tie.admin)
    }
}

/// Whoever asks for something or changes something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    Anonymous,
    User(Arc<Account>),
    /// Somebody through a credential that carries less than all their rights.
    Limited(Arc<Account>, Reach),
    /// Somebody with a shell on the machine.
    Operator,
    /// The service's own work.
    Portus,
}

impl Actor {
    /// An account as its credential lets it act.
    pub fn through(account: Arc<Account>, reach: Reach) -> Self {
        if reach.is_full() {
            Self::User(account)
        } else {
            Self::Limited(account, reach)
        }
    }

    pub fn who(&self) -> Who {
        match self {
            Self::Anonymous => Who::Anonymous,
            Self::User(account) => Who::User {
                id: account.id,
                admin: account.admin,
            },
            Self::Limited(account, reach) => Who::with(account.id, account.admin, *reach),
            Self::Operator => Who::Operator,
            Self::Portus => Who::Service,
        }
    }

    pub fn account(&self) -> Option<&Arc<Account>> {
        match self {
            Self::User(account) | Self::Limited(account, _) => Some(account),
            _ => None,
        }
    }

    pub fn user_id(&self) -> Option<i64> {
        self.account().map(|account| account.id)
    }

    /// The name that the audit log keeps.
    pub fn name(&self) -> &str {
        match self {
            Self::Anonymous => "",
            Self::User(account) | Self::Limited(account, _) => &account.username,
            Self::Operator => "operator",
            Self::Portus => PORTUS,
        }
    }
}
