//! Checks what a client presents, in a fixed order: application token, then the local password or the directory's. An
//! account has one of the two, and the other is never tried.

mod imported;

use std::{net::IpAddr, sync::Arc};

use chrono::TimeDelta;
use sea_orm::ActiveValue::Set;

use super::{
    actor::{Account, Actor},
    ldap, names,
    password::Checked,
    secret::{self, Kind},
    throttle, workload,
};
use crate::{
    actions::change::Change,
    activity::Door,
    app::App,
    entities::user,
    error::{Error, Result},
    policy::{Reach, Who},
    protocol::id_token,
    queries::facts::Facts,
};

use imported::{Compared, compare_imported, imported_token, level};

/// How long an imported lock lasts.
const LOCK: TimeDelta = TimeDelta::minutes(10);
/// A refresh token that nobody used for so long is dead.
pub const REFRESH_UNUSED: TimeDelta = TimeDelta::days(90);

const DISABLED: &str = "Sorry, this account has been disabled.";
/// Docker has no place for a code.
const NEEDS_TOKEN: &str =
    "This account has a second factor: use an application token in place of the password.";
const LOCKED: &str = "Your account is locked.";
const ONLY_LDAP: &str = "This user can only login through an LDAP server.";
const GONE: &str = "This user is not in the LDAP directory any more.";
const DISOWNED: &str =
    "The identity provider does not vouch for this user any more. Please log in through it again.";

/// What proved the identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    ApplicationToken {
        id: i64,
    },
    RefreshToken {
        id: i64,
    },
    Password,
    /// An identity provider says so.
    Provider,
    /// A job's own token, signed by whom the bot trusts.
    Job,
}

/// An account that has proved itself and may be used.
#[derive(Clone, Debug)]
pub struct Identified {
    pub account: Arc<Account>,
    pub method: Method,
    /// What the credential carries of the account's rights.
    pub reach: Reach,
    /// What it carries besides, where that is several things.
    pub further: Vec<Reach>,
    /// The application token that was shown, or for which the refresh token was given out.
    pub application_token: Option<i64>,
}

impl Identified {
    /// The account as its credential lets it act.
    pub fn actor(&self) -> Actor {
        Actor::through(Arc::clone(&self.account), self.reach)
    }

    /// As what else it may ask, where the credential carries several things.
    pub fn further(&self) -> impl Iterator<Item = Who> {
        let (id, admin) = (self.account.id, self.account.admin);
        self.further
            .iter()
            .map(move |reach| Who::with(id, admin, *reach))
    }
}

/// A name and a secret that somebody shows, and where they come from.
#[derive(Clone, Copy)]
pub struct Attempt<'a> {
    pub username: &'a str,
    /// A password or an application token.
    pub secret: &'a str,
    pub address: IpAddr,
}

/// Checks a name with a password or an application token, as docker sends them.
///
/// Wrong names and wrong secrets are told apart neither by text nor by time, and counted: see [`throttle`]. The audit log
/// tells them together.
pub async fn check(app: &App, facts: &Facts, attempt: Attempt<'_>) -> Result<Identified> {
    let found = match check_first(app, facts, attempt).await {
        Ok(found) if found.method == Method::Password && found.account.second_factor => {
            Err(Error::NotSignedIn(NEEDS_TOKEN.to_owned()))
        }
        done => done,
    };
    note_failure(app, facts, Door::Docker, attempt, &found).await?;
    found
}

async fn note_failure(
    app: &App,
    facts: &Facts,
    door: Door,
    attempt: Attempt<'_>,
    found: &Result<Identified>,
) -> Result<()> {
    // Of what nobody could judge this says nothing.
    if matches!(found, Err(Error::NotSignedIn(_))) {
        let login = facts.login(&names::canonical(attempt.username)).await?;
        let account = login.as_ref().map(|it| &it.account);
        let account = account.map(|it| (it.id, it.username.as_str()));
        let source = throttle::source(attempt.address);
        app.usage.note_failure(door, account, &source);
    }
    Ok(())
}

