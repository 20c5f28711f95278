//! The row of a synchronisation: how far it has come, how it ended, what it holds back.

use chrono::{NaiveDateTime, TimeDelta};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, Condition, EntityTrait, QueryFilter,
    sea_query::Expr,
};

use super::change::Change;
use crate::{
    activity::Activity,
    app::App,
    config::SyncStrategy,
    entities::{SyncState, sync_run},
    error::{Error, Result, wordings},
    identity::actor::Actor,
    policy::{Permit, guard::KeepBooks, registries::ManageRegistry},
};

/// For how long runs are kept: those that changed nothing, and all others.
const QUIET: TimeDelta = TimeDelta::days(1);
const KEPT: TimeDelta = TimeDelta::days(30);

/// What a synchronisation has counted so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub repositories: i64,
    pub tags: i64,
    pub added: i64,
    pub changed: i64,
    pub removed: i64,
    pub errors: i64,
}

/// How a synchronisation ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub state: SyncState,
    pub message: Option<String>,
    /// JSON, when it is held.
    pub plan: Option<String>,
}

/// Asks for a comparison of each registry, on whichever process runs the jobs. Who asks again while one waits gets that
/// one.
pub async fn request(
    app: &App,
    actor: &Actor,
    registry_ids: &[i64],
    strategy: Option<SyncStrategy>,
) -> Result<Vec<sync_run::Model>> {
    let strategy = strategy.unwrap_or(app.config.background.sync.strategy);
    let mut change = Change::begin(app, actor).await?;
    let mut runs = Vec::with_capacity(registry_ids.len());
    let mut activities = Vec::new();
    for id in registry_ids {
        let permit = change.permit::<ManageRegistry>(*id).await?;
        let waiting = sync_run::Entity::find()
            .filter(sync_run::Column::RegistryId.eq(*id))
            .filter(sync_run::Column::State.eq(SyncState::Waiting))
            .filter(sync_run::Column::Confirms.is_null())
            .one(change.reader())
            .await?;
        if let Some(run) = waiting {
            runs.push(run);
            continue;
        }
        let row = sync_run::ActiveModel {
            requested_by: Set(Some(actor.name().to_owned())),
            ..fresh(*id, strategy.as_str(), SyncState::Waiting, change.now())
        };
        runs.push(change.insert(&permit, row).await?);
        activities.push(Activity::sync_requested(permit.on(), strategy.as_str()));
    }
    change.commit(activities).await?;
    app.wake.requests.notify_one();
    Ok(runs)
}

/// Asks for the removals that a run held back, each of which the registry has to confirm once more.
pub async fn confirm(app: &App, actor: &Actor, id: i64) -> Result<sync_run::Model> {
    let mut change = Change::begin(app, actor).await?;
    let run = sync_run::Entity::find_by_id(id)
        .one(change.reader())
        .await?
        .ok_or(Error::NotFound)?;
    let permit = change.permit::<ManageRegistry>(run.registry_id).await?;
    if run.state != SyncState::Held {
        let message = run.message.map(|it| format!(" ({it})"));
        let state = format!("{}{}", run.state, message.unwrap_or_default());
        return Err(Error::Refused(
            wordings::NOTHING_HELD_BACK.with(&[&id, &state]),
        ));
    }
    let known = sync_run::Entity::find()
        .filter(sync_run::Column::Confirms.eq(id))
        .filter(sync_run::Column::State.is_in([SyncState::Waiting, SyncState::Running]))
        .one(change.reader())
        .await?;
    if let Some(known) = known {
        return Ok(known);
    }
    let row = sync_run::ActiveModel {
        requested_by: Set(Some(actor.name().to_owned())),
        confirms: Set(Some(id)),
        ..fresh(
            run.registry_id,
            &run.strategy,
            SyncState::Waiting,
            change.now(),
        )
    };
    let made = change.insert(&permit, row).await?;
    let activity = Activity::sync_confirmed(permit.on(), id);
    change.commit([activity]).await?;
    app.wake.requests.notify_one();
    Ok(made)
}

/// Begins a run that was waiting.
pub async fn begin(app: &App, run: &sync_run::Model) -> Result<sync_run::Model> {
    let actor = Actor::Portus;
    let mut change = Change::begin_redoable(app, &actor).await?;
    let books = change.books()?;
    abandon(&mut change, &books, run.registry_id).await?;
    let row = sync_run::ActiveModel {
        id: Set(run.id),
        state: Set(SyncState::Running),
        started_at: Set(change.now()),
        updated_at: Set(change.now()),
        ..Default::default()
    };
    let begun = change.update(&books, row).await?;
    change.commit_unrecorded("a run is its own record").await?;
    Ok(begun)
}

