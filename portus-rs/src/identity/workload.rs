//! Jobs that prove by a token of their own what they are: a bot trusts an issuer, an audience and patterns over claims,
//! and is opened by such a token as far as the trust goes. Nothing secret is stored here.
//!
//! A token is good as long as its issuer says, and once it has been shown only from the address it was shown from first:
//! clients show it again with every request, so it cannot be good for one alone.

use std::{collections::BTreeMap, net::IpAddr, sync::Arc};

use chrono::{DateTime, NaiveDateTime, TimeDelta};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryTrait as _, sea_query::Expr,
};

use super::{
    actor::{Account, Actor},
    credentials::{self, Identified, Method},
    seen::{self, Seen},
    throttle,
};
use crate::{
    actions::change::Change,
    activity::Activity,
    app::App,
    entities::bot_trust,
    error::Result,
    policy::Reach,
    protocol::{
        claims::Patterns,
        id_token::{Claims, SKEW, Token},
    },
    queries::facts::Facts,
};

/// Longest life of a job's token, in seconds.
const LONGEST_LIFE: i64 = 24 * 60 * 60;
/// What is kept of a subject, in characters.
const SUBJECT: usize = 255;

/// A trust with its patterns read.
#[derive(Debug)]
pub struct Trust {
    pub id: i64,
    name: String,
    issuer: String,
    audience: String,
    /// `None` where the row holds patterns that cannot be read.
    patterns: Option<Patterns>,
    reaches: Vec<Reach>,
}

impl From<&bot_trust::Model> for Trust {
    fn from(row: &bot_trust::Model) -> Self {
        let written: Option<BTreeMap<String, String>> = serde_json::from_str(&row.claims).ok();
        Self {
            id: row.id,
            name: row.name.clone(),
            issuer: row.issuer.clone(),
            audience: row.audience.clone(),
            patterns: written.and_then(|it| Patterns::read(&it).ok()),
            reaches: reaches(row),
        }
    }
}

/// One for each namespace; a row that cannot be read reaches nothing.
fn reaches(row: &bot_trust::Model) -> Vec<Reach> {
    let reach = |namespace| Reach {
        scope: row.scope,
        namespace,
        // Nothing may be made with it that outlasts the job.
        ends: true,
    };
    match &row.namespaces {
        None => vec![reach(None)],
        Some(ids) => {
            let ids: Vec<i64> = serde_json::from_str(ids).unwrap_or_default();
            ids.into_iter().map(|id| reach(Some(id))).collect()
        }
    }
}

/// The bot that a job's token opens; `None` with the reason in the log where it opens nothing.
pub async fn check(
    app: &App,
    facts: &Facts,
    account: &Arc<Account>,
    text: &str,
    address: IpAddr,
) -> Result<Option<Identified>> {
    let refuse = |reason: &str| {
        tracing::info!(
            user.name = account.username,
            client.address = %address,
            "the token of a job for the bot {} from {address} is refused: {reason}",
            account.username
        );
        Ok(None)
    };
    if !app.config.workload_identity.enabled {
        return refuse("workload_identity.enabled is off");
    }
    let trusts = facts.trusts(account.id).await?;
    let token = match Token::read(text) {
        Ok(token) => token,
        Err(fault) => return refuse(&fault.to_string()),
    };
    let named: Vec<&Trust> = trusts
        .iter()
        .filter(|it| {
            it.issuer.trim_end_matches('/') == token.claimed_issuer().trim_end_matches('/')
        })
        .filter(|it| token.claimed_audience().contains(&it.audience))
        .collect();
    let Some(first) = named.first() else {
        return refuse("the bot trusts nobody of this issuer and audience");
    };
    let now = app.clock.now();
    let read = app
        .workloads
        .read(&first.issuer, text, &first.audience, None, now)
        .await;
    let claims = match read {
        Ok(claims) => claims,
        Err(error) => return refuse(error.parts().1),
    };
    if claims
        .issued
        .is_none_or(|it| claims.expires.saturating_sub(it) > LONGEST_LIFE)
    {
        return refuse("it lives longer than a day, or does not say since when");
    }
    let fitting: Vec<&Trust> = named.into_iter().filter(|it| it.fits(&claims)).collect();
    if fitting.is_empty() {
        return refuse("its claims fit no pattern of the bot's trusts");
    }
    credentials::usable(app, account)?;
    if !is_at_home(app, account, &claims, text, address, &fitting).await? {
        return refuse("it was first shown from another address");
    }
    let mut reaches = fitting.iter().flat_map(|it| it.reaches.iter().copied());
    let Some(reach) = reaches.next() else {
        return refuse("its trust reaches no namespace");
    };
    Ok(Some(Identified {
        account: Arc::clone(account),
        method: Method::Job,
        reach,
        further: reaches.collect(),
        application_token: None,
    }))
}

