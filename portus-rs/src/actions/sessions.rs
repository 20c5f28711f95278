//! Signing in and out on the web. A session begins with a new secret whatever the browser brought along, so that nobody
//! can plant one; it ends by the row's removal, which holds on every replica at the next request.

use std::{net::IpAddr, sync::Arc, time::Duration};

use chrono::TimeDelta;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};

use serde::{Deserialize, Serialize};

use super::{application_tokens::unknown_like_foreign, change::Change, identities, second_factor};
use crate::{
    activity::Activity,
    app::App,
    entities::{identity, session, user},
    error::{Error, Result},
    identity::{
        actor::{Account, Actor},
        credentials::{self, Attempt, Method},
        secret::{self, Kind},
        session::{csrf_token, idle_limit, lifetime},
        sign_in::{self, Judge, Outcome},
    },
    policy::sessions::{EndSessions, StartSession},
    queries::facts::Facts,
};

/// Sessions an account may have at once; the one unused longest gives way.
const MOST: u64 = 100;

/// Said to whoever has to begin anew.
pub const LATE: &str = "That took too long. Please sign in again.";

/// The browser that signs in.
pub struct Browser<'a> {
    pub user_agent: &'a str,
    /// Lasts without being used.
    pub remember: bool,
    /// The session it has already, which ends.
    pub replaces: Option<i64>,
}

/// A session that has just begun. Has no `Debug`: it holds the secret.
pub struct Started {
    pub session: session::Model,
    pub user: user::Model,
    /// For the cookie; never shown again.
    pub secret: String,
    pub csrf_token: String,
}

/// What came of a name and a password.
pub enum Entry {
    In(Box<Started>),
    /// The password was right, and the account asks for more.
    NeedsCode(Arc<Account>),
}

/// Signs a person in with name and password, and where their account asks for it a code of their second factor.
pub async fn sign_in(
    app: &App,
    facts: &Facts,
    attempt: Attempt<'_>,
    code: Option<&str>,
    browser: &Browser<'_>,
) -> Result<Entry> {
    match sign_in::check(app, facts, attempt).await? {
        Outcome::In(account) if account.second_factor => match code {
            Some(code) => {
                let first = First::password(&account);
                let (first, address) = (&first, attempt.address);
                let started = sign_in_with_code(app, account, first, code, address, browser);
                Ok(Entry::In(Box::new(started.await?)))
            }
            None => Ok(Entry::NeedsCode(account)),
        },
        Outcome::In(account) => {
            let method = Judge::of(&account).method();
            let started = enter(app, account, attempt.address, browser, method).await?;
            Ok(Entry::In(Box::new(started)))
        }
        Outcome::Refused(error, account, judge) => {
            failed(app, account.as_deref(), attempt.address, judge, &error).await?;
            Err(error)
        }
    }
}

/// What somebody has shown before they are asked for more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct First {
    /// `password`, `ldap` (the directory's password), or the key of the provider that vouches for them.
    pub method: String,
    pub way: Way,
}

/// How somebody comes who has shown something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Way {
    /// With what was shown here.
    Here,
    /// From a provider, where an account is linked with theirs.
    Linked(Origin),
    /// From a provider, with an account to be linked once they have shown everything: the id of the sign-in that is
    /// not complete.
    Claiming(i64),
}

impl First {
    /// The account's password.
    pub fn password(account: &Account) -> Self {
        Self {
            method: Judge::of(account).method().to_owned(),
            way: Way::Here,
        }
    }

    /// Begins the session of whoever need show no more than this.
    pub(super) async fn alone(
        &self,
        app: &App,
        account: Arc<Account>,
        address: IpAddr,
        browser: &Browser<'_>,
    ) -> Result<Started> {
        let origin = self.origin(app, &account).await?;
        enter_from(app, account, address, browser, &self.method, origin).await
    }

    /// Begins the session of whoever has shown this and that.
    pub(super) async fn and(
        &self,
        second: &str,
        app: &App,
        account: Arc<Account>,
        address: IpAddr,
        browser: &Browser<'_>,
    ) -> Result<Started> {
        let method = format!("{}, {second}", self.method);
        let origin = self.origin(app, &account).await?;
        enter_from(app, account, address, browser, &method, origin).await
    }

