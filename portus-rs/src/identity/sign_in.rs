//! Signing in on the web, with a password alone, the account's own or the directory's: an application token is for
//! programs and opens no session.

use std::sync::Arc;

use super::{
    actor::Account,
    credentials::{Attempt, Identified, Method, miss, renew_hash, usable},
    ldap, names,
    password::Checked,
    throttle,
};
use crate::{
    app::App,
    error::{Error, Result},
    policy::{self, Reach},
    queries::facts::{Facts, Login},
};

/// What came of an attempt.
pub enum Outcome {
    In(Arc<Account>),
    /// Refused with this text; of an account, if there is one of that name, and by whom.
    Refused(Error, Option<Arc<Account>>, Judge),
}

/// Who knows a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judge {
    Ourselves,
    Directory,
}

impl Judge {
    /// Of an account's password.
    pub fn of(account: &Account) -> Self {
        if account.is_of_directory() {
            Self::Directory
        } else {
            Self::Ourselves
        }
    }

    /// What the audit log calls such a password.
    pub fn method(self) -> &'static str {
        match self {
            Self::Ourselves => "password",
            Self::Directory => "ldap",
        }
    }
}

/// Checks name and password of a person. Whoever is held back is refused unseen, as an error.
///
/// Unknown names, bots, the hidden account and wrong passwords are told apart neither by text nor by time, and counted:
/// see [`throttle`].
pub async fn check(app: &App, facts: &Facts, attempt: Attempt<'_>) -> Result<Outcome> {
    if !app.config.oauth.local_login && app.directory.is_none() {
        return Err(no_local_login());
    }
    let name = names::canonical(attempt.username);
    let source = throttle::source(attempt.address);
    let failed_before = throttle::check(app, &source, &name).await?;
    let login = facts.login(&name).await?;
    if ldap::is_asked(app, login.as_ref()) {
        let found = ldap::check(app, login.as_ref(), &source, &name, attempt).await;
        let known = login.map(|login| login.account);
        return match found {
            Ok(ldap::Answer::Right(account)) => {
                if failed_before {
                    throttle::succeeded(app, &source, &name).await?;
                }
                Ok(Outcome::In(account))
            }
            Ok(ldap::Answer::Unseen(told)) => Err(told),
            Ok(ldap::Answer::Wrong(told))
            | Err(told @ (Error::NotSignedIn(_) | Error::Unproved(_))) => {
                Ok(Outcome::Refused(told, known, Judge::Directory))
            }
            Err(error) => Err(error),
        };
    }
    let login = login.filter(is_person);
    if let Some(login) = login.as_ref().filter(|it| it.account.is_of_directory())
        && let Err(told) = usable(app, &login.account)
    {
        let account = Arc::clone(&login.account);
        return Ok(Outcome::Refused(told, Some(account), Judge::Directory));
    }
    let account = login.as_ref().map(|login| Arc::clone(&login.account));
    let shown = throttle::Shown::new(app, &source, &name, attempt.secret);
    let checked = match &login {
        Some(login) => {
            app.passwords
                .check(&login.account, &login.password_hash, shown)
                .await?
        }
        None => {
            app.passwords.check_nobody(shown).await?;
            Checked::Wrong
        }
    };
    let account = match account {
        Some(account) if checked != Checked::Wrong => account,
        account => {
            let told = miss(app, facts, &source, &name, attempt.secret).await?;
            return Ok(Outcome::Refused(told, account, Judge::Ourselves));
        }
    };
    if let Err(refused) = usable(app, &account) {
        return Ok(Outcome::Refused(refused, Some(account), Judge::Ourselves));
    }
    if !app.config.oauth.local_login {
        let judge = Judge::Ourselves;
        return Ok(Outcome::Refused(no_local_login(), Some(account), judge));
    }
    if checked == Checked::RightButOld {
        renew_hash(app, account.id, attempt.secret).await?;
    }
    if failed_before {
        throttle::succeeded(app, &source, &name).await?;
    }
    Ok(Outcome::In(account))
}

fn is_person(login: &Login) -> bool {
    let person = policy::sessions::Person {
        username: &login.account.username,
        bot: login.account.bot,
    };
    policy::sessions::sign_in(person).granted
        && (login.account.is_of_directory() || !login.password_hash.is_empty())
}

fn no_local_login() -> Error {
    Error::forbidden("Local login is disabled")
}

/// The account as one that has proved itself by its password.
pub fn identified(account: &Arc<Account>) -> Identified {
    Identified {
        account: Arc::clone(account),
        method: Method::Password,
        reach: Reach::FULL,
        further: Vec::new(),
        application_token: None,
    }
}