/// The same where a second factor is asked for afterwards.
pub async fn check_first(app: &App, facts: &Facts, attempt: Attempt<'_>) -> Result<Identified> {
    let name = names::canonical(attempt.username);
    let source = throttle::source(attempt.address);
    let given = attempt.secret;
    if let Some(shown) = job(app, facts, &name, attempt).await? {
        return match shown {
            Some(found) => Ok(found),
            None => Err(miss(app, facts, &source, &name, given).await?),
        };
    }
    match application_token(app, facts, &name, given).await? {
        Shown::Good(found) => return Ok(found),
        Shown::Wrong => return Err(miss(app, facts, &source, &name, given).await?),
        Shown::Something => {}
    }
    let failed_before = throttle::check(app, &source, &name).await?;
    let Some(found) = password(app, facts, &source, &name, attempt).await? else {
        return Err(miss(app, facts, &source, &name, given).await?);
    };
    if failed_before {
        throttle::succeeded(app, &source, &name).await?;
    }
    Ok(found)
}

/// Checks `USERNAME:TOKEN` of the API, where only application tokens count.
pub async fn check_token(app: &App, facts: &Facts, attempt: Attempt<'_>) -> Result<Identified> {
    let found = find_token(app, facts, attempt).await;
    note_failure(app, facts, Door::Api, attempt, &found).await?;
    found
}

async fn find_token(app: &App, facts: &Facts, attempt: Attempt<'_>) -> Result<Identified> {
    let name = names::canonical(attempt.username);
    let source = throttle::source(attempt.address);
    let given = attempt.secret;
    if let Some(Some(found)) = job(app, facts, &name, attempt).await? {
        return Ok(found);
    }
    if let Shown::Good(found) = application_token(app, facts, &name, given).await? {
        return Ok(found);
    }
    // An imported token looks like any text, and comparing it is slow.
    if !secret::is_wellformed(Kind::Application, given) && facts.most_imported().await? > 0 {
        throttle::check(app, &source, &name).await?;
        let shown = throttle::Shown::new(app, &source, &name, given);
        let login = facts.login(&name).await?;
        if let Some(found) = imported_token(app, facts, login.as_ref(), shown).await? {
            return Ok(found);
        }
    }
    Err(miss(app, facts, &source, &name, given).await?)
}

/// The bot that a job's token opens, or nobody; `None` where none was shown for a bot.
async fn job(
    app: &App,
    facts: &Facts,
    name: &str,
    attempt: Attempt<'_>,
) -> Result<Option<Option<Identified>>> {
    if !id_token::looks_like_one(attempt.secret) {
        return Ok(None);
    }
    let Some(login) = facts.login(name).await?.filter(|it| it.account.bot) else {
        return Ok(None);
    };
    let (account, address) = (&login.account, attempt.address);
    let found = workload::check(app, facts, account, attempt.secret, address).await?;
    Ok(Some(found))
}

/// Counts a wrong secret.
pub(super) async fn miss(
    app: &App,
    facts: &Facts,
    source: &str,
    name: &str,
    given: &str,
) -> Result<Error> {
    let login = facts.login(name).await?;
    let account = login.map(|login| login.account.id);
    throttle::failed(app, source, name, given, account).await
}