    /// Where they come from, with a provider; their account is linked if it was to be.
    async fn origin(&self, app: &App, account: &Account) -> Result<Option<Origin>> {
        match self.way {
            Way::Here => Ok(None),
            Way::Linked(origin) => Ok(Some(origin)),
            Way::Claiming(pending) => identities::link_claimed(app, pending, account).await,
        }
    }
}

/// Signs somebody in by a code, who has shown something else already.
pub async fn sign_in_with_code(
    app: &App,
    account: Arc<Account>,
    first: &First,
    code: &str,
    address: IpAddr,
    browser: &Browser<'_>,
) -> Result<Started> {
    credentials::usable(app, &account)?;
    match second_factor::prove(app, &account, code).await {
        Ok(proof) => {
            let second = proof.as_str();
            first.and(second, app, account, address, browser).await
        }
        Err(error @ Error::NotSignedIn(_)) => {
            second_factor::failed(app, &account, address).await?;
            Err(error)
        }
        Err(error) => Err(error),
    }
}

/// Begins the session of somebody who has shown enough.
pub(super) async fn enter(
    app: &App,
    account: Arc<Account>,
    address: IpAddr,
    browser: &Browser<'_>,
    method: &str,
) -> Result<Started> {
    enter_from(app, account, address, browser, method, None).await
}

async fn enter_from(
    app: &App,
    account: Arc<Account>,
    address: IpAddr,
    browser: &Browser<'_>,
    method: &str,
    origin: Option<Origin>,
) -> Result<Started> {
    let mut who = sign_in::identified(&account);
    if origin.is_some() {
        who.method = Method::Provider;
    }
    let actor = Actor::User(account);
    let started = start_from(app, &actor, address, browser, method, origin).await?;
    let address = address.to_string();
    app.usage
        .note(&who, &address, browser.user_agent, app.clock.now());
    Ok(started)
}

/// Where a session comes from that a provider let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The account there.
    pub identity_id: i64,
    /// How long it lasts at most.
    pub most: Option<Duration>,
}

/// Begins a session for somebody who has just proved to be the actor in this way.
pub async fn start_by(
    app: &App,
    actor: &Actor,
    address: IpAddr,
    browser: &Browser<'_>,
    method: &str,
) -> Result<Started> {
    start_from(app, actor, address, browser, method, None).await
}

/// The same for somebody who may come from a provider.
pub async fn start_from(
    app: &App,
    actor: &Actor,
    address: IpAddr,
    browser: &Browser<'_>,
    method: &str,
    origin: Option<Origin>,
) -> Result<Started> {
    let mut change = Change::begin(app, actor).await?;
    let user_id = actor.user_id().ok_or(Error::NotFound)?;
    let permit = change.permit::<StartSession>(user_id).await?;
    let user = permit.on().clone();
    if let Some(origin) = origin
        && !is_linked(&change, origin.identity_id, user_id).await?
    {
        return Err(Error::NotSignedIn(LATE.to_owned()));
    }
    if let Some(old) = browser.replaces {
        let own = Condition::all()
            .add(session::Column::Id.eq(old))
            .add(session::Column::UserId.eq(user_id));
        change
            .delete_where::<session::Entity, _>(&permit, own)
            .await?;
    }
    let plain = secret::generate(Kind::Session)?;
    let now = change.now();
    let short = |text: &str| text.chars().take(255).collect::<String>();
    let life = lifetime(app, browser.remember);
    let most = origin.and_then(|it| it.most);
    let most = most.map(|it| TimeDelta::from_std(it).unwrap_or(TimeDelta::MAX));
    let row = session::ActiveModel {
        id: NotSet,
        user_id: Set(user_id),
        secret_sha256: Set(secret::fingerprint(&plain)),
        credentials_version: Set(user.credentials_version),
        remember: Set(browser.remember),
        address: Set(address.to_string()),
        user_agent: Set(short(browser.user_agent)),
        created_at: Set(now),
        last_seen_at: Set(now),
        expires_at: Set(now + most.map_or(life, |most| most.min(life))),
        confirmed_at: Set(None),
        identity_id: Set(origin.map(|it| it.identity_id)),
    };
    let session = change.insert(&permit, row).await?;
    let surplus: Vec<i64> = session::Entity::find()
        .select_only()
        .column(session::Column::Id)
        .filter(session::Column::UserId.eq(user_id))
        .order_by_desc(session::Column::LastSeenAt)
        .order_by_desc(session::Column::Id)
        .offset(MOST)
        .limit(MOST)
        .into_tuple()
        .all(change.reader())
        .await?;
    if !surplus.is_empty() {
        change
            .delete_where::<session::Entity, _>(&permit, session::Column::Id.is_in(surplus))
            .await?;
    }
    change
        .commit([Activity::session_created(&session, &user, method)])
        .await?;
    Ok(Started {
        session,
        user,
        csrf_token: csrf_token(&plain),
        secret: plain,
    })
}

