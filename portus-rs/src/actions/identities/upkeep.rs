//! Asking providers whether people are still theirs, and what follows where they are not: as with the LDAP directory, an
//! account that came from there is out of use; of one that was only linked the sessions end that began there.
//!
//! Tokens that are renewed when they are used are the difficulty. Before one is shown its row counts that, and what comes
//! back is kept before anything else is asked. So a token whose answer was lost (a crash, a reply that never came) is
//! known as one that may be used up: that the provider refuses it then says nothing about the person, who logs in again.
//! Each change raises the row's version, and nothing is written over a row that a login has renewed in the meantime.

use std::time::Duration;

use chrono::{NaiveDateTime, TimeDelta};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, ExprTrait as _, QueryFilter,
    QuerySelect as _, QueryTrait as _, sea_query::Expr,
};

use super::grants::seal;
use crate::{
    actions::change::Change,
    activity::Activity,
    app::App,
    entities::{identity, provider_grant, session, user},
    error::Result,
    identity::actor::Actor,
    keys::vault::Purpose,
    policy::{Permit, guard::KeepBooks},
    queries::{
        self,
        identities::{is_owner, lively, of_owners},
    },
    remote::oauth::{Grant, Profile, Provider, Redeemed, Setback, Whom},
};

use provider_grant::Column;

/// Nothing is removed before a login has had the time to begin its session.
const FRESH: TimeDelta = TimeDelta::hours(1);
/// The provider that gives what lets it be asked again once only, at the first consent.
const ONCE: &str = "google_oauth2";

const WITHDRAWN: &str = "the provider does not honour what it gave at the login any more";
const OVER: &str = "the login at the provider is over";

/// How long a session lasts at most whose provider cannot be asked again.
pub(super) fn unasked(app: &App) -> Option<Duration> {
    app.config.oauth.unasked
}

/// Somebody about whom the provider is being asked.
pub struct Asked {
    row: provider_grant::Model,
    pub identity: identity::Model,
}

/// What came of asking about somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// They are still there, or a login has just said so.
    There,
    /// They are not, or it cannot be known any more; what follows has followed.
    Ended,
    /// The provider could not be asked. Whoever it is goes on.
    Trouble(String),
}

