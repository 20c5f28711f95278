//! Showing again that it is them: somebody who is signed in, before they make or take away what outlasts the session. A
//! session that somebody else got hold of is not enough to stay for ever.

use std::net::IpAddr;

use chrono::TimeDelta;
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryTrait as _, sea_query::Expr,
};

use super::{Given, challenges::What, entering, no_account};
use crate::{
    actions::{change::Change, second_factor},
    app::App,
    entities::{session, user},
    error::{Error, Result},
    identity::{
        actor::Actor,
        credentials::Attempt,
        sign_in::{self, Outcome},
    },
    policy::users::EditProfile,
    queries::{self, facts::Facts},
    remote::oauth::Provider,
};

/// How long it holds.
const LASTS: TimeDelta = TimeDelta::minutes(10);

/// What somebody has to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needed {
    /// There is nothing.
    Nothing,
    /// That a provider has just let them in: what else opens the account nobody knows, or counts here.
    Provider,
    /// Ours or the directory's.
    Password,
    /// A code, or a passkey.
    Factor,
}

/// What somebody shows.
pub enum Shown<'a> {
    Password(&'a str),
    Code(&'a str),
    Passkey(Given<'a>),
}

/// What this account has to show.
pub async fn needed(app: &App, owner: &user::Model) -> Result<Needed> {
    if owner.second_factor {
        return Ok(Needed::Factor);
    }
    let password = if owner.directory {
        app.directory.is_some()
    } else {
        app.config.oauth.local_login && !owner.password_hash.is_empty()
    };
    // Whoever came through a provider got a password that nobody knows, and has it until they choose one.
    let unknown = !owner.directory && owner.provider.is_some() && owner.credentials_version == 0;
    if password && !unknown {
        return Ok(Needed::Password);
    }
    Ok(if !doors(app, owner.id).await?.is_empty() {
        Needed::Provider
    } else if password {
        Needed::Password
    } else {
        Needed::Nothing
    })
}

/// The providers that let an account in.
pub async fn doors(app: &App, user_id: i64) -> Result<Vec<Provider<'_>>> {
    let linked = queries::identities::providers_of(app, user_id).await?;
    let offered = app.providers.offered();
    Ok(offered
        .filter(|it| linked.iter().any(|key| key == it.key()))
        .collect())
}

/// Whether they have shown it lately, in this session.
pub async fn is_confirmed(app: &App, owner: &user::Model, session: Option<i64>) -> Result<bool> {
    let needed = needed(app, owner).await?;
    if needed == Needed::Nothing {
        return Ok(true);
    }
    let Some(id) = session else { return Ok(false) };
    let row = session::Entity::find_by_id(id)
        .filter(session::Column::UserId.eq(owner.id))
        .one(app.database.reader())
        .await?;
    let since = row.and_then(|row| {
        let began = row.identity_id.map(|_| row.created_at);
        let began = began.filter(|_| needed == Needed::Provider);
        row.confirmed_at.max(began)
    });
    Ok(since.is_some_and(|since| since + LASTS > app.clock.now()))
}

/// Checks what they show. It is counted like a guess at the door.
pub async fn confirm(
    app: &App,
    facts: &Facts,
    actor: &Actor,
    session: i64,
    shown: Shown<'_>,
    address: IpAddr,
) -> Result<()> {
    let account = actor.account().ok_or_else(no_account)?;
    match shown {
        Shown::Passkey(given) => {
            entering::verify(app, given, &What::Confirm, Some(account)).await?;
        }
        Shown::Code(code) => {
            second_factor::prove(app, account, code).await?;
        }
        // What else the account asks for, the password does not stand in for.
        Shown::Password(_) if account.second_factor => return Err(wrong()),
        Shown::Password(secret) => {
            let attempt = Attempt {
                username: &account.username,
                secret,
                address,
            };
            match sign_in::check(app, facts, attempt).await? {
                Outcome::In(found) if found.id == account.id => {}
                Outcome::In(_) => return Err(wrong()),
                Outcome::Refused(error, ..) => return Err(error),
            }
        }
    }
    let change = Change::begin(app, actor).await?;
    let permit = change.permit::<EditProfile>(account.id).await?;
    let confirmed = session::Entity::update_many()
        .col_expr(session::Column::ConfirmedAt, Expr::value(change.now()))
        .filter(session::Column::Id.eq(session))
        .filter(session::Column::UserId.eq(account.id));
    let confirmed = confirmed.as_query().to_owned();
    change.note_use(&permit, &confirmed).await?;
    change
        .commit_unrecorded("what is done with it is in the log")
        .await
}

fn wrong() -> Error {
    Error::NotSignedIn("Invalid Username or password.".to_owned())
}
