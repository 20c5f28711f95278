//! Signing in through an identity provider: what the browser carries there and back, and whose account it is. A mail
//! address alone opens nobody's account.

use std::net::IpAddr;

use chrono::TimeDelta;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};

use super::{
    actor::PORTUS,
    secret,
    seen::{self, Seen},
    throttle,
};
use crate::{
    app::App,
    entities::{identity, user},
    error::{Error, Result, wordings},
    keys::vault::Purpose,
    remote::oauth::{Known, OAuthError, Profile, Provider, Returned},
};

/// How long somebody may take at the provider, and afterwards with the form.
pub const PATIENCE: TimeDelta = TimeDelta::minutes(10);

/// Ways through a provider that one address may begin and not end well within [`throttle::HELD`], and answers it may
/// bring that let nobody in: as many as it may send wrong passwords. Many people may have one address.
const MOST: i64 = throttle::SPRAYED;

const DEPARTURES: &str = "to a provider";
const ARRIVALS: &str = "from a provider";

/// Longest address to go back to; the whole has to fit into a cookie.
const LONGEST_RETURN: usize = 1024;

/// What the browser carries, sealed.
#[derive(Serialize, Deserialize)]
struct Flow {
    provider: String,
    state: String,
    nonce: String,
    verifier: String,
    redirect: String,
    return_to: Option<String>,
    /// Unix seconds.
    expires: i64,
}

/// Somebody on their way to a provider.
pub struct Departure {
    /// Where to send the browser.
    pub url: String,
    /// For its cookie.
    pub sealed: String,
}

/// What the provider made the browser say.
#[derive(Clone, Copy)]
pub struct Answer<'a> {
    pub code: &'a str,
    pub state: &'a str,
    /// Empty if it went well.
    pub error: &'a str,
}

/// Why a way through a provider ends at the login page.
pub struct Stopped {
    /// For whoever tried.
    pub text: String,
    /// For the audit log.
    pub reason: String,
    /// Whether it is worth an entry there: what anybody can send without a provider is not.
    pub recorded: bool,
}

/// Somebody whom a provider knows.
pub struct Arrival {
    pub known: Known,
    pub return_to: Option<String>,
}

impl Stopped {
    fn because(provider: Provider<'_>, reason: &str) -> Self {
        Self {
            text: wordings::NOT_AUTHENTICATED.with(&[&provider.kind(), &reason]),
            reason: reason.to_owned(),
            recorded: true,
        }
    }

    fn of(provider: Provider<'_>, error: &OAuthError) -> Self {
        let key = provider.key();
        match error {
            OAuthError::Refused(text) => {
                tracing::info!(
                    provider = key,
                    "{key} knows somebody who may not enter: {text}"
                );
                Self {
                    text: text.clone(),
                    reason: text.clone(),
                    recorded: true,
                }
            }
            other => {
                let (reason, detail) = other.parts();
                tracing::warn!(
                    provider = key,
                    reason,
                    "nobody enters through {key}: {detail}"
                );
                Self::because(provider, reason)
            }
        }
    }
}

/// Begins a way through a provider. `redirect` is where it sends the browser back to.
pub async fn depart(
    app: &App,
    provider: Provider<'_>,
    redirect: &str,
    return_to: Option<String>,
    address: IpAddr,
) -> Result<Result<Departure, Stopped>> {
    let source = throttle::source(address);
    throttle::pace(app, DEPARTURES, &source, MOST).await?;
    let begun = match provider.begin(redirect).await {
        Ok(begun) => begun,
        Err(error) => {
            return Ok(Err(Stopped {
                recorded: false,
                ..Stopped::of(provider, &error)
            }));
        }
    };
    let flow = Flow {
        provider: provider.key().to_owned(),
        state: begun.state,
        nonce: begun.nonce,
        verifier: begun.verifier,
        redirect: redirect.to_owned(),
        return_to: return_to.filter(|it| it.len() <= LONGEST_RETURN),
        expires: (app.clock.now() + PATIENCE).and_utc().timestamp(),
    };
    let text = serde_json::to_string(&flow).map_err(|error| Error::Internal(error.into()))?;
    let sealed = app.vault.seal(Purpose::SignIn, &text);
    Ok(Ok(Departure {
        url: begun.url,
        sealed: sealed.map_err(|error| Error::Internal(error.into()))?,
    }))
}

