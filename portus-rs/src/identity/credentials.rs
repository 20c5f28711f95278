//! Checks what a client presents, in a fixed order: application token, local password. A directory joins as one more
//! step behind the same answer.

use std::sync::Arc;

use chrono::TimeDelta;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use super::{
    actor::{Account, Actor},
    names,
    password::Checked,
    secret::{self, Kind},
};
use crate::{
    actions::change::Change,
    app::App,
    entities::{application_token, user},
    error::{Error, Result},
    policy::guard::KeepBooks,
    queries::facts::{Facts, Login},
};

/// How long an imported lock lasts.
const LOCK: TimeDelta = TimeDelta::minutes(10);
/// A refresh token that nobody used for so long is dead.
pub const REFRESH_UNUSED: TimeDelta = TimeDelta::days(90);

const WRONG: &str = "Invalid Username or password.";
const DISABLED: &str = "Sorry, this account has been disabled.";
const LOCKED: &str = "Your account is locked.";

/// What proved the identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    ApplicationToken { id: i64 },
    RefreshToken { id: i64 },
    Password,
}

/// An account that has proved itself and may be used.
#[derive(Clone, Debug)]
pub struct Identified {
    pub account: Arc<Account>,
    pub method: Method,
}

/// Checks a name with a password or an application token, as docker sends them.
///
/// Wrong names and wrong secrets are told apart neither by text nor by time.
pub async fn check(app: &App, facts: &Facts, username: &str, given: &str) -> Result<Identified> {
    let name = names::canonical(username);
    if let Some(found) = application_token(app, facts, &name, given).await? {
        return found;
    }
    let Some(login) = facts.login(&name).await? else {
        app.passwords.check_nobody(given).await?;
        // What a known name costs beyond the hash is paid here too.
        imported(app, 0).await?;
        return Err(wrong());
    };
    if login.account.bot || login.password_hash.is_empty() {
        app.passwords.check_nobody(given).await?;
        return imported_token(app, &login, given).await;
    }
    match app
        .passwords
        .check(&login.account, &login.password_hash, given)
        .await?
    {
        Checked::Wrong => imported_token(app, &login, given).await,
        checked => {
            usable(app, &login.account)?;
            if checked == Checked::RightButOld {
                renew_hash(app, login.account.id, given).await?;
            }
            Ok(Identified {
                account: login.account,
                method: Method::Password,
            })
        }
    }
}

/// Checks `USERNAME:TOKEN` of the API, where only application tokens count.
pub async fn check_token(
    app: &App,
    facts: &Facts,
    username: &str,
    given: &str,
) -> Result<Identified> {
    let name = names::canonical(username);
    if let Some(found) = application_token(app, facts, &name, given).await? {
        return found;
    }
    match facts.login(&name).await? {
        Some(login) if has_imported_token(app, login.account.id).await? => {
            imported_token(app, &login, given).await
        }
        _ => Err(wrong()),
    }
}

/// Checks a refresh token of docker's `identitytoken`.
pub async fn check_refresh(
    app: &App,
    facts: &Facts,
    given: &str,
    service: &str,
) -> Result<Identified> {
    let refused =
        || Error::NotSignedIn("this login is no longer valid: run `docker login` again".to_owned());
    if !secret::is_wellformed(Kind::Refresh, given) {
        return Err(refused());
    }
    let found = facts
        .refresh(&secret::fingerprint(given))
        .await?
        .ok_or_else(refused)?;
    if found.service != service || found.last_used_at + REFRESH_UNUSED < app.clock.now() {
        return Err(refused());
    }
    usable(app, &found.account)?;
    Ok(Identified {
        account: found.account,
        method: Method::RefreshToken { id: found.id },
    })
}

pub(super) fn wrong() -> Error {
    Error::NotSignedIn(WRONG.to_owned())
}

/// Whether an account may log in at all, whatever proves that it is theirs.
pub fn usable(app: &App, account: &Account) -> Result<()> {
    if !account.enabled {
        return Err(Error::NotSignedIn(DISABLED.to_owned()));
    }
    let locked = account
        .locked_at
        .is_some_and(|since| since + LOCK > app.clock.now());
    if locked && !account.is_portus() {
        return Err(Error::NotSignedIn(LOCKED.to_owned()));
    }
    Ok(())
}

/// `None` if this is no application token at all, so that the next way may be tried.
async fn application_token(
    app: &App,
    facts: &Facts,
    name: &str,
    given: &str,
) -> Result<Option<Result<Identified>>> {
    if !secret::is_wellformed(Kind::Application, given) {
        return Ok(None);
    }
    let found = facts.token(&secret::fingerprint(given)).await?;
    let Some(found) = found.filter(|it| names::canonical(&it.account.username) == name) else {
        return Ok(Some(Err(wrong())));
    };
    if found.account.is_portus() || found.expires_at.is_some_and(|end| end <= app.clock.now()) {
        return Ok(Some(Err(wrong())));
    }
    Ok(Some(usable(app, &found.account).map(|()| Identified {
        account: found.account,
        method: Method::ApplicationToken { id: found.id },
    })))
}

async fn has_imported_token(app: &App, user_id: i64) -> Result<bool> {
    Ok(!imported(app, user_id).await?.is_empty())
}

async fn imported(app: &App, user_id: i64) -> Result<Vec<application_token::Model>> {
    Ok(application_token::Entity::find()
        .filter(application_token::Column::UserId.eq(user_id))
        .filter(application_token::Column::TokenBcrypt.is_not_null())
        .all(app.database.reader())
        .await?)
}

/// Tokens brought along from Portus are bcrypt hashes; the first use turns one into a fingerprint.
async fn imported_token(app: &App, login: &Login, given: &str) -> Result<Identified> {
    if login.account.is_portus() {
        return Err(wrong());
    }
    for token in imported(app, login.account.id).await? {
        let stored = token.token_bcrypt.clone().unwrap_or_default();
        let checked = app.passwords.check(&login.account, &stored, given).await?;
        if checked == Checked::Wrong {
            continue;
        }
        usable(app, &login.account)?;
        let mut change = Change::begin(app, &Actor::Portus).await?;
        let books = change.books()?;
        let row = application_token::ActiveModel {
            id: Set(token.id),
            token_sha256: Set(Some(secret::fingerprint(given))),
            token_bcrypt: Set(None),
            ..Default::default()
        };
        change
            .update::<_, crate::policy::Permit<KeepBooks>>(&books, row)
            .await?;
        change
            .commit_unrecorded("the same token, stored better")
            .await?;
        return Ok(Identified {
            account: Arc::clone(&login.account),
            method: Method::ApplicationToken { id: token.id },
        });
    }
    Err(wrong())
}

pub(super) async fn renew_hash(app: &App, user_id: i64, password: &str) -> Result<()> {
    let hash = app.passwords.hash(password).await?;
    let mut change = Change::begin(app, &Actor::Portus).await?;
    let books = change.books()?;
    let row = user::ActiveModel {
        id: Set(user_id),
        password_hash: Set(hash),
        ..Default::default()
    };
    change.update(&books, row).await?;
    change
        .commit_unrecorded("the same password, hashed better")
        .await
}
