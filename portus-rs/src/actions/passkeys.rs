//! Passkeys of people: made, removed, and signed in with. One is a second factor beside the password, and enough without
//! it, since whoever uses it has shown a face, a finger or a PIN to their device.
//!
//! What is made or taken away here outlasts the session, so its owner shows first that it is them: see [`confirm`].

mod challenges;
mod confirming;
mod entering;

use std::net::IpAddr;

use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _, QueryOrder as _,
};
use serde_json::Value;

use super::{change::Change, second_factor};
use crate::{
    activity::Activity,
    app::App,
    entities::{passkey, user},
    error::{Error, Result, is_taken},
    identity::{
        actor::{Account, Actor},
        passkey::{self as webauthn, Asked, Fault, Party},
        throttle,
    },
    policy::{Permit, Rule, Standing, users::EditProfile},
    queries,
};

pub use challenges::{PATIENCE, expire};
pub use confirming::{Needed, Shown, confirm, doors, is_confirmed, needed};
pub use entering::{ask_to_confirm, ask_to_enter, ask_to_prove, is_open, sign_in, sign_in_beside};

use challenges::{Challenge, What};

/// Passkeys that one may have.
pub const MOST: u64 = 20;
/// Letters of a name.
const LONGEST: usize = 100;
/// Times that one address may ask within [`throttle::HELD`]. Each asking is a row.
const ASKED: i64 = 100;

const LATE: &str = "That took too long or was answered already. Please try again.";
const WRONG: &str = "The passkey was not accepted.";
const UNKNOWN: &str = "This passkey is not known here.";
const COPIED: &str =
    "This passkey was refused because it may have been copied. Sign in another way and remove it.";
const ELSEWHERE: &str = "Passkeys do not work at this address: it is not the one in machine_fqdn.external_url or machine_fqdn.value.";
const NOWHERE: &str = "Passkeys cannot be used at the configured address.";
const KNOWN: &str = "This passkey is registered already.";
const ENOUGH: &str = "You have as many passkeys as one can have. Remove one to add another.";
const UNCONFIRMED: &str = "Please show first that it is you, on the page about passkeys.";

/// What a browser answered.
#[derive(Clone, Copy)]
pub struct Given<'a> {
    /// In its cookie: what it was asked.
    pub secret: Option<&'a str>,
    pub answer: &'a str,
    pub address: IpAddr,
}

/// What a browser is to be asked.
pub struct Question {
    /// For its script.
    pub options: Value,
    /// For its cookie.
    pub secret: String,
}

/// Asks the browser of somebody for a new passkey.
pub async fn begin(
    app: &App,
    actor: &Actor,
    session: Option<i64>,
    address: IpAddr,
) -> Result<Question> {
    let party = party(app)?;
    pace(app, address).await?;
    let owner = own(app, actor).await?;
    let had = of(app.database.reader(), owner.id).await?;
    require_confirmed(app, &owner, session).await?;
    if had.len() as u64 >= MOST {
        return Err(Error::Refused(ENOUGH.to_owned()));
    }
    let handle = match had.first() {
        Some(row) => webauthn::handle(&row.user_handle)?,
        None => webauthn::new_handle(),
    };
    let shown = owner.display_name.as_deref().filter(|it| !it.is_empty());
    let names = (
        owner.username.as_str(),
        shown.unwrap_or(owner.username.as_str()),
    );
    let had: Vec<String> = had.into_iter().map(|it| it.credential).collect();
    let Asked { options, state } = party.ask_new(handle, names, &had)?;
    let challenge = Challenge {
        what: What::Add {
            user_handle: handle.to_string(),
        },
        user: Some(owner.id),
        state,
    };
    let secret = challenge.keep(app).await?;
    Ok(Question { options, secret })
}