/// Opens the row. One that a process left open when it died is closed.
pub async fn start(app: &App, registry_id: i64, strategy: &str) -> Result<i64> {
    let actor = Actor::Portus;
    let mut change = Change::begin_redoable(app, &actor).await?;
    let books = change.books()?;
    abandon(&mut change, &books, registry_id).await?;
    let row = fresh(registry_id, strategy, SyncState::Running, change.now());
    let made = change.insert(&books, row).await?;
    change.commit_unrecorded("a run is its own record").await?;
    Ok(made.id)
}

async fn abandon(
    change: &mut Change<'_>,
    books: &Permit<KeepBooks>,
    registry_id: i64,
) -> Result<()> {
    let abandoned = sync_run::Entity::update_many()
        .col_expr(
            sync_run::Column::State,
            Expr::value(SyncState::Failed as i16),
        )
        .col_expr(
            sync_run::Column::Message,
            Expr::value("its process ended before it did"),
        )
        .col_expr(sync_run::Column::FinishedAt, Expr::value(change.now()))
        .filter(sync_run::Column::RegistryId.eq(registry_id))
        .filter(sync_run::Column::State.eq(SyncState::Running));
    change
        .execute::<sync_run::Entity, _, _>(books, sea_orm::QueryTrait::as_query(&abandoned))
        .await?;
    Ok(())
}

fn fresh(
    registry_id: i64,
    strategy: &str,
    state: SyncState,
    now: NaiveDateTime,
) -> sync_run::ActiveModel {
    sync_run::ActiveModel {
        id: NotSet,
        registry_id: Set(registry_id),
        strategy: Set(strategy.to_owned()),
        state: Set(state),
        repositories: Set(0),
        tags: Set(0),
        added: Set(0),
        changed: Set(0),
        removed: Set(0),
        errors: Set(0),
        message: Set(None),
        plan: Set(None),
        requested_by: Set(None),
        confirms: Set(None),
        started_at: Set(now),
        updated_at: Set(now),
        finished_at: Set(None),
    }
}

/// Writes how far a run has come; with an outcome it is closed, and older plans that waited are void.
pub async fn note(app: &App, id: i64, counts: Counts, outcome: Option<Outcome>) -> Result<()> {
    let actor = Actor::Portus;
    let mut change = Change::begin_redoable(app, &actor).await?;
    let books = change.books()?;
    let mut row = sync_run::ActiveModel {
        id: Set(id),
        repositories: Set(counts.repositories),
        tags: Set(counts.tags),
        added: Set(counts.added),
        changed: Set(counts.changed),
        removed: Set(counts.removed),
        errors: Set(counts.errors),
        updated_at: Set(change.now()),
        ..Default::default()
    };
    let void = outcome
        .as_ref()
        .is_some_and(|outcome| matches!(outcome.state, SyncState::Done | SyncState::Held));
    if let Some(outcome) = outcome {
        row.state = Set(outcome.state);
        row.message = Set(outcome.message);
        row.plan = Set(outcome.plan);
        row.finished_at = Set(Some(change.now()));
    }
    let row = change.update(&books, row).await?;
    if void {
        let older = sync_run::Entity::update_many()
            .col_expr(sync_run::Column::State, Expr::value(SyncState::Done as i16))
            .col_expr(
                sync_run::Column::Message,
                Expr::value("a later synchronisation has taken the place of this plan"),
            )
            .filter(sync_run::Column::RegistryId.eq(row.registry_id))
            .filter(sync_run::Column::State.eq(SyncState::Held))
            .filter(sync_run::Column::Id.lt(id));
        change
            .execute::<sync_run::Entity, _, _>(&books, sea_orm::QueryTrait::as_query(&older))
            .await?;
    }
    change.commit_unrecorded("a run is its own record").await
}

/// Removes the rows of old runs. Plans that wait stay. Returns how many went.
pub async fn purge(app: &App) -> Result<u64> {
    let actor = Actor::Portus;
    let mut change = Change::begin_redoable(app, &actor).await?;
    let books = change.books()?;
    let quiet = Condition::all()
        .add(sync_run::Column::State.eq(SyncState::Done))
        .add(sync_run::Column::FinishedAt.lt(change.now() - QUIET))
        .add(sync_run::Column::Added.eq(0))
        .add(sync_run::Column::Changed.eq(0))
        .add(sync_run::Column::Removed.eq(0))
        .add(sync_run::Column::Errors.eq(0));
    let old = Condition::all()
        .add(sync_run::Column::State.is_in([SyncState::Done, SyncState::Failed]))
        .add(sync_run::Column::FinishedAt.lt(change.now() - KEPT));
    let gone = change
        .delete_where::<sync_run::Entity, _>(&books, Condition::any().add(quiet).add(old))
        .await?;
    change
        .commit_unrecorded("these were forgotten already")
        .await?;
    Ok(gone)
}