/// The account of this name if this is its password, or a token brought along from Portus. What the directory calls wrong
/// is an error, and is counted already.
async fn password(
    app: &App,
    facts: &Facts,
    source: &str,
    name: &str,
    attempt: Attempt<'_>,
) -> Result<Option<Identified>> {
    let given = attempt.secret;
    let shown = throttle::Shown::new(app, source, name, given);
    let login = facts.login(name).await?;
    if ldap::is_asked(app, login.as_ref()) {
        let recalled = match &login {
            Some(login) => app.passwords.recalls(&login.account, given)?,
            None => false,
        };
        // A token is none of the directory's business.
        let compared = if recalled {
            Compared::Wrong(0)
        } else {
            compare_imported(app, facts, login.as_ref(), shown).await?
        };
        let compared = match compared {
            Compared::Good(found) => return Ok(Some(*found)),
            Compared::Wrong(compared) => compared,
        };
        return match ldap::check(app, login.as_ref(), source, name, attempt).await? {
            ldap::Answer::Right(account) => Ok(Some(Identified {
                account,
                method: Method::Password,
                reach: Reach::FULL,
                further: Vec::new(),
                application_token: None,
            })),
            ldap::Answer::Unseen(told) => Err(told),
            // Counted, whether there is room to make up for hashes or not.
            ldap::Answer::Wrong(told) => match level(app, facts, compared, shown).await {
                Ok(()) | Err(Error::NotSignedIn(_)) => Err(told),
                Err(error) => Err(error),
            },
        };
    }
    let Some(login) = login else {
        app.passwords.check_nobody(shown).await?;
        return imported_token(app, facts, None, shown).await;
    };
    if login.account.is_of_directory() {
        // Only the directory could tell; its own sentence says so.
        usable(app, &login.account)?;
    }
    if login.account.bot || login.password_hash.is_empty() {
        app.passwords.check_nobody(shown).await?;
        return imported_token(app, facts, Some(&login), shown).await;
    }
    match app
        .passwords
        .check(&login.account, &login.password_hash, shown)
        .await?
    {
        Checked::Wrong => imported_token(app, facts, Some(&login), shown).await,
        checked => {
            usable(app, &login.account)?;
            if checked == Checked::RightButOld {
                renew_hash(app, login.account.id, given).await?;
            }
            Ok(Some(Identified {
                account: login.account,
                method: Method::Password,
                reach: Reach::FULL,
                further: Vec::new(),
                application_token: None,
            }))
        }
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
    let now = app.clock.now();
    let stale = found.last_used_at + REFRESH_UNUSED < now
        || found
            .application_token
            .as_ref()
            .is_some_and(|token| token.has_ended(now));
    if found.service != service || stale {
        return Err(refused());
    }
    usable(app, &found.account)?;
    Ok(Identified {
        account: found.account,
        method: Method::RefreshToken { id: found.id },
        reach: found
            .application_token
            .as_ref()
            .map_or(Reach::FULL, |token| token.reach),
        further: Vec::new(),
        application_token: found.application_token.map(|token| token.id),
    })
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
    if account.is_of_directory() && app.directory.is_none() {
        return Err(Error::NotSignedIn(ONLY_LDAP.to_owned()));
    }
    if account.is_gone() {
        return Err(Error::NotSignedIn(GONE.to_owned()));
    }
    if account.disowned {
        return Err(Error::NotSignedIn(DISOWNED.to_owned()));
    }
    Ok(())
}

/// What was shown in the place of an application token.
enum Shown {
    Good(Identified),
    /// It looks like one, and is none, or another's, or its time is over.
    Wrong,
    /// Anything, a password perhaps.
    Something,
}

async fn application_token(app: &App, facts: &Facts, name: &str, given: &str) -> Result<Shown> {
    if !secret::is_wellformed(Kind::Application, given) {
        return Ok(Shown::Something);
    }
    let found = facts.token(&secret::fingerprint(given)).await?;
    let Some(found) = found.filter(|it| names::canonical(&it.account.username) == name) else {
        return Ok(Shown::Wrong);
    };
    if found.account.is_portus() || found.has_ended(app.clock.now()) {
        return Ok(Shown::Wrong);
    }
    usable(app, &found.account)?;
    Ok(Shown::Good(Identified {
        account: found.account,
        method: Method::ApplicationToken { id: found.id },
        reach: found.reach,
        further: Vec::new(),
        application_token: Some(found.id),
    }))
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