/// Keeps the passkey that a browser has made. Returns recovery codes where it is the first thing that the account asks
/// for beside its password; its other sessions end then, since the password alone has opened them.
pub async fn add(
    app: &App,
    actor: &Actor,
    name: &str,
    given: Given<'_>,
    kept: Option<i64>,
) -> Result<Option<Vec<String>>> {
    let party = party(app)?;
    let name = name.trim();
    if name.is_empty() {
        return Err(Error::invalid("name", "can't be blank"));
    }
    if name.chars().count() > LONGEST || name.contains('\0') {
        return Err(Error::invalid(
            "name",
            "is too long (maximum is 100 characters)",
        ));
    }
    let challenge = challenges::take(app, given.secret).await?;
    let challenge = challenge.filter(|it| it.user.is_some() && it.user == actor.user_id());
    let Some(Challenge {
        what: What::Add { user_handle },
        state,
        ..
    }) = challenge
    else {
        return Err(late());
    };
    let made = party
        .check_new(given.answer, &state)?
        .map_err(|fault| match fault {
            Fault::Elsewhere => Error::Refused(ELSEWHERE.to_owned()),
            other => {
                tracing::info!(
                    user.name = actor.name(),
                    "a new passkey was refused: {other:?}"
                );
                Error::Refused(WRONG.to_owned())
            }
        })?;
    let mut change = Change::begin(app, actor).await?;
    change.take_turns().await?;
    let permit = change
        .permit::<EditProfile>(actor.user_id().ok_or_else(no_account)?)
        .await?;
    let owner = permit.on().clone();
    let row = passkey::ActiveModel {
        id: NotSet,
        user_id: Set(owner.id),
        name: Set(name.to_owned()),
        user_handle: Set(user_handle),
        credential_sha256: Set(made.credential_sha256),
        credential: Set(made.credential),
        last_used_at: Set(None),
        created_at: Set(change.now()),
    };
    match change.insert(&permit, row).await {
        Err(error) if is_taken(&error) => return Err(Error::Refused(KNOWN.to_owned())),
        done => done?,
    };
    let codes = if owner.second_factor {
        None
    } else {
        Some(second_factor::switch_on(&mut change, &permit, owner.id, kept).await?)
    };
    change
        .commit([Activity::passkey_added(&owner, name)])
        .await?;
    Ok(codes)
}

/// Takes a passkey of one's own away. With the last thing beside the password goes what is asked for beside it.
pub async fn remove(app: &App, actor: &Actor, id: i64, session: Option<i64>) -> Result<()> {
    let mut change = Change::begin(app, actor).await?;
    change.take_turns().await?;
    let user_id = actor.user_id().ok_or_else(no_account)?;
    let permit = change.permit::<EditProfile>(user_id).await?;
    let own = passkey::Entity::find_by_id(id)
        .filter(passkey::Column::UserId.eq(user_id))
        .one(change.reader())
        .await?
        .ok_or(Error::NotFound)?;
    require_confirmed(app, permit.on(), session).await?;
    change
        .delete_where::<passkey::Entity, _>(&permit, passkey::Column::Id.eq(own.id))
        .await?;
    second_factor::settle(&mut change, &permit, user_id).await?;
    let told = Activity::passkey_removed(permit.on(), &own.name);
    change.commit([told]).await
}

/// Makes new recovery codes for somebody who has shown that it is them.
pub async fn renew_codes(app: &App, actor: &Actor, session: Option<i64>) -> Result<Vec<String>> {
    let mut change = Change::begin(app, actor).await?;
    let user_id = actor.user_id().ok_or_else(no_account)?;
    let permit = change.permit::<EditProfile>(user_id).await?;
    if !permit.on().second_factor {
        return Err(Error::NotFound);
    }
    require_confirmed(app, permit.on(), session).await?;
    let codes = second_factor::renew(&mut change, &permit, user_id).await?;
    change
        .commit([Activity::recovery_codes_renewed(permit.on())])
        .await?;
    Ok(codes)
}

/// Refuses what outlasts a session to whoever has not shown lately that it is them.
pub(in crate::actions) async fn require_confirmed(
    app: &App,
    owner: &user::Model,
    session: Option<i64>,
) -> Result<()> {
    if is_confirmed(app, owner, session).await? {
        Ok(())
    } else {
        Err(Error::Refused(UNCONFIRMED.to_owned()))
    }
}

/// How many an account has.
pub(super) async fn count(connection: &impl sea_orm::ConnectionTrait, user_id: i64) -> Result<u64> {
    let own = passkey::Entity::find().filter(passkey::Column::UserId.eq(user_id));
    Ok(own.count(connection).await?)
}

async fn of(
    connection: &impl sea_orm::ConnectionTrait,
    user_id: i64,
) -> Result<Vec<passkey::Model>> {
    Ok(passkey::Entity::find()
        .filter(passkey::Column::UserId.eq(user_id))
        .order_by_asc(passkey::Column::Id)
        .all(connection)
        .await?)
}

/// The actor's account, if it is one that has a profile.
async fn own(app: &App, actor: &Actor) -> Result<user::Model> {
    let standing = Standing {
        who: actor.who(),
        role: None,
    };
    let id = actor.user_id().ok_or_else(no_account)?;
    let stored = queries::users::by_id(app, id).await?;
    Ok(Permit::<EditProfile>::ask(standing, stored, &app.rules)?.into_inner())
}

fn party(app: &App) -> Result<Party> {
    Party::of(&app.config).map_err(|_| Error::Refused(NOWHERE.to_owned()))
}

async fn pace(app: &App, address: IpAddr) -> Result<()> {
    throttle::pace(app, "passkeys", &throttle::source(address), ASKED).await
}

fn account_of(user: &user::Model) -> std::sync::Arc<Account> {
    std::sync::Arc::new(Account::from(user))
}

fn late() -> Error {
    Error::NotSignedIn(LATE.to_owned())
}

fn no_account() -> Error {
    Error::forbidden(Rule::LogIn)
}
