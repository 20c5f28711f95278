//! Recognises a browser that has signed in. The cookie holds a secret of which the database has the SHA-256; the token
//! against forged requests follows from the secret, so that nothing else need be kept.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use chrono::{DateTime, NaiveDateTime, TimeDelta};

use super::{
    actor::Account,
    credentials,
    secret::{self, Kind},
};
use crate::{
    app::App,
    error::Result,
    policy,
    queries::facts::{Facts, SessionFacts},
};

/// A browser whose session counts.
#[derive(Clone, Debug)]
pub struct Session {
    pub id: i64,
    pub account: Arc<Account>,
    pub expires_at: NaiveDateTime,
    csrf: String,
    /// The secret's SHA-256.
    print: String,
}

impl Session {
    /// What writes have to bring along, which another site cannot know.
    pub fn csrf_token(&self) -> &str {
        &self.csrf
    }

    /// Whether this is the session's own token.
    pub fn knows(&self, csrf_token: &str) -> bool {
        secret::same(&self.csrf, csrf_token)
    }
}

/// When a session was last seen, shared by all who remember the row.
#[derive(Clone, Debug)]
pub struct LastSeen(Arc<AtomicI64>);

impl LastSeen {
    pub fn new(at: NaiveDateTime) -> Self {
        Self(Arc::new(AtomicI64::new(at.and_utc().timestamp_micros())))
    }

    fn at(&self) -> NaiveDateTime {
        DateTime::from_timestamp_micros(self.0.load(Ordering::Relaxed))
            .unwrap_or_default()
            .naive_utc()
    }

    fn is_now(&self, now: NaiveDateTime) {
        self.0
            .fetch_max(now.and_utc().timestamp_micros(), Ordering::Relaxed);
    }
}

/// The session of this secret, if it is one that still counts; using it keeps it alive.
pub async fn resume(app: &App, facts: &Facts, presented: &str) -> Result<Option<Session>> {
    if !secret::is_wellformed(Kind::Session, presented) {
        return Ok(None);
    }
    let print = secret::fingerprint(presented);
    let Some(found) = facts.session(&print).await? else {
        return Ok(None);
    };
    let now = app.clock.now();
    if !counts(app, &found, now) {
        return Ok(None);
    }
    found.last_seen.is_now(now);
    app.usage.note_session(found.id, now);
    Ok(Some(Session {
        id: found.id,
        account: found.account,
        expires_at: found.expires_at,
        csrf: csrf_token(presented),
        print,
    }))
}

/// Whether a session that counted still does. To look is not to use it.
pub async fn is_alive(app: &App, facts: &Facts, session: &Session) -> Result<bool> {
    let found = facts.session(&session.print).await?;
    Ok(found.is_some_and(|found| counts(app, &found, app.clock.now())))
}

fn counts(app: &App, found: &SessionFacts, now: NaiveDateTime) -> bool {
    let idle = found.last_seen.at() + idle_limit(app) <= now;
    let account = &found.account;
    let person = policy::sessions::Person {
        username: &account.username,
        bot: account.bot,
    };
    found.expires_at > now
        && (!idle || found.remember)
        && found.credentials_version == account.credentials_version
        && policy::sessions::sign_in(person).granted
        && credentials::usable(app, account).is_ok()
}

/// How long a session lives without being used.
pub fn idle_limit(app: &App) -> TimeDelta {
    limit(app.config.session.timeout)
}

/// How long a session lives however much it is used.
pub fn lifetime(app: &App, remember: bool) -> TimeDelta {
    let session = &app.config.session;
    limit(if remember {
        session.remember
    } else {
        session.lifetime
    })
}

fn limit(duration: std::time::Duration) -> TimeDelta {
    // Settings end at 2^31 minutes, some 4000 years.
    TimeDelta::from_std(duration).unwrap_or_default()
}

/// One way: who sees the token cannot make the cookie of it.
pub fn csrf_token(session_secret: &str) -> String {
    secret::fingerprint(&format!("against forged requests: {session_secret}"))
}