/// The next people to ask about, from this id on; what is asked is counted before.
pub async fn claim(
    app: &App,
    providers: &[&'static str],
    after: i64,
    asked_before: NaiveDateTime,
    most: u64,
) -> Result<Vec<Asked>> {
    let found =
        queries::identities::grants_to_ask(app, providers, after, asked_before, most).await?;
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<i64> = found.iter().map(|(grant, _)| grant.id).collect();
    let actor = Actor::Portus;
    let mut change = Change::begin(app, &actor).await?;
    let books = change.books()?;
    let shown = provider_grant::Entity::update_many()
        .col_expr(Column::Tries, Expr::col(Column::Tries).add(1))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .filter(Column::Id.is_in(ids.iter().copied()));
    change
        .execute::<provider_grant::Entity, _, _>(&books, shown.as_query())
        .await?;
    // What a login, or another process that believes to have the lease, has made of them is what counts.
    let rows = provider_grant::Entity::find()
        .filter(Column::Id.is_in(ids))
        .all(change.reader())
        .await?;
    change
        .commit_unrecorded("asking is no news, the answer may be")
        .await?;
    let mut rows: std::collections::HashMap<i64, provider_grant::Model> =
        rows.into_iter().map(|row| (row.id, row)).collect();
    Ok(found
        .into_iter()
        .filter_map(|(grant, identity)| {
            let row = rows.remove(&grant.id)?;
            Some(Asked { row, identity })
        })
        .collect())
}

impl Asked {
    pub fn id(&self) -> i64 {
        self.row.id
    }

    fn grant(&self, app: &App) -> Option<Grant> {
        let opened = app.vault.open(Purpose::Grant, &self.row.sealed).ok()?;
        serde_json::from_str(opened.expose()).ok()
    }

    fn unchanged(&self) -> Condition {
        Condition::all()
            .add(Column::Id.eq(self.row.id))
            .add(Column::Version.eq(self.row.version))
    }
}

/// Asks the provider about somebody, and does what follows.
pub async fn ask(app: &App, provider: Provider<'_>, mut asked: Asked) -> Result<Answer> {
    let Some(grant) = asked.grant(app) else {
        tracing::warn!(
            provider = provider.key(),
            "what lets {} be asked again is stored under another key, so a login is asked for",
            provider.key()
        );
        return end(app, &asked, OVER, Consequence::Over).await;
    };
    let redeemed = match provider.redeem(&grant).await {
        Ok(redeemed) => redeemed,
        Err(setback) => return set_back(app, &asked, &grant, setback).await,
    };
    if grant.renews() && !keep(app, &mut asked, &redeemed).await? {
        return Ok(Answer::There);
    }
    let whom = Whom {
        issuer: &asked.identity.issuer,
        subject: &asked.identity.subject,
    };
    match provider.look(&redeemed, whom, app.clock.now()).await {
        Ok(profile) => settle(app, provider, &asked, &profile).await,
        Err(setback) => set_back(app, &asked, &grant, setback).await,
    }
}

async fn set_back(app: &App, asked: &Asked, grant: &Grant, setback: Setback) -> Result<Answer> {
    match setback {
        Setback::Barred(reason) => end(app, asked, &reason, Consequence::Barred).await,
        // An answer was lost before: it may have been ours that used it up.
        Setback::Withdrawn if grant.renews() && asked.row.tries > 1 => {
            end(app, asked, OVER, Consequence::Over).await
        }
        Setback::Withdrawn if !grant.is_lasting() => end(app, asked, OVER, Consequence::Over).await,
        Setback::Withdrawn => end(app, asked, WITHDRAWN, Consequence::Gone).await,
        Setback::Trouble { detail, unspent } => {
            if unspent {
                release(app, asked).await?;
            }
            Ok(Answer::Trouble(detail))
        }
    }
}

/// Takes back that it was shown: nothing has come of that.
async fn release(app: &App, asked: &Asked) -> Result<()> {
    let back = provider_grant::Entity::update_many()
        .col_expr(Column::Tries, Expr::col(Column::Tries).sub(1))
        .filter(asked.unchanged())
        .filter(Column::Tries.gt(0));
    let actor = Actor::Portus;
    let change = Change::begin_redoable(app, &actor).await?;
    let books = change.books()?;
    change.note_use(&books, back.as_query()).await?;
    change.commit_unrecorded("nothing came of it").await
}

/// The same for all of whom nobody was asked in the end.
pub async fn release_all(app: &App, asked: &[Asked]) -> Result<()> {
    if asked.is_empty() {
        return Ok(());
    }
    let back = provider_grant::Entity::update_many()
        .col_expr(Column::Tries, Expr::col(Column::Tries).sub(1))
        .filter(Column::Id.is_in(asked.iter().map(Asked::id)))
        .filter(Column::Tries.gt(0));
    let actor = Actor::Portus;
    let change = Change::begin_redoable(app, &actor).await?;
    let books = change.books()?;
    change.note_use(&books, back.as_query()).await?;
    change.commit_unrecorded("nobody was asked").await
}

/// Keeps what is to be shown the next time. Whether nobody else has renewed it meanwhile.
async fn keep(app: &App, asked: &mut Asked, redeemed: &Redeemed) -> Result<bool> {
    let mut kept = provider_grant::Entity::update_many()
        .col_expr(Column::Tries, Expr::value(0_i64))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .filter(asked.unchanged());
    if let Some(renewed) = &redeemed.renewed {
        kept = kept.col_expr(Column::Sealed, Expr::value(seal(app, renewed)?));
    }
    let actor = Actor::Portus;
    let mut change = Change::begin(app, &actor).await?;
    let books = change.books()?;
    let done = change
        .execute::<provider_grant::Entity, _, _>(&books, kept.as_query())
        .await?;
    change
        .commit_unrecorded("what lets the provider be asked again is nobody's news")
        .await?;
    asked.row.version += 1;
    asked.row.tries = 0;
    Ok(done == 1)
}

/// Somebody is still there: what their groups give is compared, and an account that was out of use is in use again.
async fn settle(
    app: &App,
    provider: Provider<'_>,
    asked: &Asked,
    profile: &Profile,
) -> Result<Answer> {
    let actor = Actor::Portus;
    let mut change = Change::begin(app, &actor).await?;
    let books = change.books()?;
    if !change.vouch(&books, asked).await? {
        return Ok(Answer::There);
    }
    let found = user::Entity::find_by_id(asked.identity.user_id)
        .one(change.reader())
        .await?;
    let Some(mut user) = found else {
        return Ok(Answer::There);
    };
    let mut told = Vec::new();
    if let Some(back) = change.vouched_for(&books, &user, &asked.identity).await? {
        told.push(Activity::provider_returned(&back, &profile.provider));
        user = back;
    }
    let groups = change
        .settle_groups(&books, provider, &user, profile)
        .await?;
    told.extend(groups);
    change.commit(told).await?;
    Ok(Answer::There)
}

/// What the end of a grant brings about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Consequence {
    /// The person is known and kept out; they may come back by themselves.
    Barred,
    /// The person is no longer known, or has taken back that they are.
    Gone,
    /// It cannot be known any more: they log in again, and nothing else ends.
    Over,
}