/// Whether an account is still linked with the one elsewhere that opened it a moment ago.
async fn is_linked(change: &Change<'_>, identity_id: i64, user_id: i64) -> Result<bool> {
    let row = identity::Entity::find_by_id(identity_id)
        .filter(identity::Column::UserId.eq(user_id))
        .one(change.reader())
        .await?;
    Ok(row.is_some())
}

/// Keeps a failed attempt in the audit log.
async fn failed(
    app: &App,
    account: Option<&Account>,
    address: IpAddr,
    judge: Judge,
    why: &Error,
) -> Result<()> {
    let actor = Actor::Anonymous;
    let change = Change::begin_redoable(app, &actor).await?;
    let account = account.map(|it| (it.id, it.username.as_str()));
    let (address, method) = (address.to_string(), judge.method());
    let told = match why {
        Error::Unproved(reason) => Activity::session_unproved(account, &address, method, reason),
        _ => Activity::session_failed_by(account, &address, method),
    };
    change.commit([told]).await
}

/// Ends a session: it counts no more at the next request, anywhere.
pub async fn end(app: &App, actor: &Actor, id: i64) -> Result<()> {
    let mut change = Change::begin(app, actor).await?;
    let permit = change
        .permit_loaded::<EndSessions>(owner(&change, id).await?)
        .await?;
    change
        .delete_where::<session::Entity, _>(&permit, session::Column::Id.eq(id))
        .await?;
    let owner = permit.into_inner();
    change
        .commit([Activity::sessions_destroyed(&owner, 1)])
        .await
}

/// Whose session it is.
async fn owner(change: &Change<'_>, id: i64) -> Result<user::Model> {
    session::Entity::find_by_id(id)
        .find_also_related(user::Entity)
        .one(change.reader())
        .await?
        .and_then(|(_, owner)| owner)
        .ok_or(Error::NotFound)
}

/// Signs an account out everywhere, or everywhere but in one session. Returns how many ended.
pub async fn end_all(app: &App, actor: &Actor, user_id: i64, except: Option<i64>) -> Result<u64> {
    let mut change = Change::begin(app, actor).await?;
    let permit = change.permit::<EndSessions>(user_id).await;
    let permit = permit.map_err(|error| unknown_like_foreign(actor, error))?;
    let mut all = Condition::all().add(session::Column::UserId.eq(user_id));
    if let Some(kept) = except {
        all = all.add(session::Column::Id.ne(kept));
    }
    let count = change
        .delete_where::<session::Entity, _>(&permit, all)
        .await?;
    if count == 0 {
        return Ok(0);
    }
    let owner = permit.into_inner();
    change
        .commit([Activity::sessions_destroyed(&owner, count)])
        .await?;
    Ok(count)
}

/// Removes sessions that are over: by age, by disuse, or because the password has changed. Returns how many.
pub async fn expire(app: &App) -> Result<u64> {
    let actor = Actor::Portus;
    let mut change = Change::begin(app, &actor).await?;
    let books = change.books()?;
    let now = change.now();
    let idle = Condition::all()
        .add(session::Column::Remember.eq(false))
        .add(session::Column::LastSeenAt.lte(now - idle_limit(app)));
    let over = Condition::any()
        .add(session::Column::ExpiresAt.lte(now))
        .add(idle);
    let gone = change.purge::<session::Entity, _>(&books, over).await?;
    change.commit_unrecorded("these were over already").await?;
    Ok(gone)
}