/// Ends a way through a provider, once and in the browser that began it.
pub async fn arrive(
    app: &App,
    provider: Provider<'_>,
    sealed: Option<&str>,
    answer: Answer<'_>,
    address: IpAddr,
) -> Result<Result<Arrival, Stopped>> {
    let source = throttle::source(address);
    throttle::pace(app, ARRIVALS, &source, MOST).await?;
    let now = app.clock.now();
    let stop = |reason: &str| {
        tracing::info!(
            provider = provider.key(),
            reason,
            "an answer of {} counts for nothing: {reason}",
            provider.key()
        );
        Ok(Err(Stopped {
            recorded: false,
            ..Stopped::because(provider, reason)
        }))
    };
    let flow: Option<Flow> = sealed
        .and_then(|sealed| app.vault.open(Purpose::SignIn, sealed).ok())
        .and_then(|text| serde_json::from_str(text.expose()).ok());
    let Some(flow) = flow.filter(|it| it.provider == provider.key()) else {
        return stop("it was not begun in this browser");
    };
    if flow.expires <= now.and_utc().timestamp() {
        return stop("it took too long");
    }
    if !secret::same(&flow.state, answer.state) {
        return stop("the answer belongs to another login");
    }
    if seen::mark(app, &flow.state, &source, now + PATIENCE).await? != Seen::Now {
        return stop("the answer has been used already");
    }
    if !answer.error.is_empty() || answer.code.is_empty() {
        return Ok(Err(Stopped::because(provider, &plain(answer.error))));
    }
    let returned = Returned {
        code: answer.code,
        nonce: &flow.nonce,
        verifier: &flow.verifier,
        redirect: &flow.redirect,
        now,
    };
    Ok(match provider.finish(&returned).await {
        Ok(known) => Ok(Arrival {
            known,
            return_to: flow.return_to,
        }),
        Err(error) => Err(Stopped::of(provider, &error)),
    })
}

/// Somebody has been let in: their way there and back does not count against where they came from.
pub async fn ended_well(app: &App, address: IpAddr) {
    let source = throttle::source(address);
    throttle::give_back(app, DEPARTURES, &source).await;
    throttle::give_back(app, ARRIVALS, &source).await;
}

/// An error code as RFC 6749 has them, and nothing that somebody made up for people to read.
fn plain(error: &str) -> String {
    let known = !error.is_empty()
        && error.len() <= 64
        && error
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if known {
        error.to_owned()
    } else {
        "the provider's answer cannot be read".to_owned()
    }
}

/// Whose account a profile opens.
pub enum Recognised {
    /// Linked with it.
    Linked(user::Model, identity::Model),
    /// Made by the same provider and brought along from Portus, and so its.
    Imported(user::Model),
    /// Has the same verified address, or is an admin's that was brought along; whoever knows its password may link it.
    Claimable(user::Model),
    /// The address is somebody's, and nothing shows that it is the same person.
    Taken,
    Stranger,
}

/// Finds the account of a profile: by subject, and by address only where more speaks for it.
pub async fn recognise(
    connection: &impl sea_orm::ConnectionTrait,
    profile: &Profile,
) -> Result<Recognised> {
    let linked = identity::Entity::find()
        .filter(identity::Column::Issuer.eq(&profile.issuer))
        .filter(identity::Column::Subject.eq(&profile.subject))
        .find_also_related(user::Entity)
        .one(connection)
        .await?;
    if let Some((identity, Some(user))) = linked {
        return Ok(Recognised::Linked(user, identity));
    }
    let imported = user::Entity::find()
        .filter(user::Column::Provider.eq(&profile.provider))
        .filter(user::Column::Uid.eq(&profile.subject))
        .one(connection)
        .await?;
    if let Some(user) = imported.filter(is_person) {
        // The column names the subject of whatever issuer there was; one that is linked has moved on.
        if !is_linked(connection, user.id).await? {
            // Too much to be had for what an import says.
            return Ok(if user.admin {
                Recognised::Claimable(user)
            } else {
                Recognised::Imported(user)
            });
        }
    }
    let Some(email) = &profile.email else {
        return Ok(Recognised::Stranger);
    };
    let same_address = user::Entity::find()
        .filter(user::Column::Email.eq(email))
        .one(connection)
        .await?;
    let Some(user) = same_address else {
        return Ok(Recognised::Stranger);
    };
    if !profile.email_verified || !is_person(&user) {
        return Ok(Recognised::Taken);
    }
    let same_provider = user.provider.as_deref() == Some(profile.provider.as_str())
        && user.uid.as_deref().is_none_or(str::is_empty);
    if same_provider && !user.admin && !is_linked(connection, user.id).await? {
        return Ok(Recognised::Imported(user));
    }
    Ok(Recognised::Claimable(user))
}

fn is_person(user: &user::Model) -> bool {
    !user.bot && user.username != PORTUS
}

async fn is_linked(connection: &impl sea_orm::ConnectionTrait, user_id: i64) -> Result<bool> {
    let found = identity::Entity::find()
        .filter(identity::Column::UserId.eq(user_id))
        .one(connection)
        .await?;
    Ok(found.is_some())
}

/// A user name to begin with: the provider's own, or what stands ahead of the `@`.
pub fn suggested_name(profile: &Profile) -> String {
    let local = |text: &str| text.split('@').next().unwrap_or_default().to_owned();
    let name = profile.username.as_deref().or(profile.email.as_deref());
    name.map(local).unwrap_or_default()
}
