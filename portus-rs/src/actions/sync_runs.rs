//! The row of a synchronisation: how far it has come, how it ended, what it holds back.

use chrono::TimeDelta;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, Condition, EntityTrait, QueryFilter,
    sea_query::Expr,
};

use super::change::Change;
use crate::{
    app::App,
    entities::{SyncState, sync_run},
    error::Result,
    identity::actor::Actor,
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

/// Opens the row. One that a process left open when it died is closed.
pub async fn start(app: &App, registry_id: i64, strategy: &str) -> Result<i64> {
    let actor = Actor::Portus;
    let mut change = Change::begin_redoable(app, &actor).await?;
    let books = change.books()?;
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
        .execute::<sync_run::Entity, _, _>(&books, sea_orm::QueryTrait::as_query(&abandoned))
        .await?;
    let row = sync_run::ActiveModel {
        id: NotSet,
        registry_id: Set(registry_id),
        strategy: Set(strategy.to_owned()),
        state: Set(SyncState::Running),
        repositories: Set(0),
        tags: Set(0),
        added: Set(0),
        changed: Set(0),
        removed: Set(0),
        errors: Set(0),
        message: Set(None),
        plan: Set(None),
        started_at: Set(change.now()),
        updated_at: Set(change.now()),
        finished_at: Set(None),
    };
    let made = change.insert(&books, row).await?;
    change.commit_unrecorded("a run is its own record").await?;
    Ok(made.id)
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