async fn end(app: &App, asked: &Asked, reason: &str, consequence: Consequence) -> Result<Answer> {
    let actor = Actor::Portus;
    let mut change = Change::begin(app, &actor).await?;
    let books = change.books()?;
    let current = if consequence == Consequence::Barred {
        change.vouch(&books, asked).await?
    } else {
        let gone = change
            .delete_where::<provider_grant::Entity, _>(&books, asked.unchanged())
            .await?;
        gone == 1
    };
    let found = user::Entity::find_by_id(asked.identity.user_id)
        .one(change.reader())
        .await?;
    // A login has renewed it: whatever was said is of yesterday.
    let Some(user) = found.filter(|_| current) else {
        return Ok(Answer::There);
    };
    let told = change
        .end_logins_of(&books, asked, &user, reason, consequence)
        .await?;
    change.commit(told).await?;
    Ok(Answer::Ended)
}

impl Change<'_> {
    /// Writes down that the provider has been asked. Whether nobody else has renewed the grant meanwhile.
    async fn vouch(&mut self, books: &Permit<KeepBooks>, asked: &Asked) -> Result<bool> {
        let statement = provider_grant::Entity::update_many()
            .col_expr(Column::Tries, Expr::value(0_i64))
            .col_expr(Column::CheckedAt, Expr::value(self.now()))
            .col_expr(Column::Version, Expr::col(Column::Version).add(1))
            .filter(asked.unchanged());
        let done = self
            .execute::<provider_grant::Entity, _, _>(books, statement.as_query())
            .await?;
        Ok(done == 1)
    }

    async fn end_logins_of(
        &mut self,
        books: &Permit<KeepBooks>,
        asked: &Asked,
        user: &user::Model,
        reason: &str,
        consequence: Consequence,
    ) -> Result<Option<Activity>> {
        let provider = asked.identity.provider.as_str();
        let decides = consequence != Consequence::Over && is_owner(&asked.identity, user);
        if decides {
            if user.provider_gone_at.is_some() {
                return Ok(None);
            }
            let row = user::ActiveModel {
                id: Set(user.id),
                provider_gone_at: Set(Some(self.now())),
                ..Default::default()
            };
            let updated = self.update(books, row).await?;
            self.end_everything(books, user.id).await?;
            tracing::info!(
                user.name = %user.username,
                provider,
                "{provider} does not vouch for {} any more, and the account is out of use: {reason}",
                user.username
            );
            return Ok(Some(Activity::provider_gone(&updated, provider, reason)));
        }
        let began_there = session::Column::IdentityId.eq(asked.identity.id);
        let count = self
            .delete_where::<session::Entity, _>(books, began_there)
            .await?;
        tracing::info!(
            user.name = %user.username,
            provider,
            count,
            "{provider} does not vouch for {} any more, and sessions from there end: {reason}",
            user.username
        );
        Ok((count > 0).then(|| Activity::sessions_ended_by(user, count, provider, reason)))
    }
}

/// Removes what lets providers be asked again where nothing here lives from it or will, or nobody is asked. Returns how
/// many.
pub async fn expire(app: &App) -> Result<u64> {
    let actor = Actor::Portus;
    let mut change = Change::begin_redoable(app, &actor).await?;
    let books = change.books()?;
    let dead = if app.config.oauth.recheck.is_some() {
        // Google's goes with the identity: it gives no other.
        let once = identity::Entity::find()
            .select_only()
            .column(identity::Column::Id)
            .filter(identity::Column::Provider.eq(ONCE))
            .into_query();
        Condition::all()
            .add(Column::CheckedAt.lt(change.now() - FRESH))
            .add(lively(app, change.now()).not())
            .add(Column::IdentityId.not_in_subquery(once))
            .add(Column::IdentityId.not_in_subquery(of_owners()))
    } else {
        Condition::all()
    };
    let gone = change
        .purge::<provider_grant::Entity, _>(&books, dead)
        .await?;
    change.commit_unrecorded("nothing lived from these").await?;
    Ok(gone)
}