impl Trust {
    fn fits(&self, claims: &Claims) -> bool {
        let misfit = match &self.patterns {
            Some(patterns) => patterns.misfit(&claims.all),
            None => Some("the patterns cannot be read"),
        };
        if let Some(claim) = misfit {
            tracing::debug!(trust = self.name, claim, "the claim {claim} does not fit");
        }
        misfit.is_none()
    }
}

/// Whether the token comes from where it came from first. The first time is kept in the audit log.
async fn is_at_home(
    app: &App,
    account: &Account,
    claims: &Claims,
    text: &str,
    address: IpAddr,
    fitting: &[&Trust],
) -> Result<bool> {
    let identity = match &claims.id {
        Some(id) => format!("{}\n{id}", claims.issuer),
        None => text.to_owned(),
    };
    let source = throttle::source(address);
    let end = DateTime::from_timestamp(claims.expires.saturating_add(SKEW), 0)
        .map_or(app.clock.now() + TimeDelta::days(1), |it| it.naive_utc());
    match seen::mark(app, &identity, &source, end).await? {
        Seen::Now => note(app, account, claims, address, fitting)
            .await
            .map(|()| true),
        Seen::Before(home) if home == source || !app.config.workload_identity.bind_address => {
            Ok(true)
        }
        Seen::Before(_) => {
            // Once for each place, however often it is tried.
            let here = format!("{identity}\nfrom {source}");
            if seen::mark(app, &here, &source, end).await? == Seen::Now {
                copied(app, account, claims, address).await?;
            }
            Ok(false)
        }
    }
}

/// Keeps that a token was shown from elsewhere.
async fn copied(app: &App, account: &Account, claims: &Claims, address: IpAddr) -> Result<()> {
    let actor = Actor::Portus;
    let change = Change::begin_redoable(app, &actor).await?;
    let (subject, address) = (subject(claims), address.to_string());
    let bot = (account.id, account.username.as_str());
    let told = Activity::job_copied(bot, &claims.issuer, &subject, &address);
    change.commit([told]).await
}

fn subject(claims: &Claims) -> String {
    claims.subject.chars().take(SUBJECT).collect()
}

/// Keeps that a job came.
async fn note(
    app: &App,
    account: &Account,
    claims: &Claims,
    address: IpAddr,
    fitting: &[&Trust],
) -> Result<()> {
    let actor = Actor::Portus;
    let change = Change::begin_redoable(app, &actor).await?;
    let books = change.books()?;
    let now: NaiveDateTime = change.now();
    let subject = subject(claims);
    let address = address.to_string();
    let used = bot_trust::Entity::update_many()
        .col_expr(bot_trust::Column::LastUsedAt, Expr::value(now))
        .col_expr(bot_trust::Column::LastUsedIp, Expr::value(address.as_str()))
        .col_expr(
            bot_trust::Column::LastSubject,
            Expr::value(subject.as_str()),
        )
        .filter(bot_trust::Column::Id.is_in(fitting.iter().map(|it| it.id)));
    change.note_use(&books, used.as_query()).await?;
    let names: Vec<&str> = fitting.iter().map(|it| it.name.as_str()).collect();
    let bot = (account.id, account.username.as_str());
    let told = Activity::job_came(bot, &claims.issuer, &subject, &names, &address)
        .by(Some(account.id), account.username.as_str());
    change.commit([told]).await
}
