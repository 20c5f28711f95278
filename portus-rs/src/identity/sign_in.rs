//! Signing in on the web, with a password alone: an application token is for programs and opens no session. Directory
//! and providers join here.

use std::{net::IpAddr, sync::Arc};

use super::{
    actor::Account,
    credentials::{self, renew_hash, usable, wrong},
    names,
    password::Checked,
};
use crate::{
    app::App,
    error::{Error, Result},
    policy,
    queries::facts::Facts,
};

/// Somebody at the door. Has no `Debug`: it holds a password.
pub struct Attempt<'a> {
    pub username: &'a str,
    pub password: &'a str,
    pub address: IpAddr,
}

/// What came of it.
pub enum Outcome {
    In(Arc<Account>),
    /// Refused with this text; of an account, if there is one of that name.
    Refused(Error, Option<Arc<Account>>),
}

/// Checks name and password of a person.
///
/// Unknown names, bots, the hidden account and wrong passwords are told apart neither by text nor by time. Throttling
/// by `(address, name)` belongs ahead of the first line, for it must cost the same for all of these.
pub async fn check(app: &App, facts: &Facts, attempt: &Attempt<'_>) -> Result<Outcome> {
    if !app.config.oauth.local_login {
        let off = Error::forbidden("Local login is disabled");
        return Ok(Outcome::Refused(off, None));
    }
    let login = facts.login(&names::canonical(attempt.username)).await?;
    let person = login.filter(|login| {
        let person = policy::sessions::Person {
            username: &login.account.username,
            bot: login.account.bot,
        };
        policy::sessions::sign_in(person).granted && !login.password_hash.is_empty()
    });
    let Some(login) = person else {
        app.passwords.check_nobody(attempt.password).await?;
        return Ok(Outcome::Refused(wrong(), None));
    };
    let checked = app
        .passwords
        .check(&login.account, &login.password_hash, attempt.password)
        .await?;
    if checked == Checked::Wrong {
        return Ok(Outcome::Refused(wrong(), Some(login.account)));
    }
    if let Err(refused) = usable(app, &login.account) {
        return Ok(Outcome::Refused(refused, Some(login.account)));
    }
    if checked == Checked::RightButOld {
        renew_hash(app, login.account.id, attempt.password).await?;
    }
    Ok(Outcome::In(login.account))
}

/// The account as one that has proved itself by its password.
pub fn identified(account: &Arc<Account>) -> credentials::Identified {
    credentials::Identified {
        account: Arc::clone(account),
        method: credentials::Method::Password,
    }
}
