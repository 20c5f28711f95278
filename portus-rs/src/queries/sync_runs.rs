//! Comparisons with catalogs, asked for and done: how far they came and what they hold back.

use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder as _, Select};

use super::{
    filter::{Filter, filters},
    list::{Listing, in_order},
    registries,
};
use crate::{
    app::App,
    entities::{SyncState, registry, sync_run},
    error::{Error, Result},
};

/// A run with its registry.
pub struct Row {
    pub run: sync_run::Model,
    pub registry: registry::Model,
}

/// All runs, for admins.
#[derive(Clone, Copy, Debug)]
pub struct SyncRuns;

impl Listing for SyncRuns {
    type Entity = sync_run::Entity;
    type Row = Row;

    fn select(&self) -> Select<sync_run::Entity> {
        sync_run::Entity::find()
    }

    fn id() -> sync_run::Column {
        sync_run::Column::Id
    }

    fn sort_column(name: &str) -> Option<sync_run::Column> {
        use sync_run::Column as C;
        Some(match name {
            "state" => C::State,
            "strategy" => C::Strategy,
            "started_at" => C::StartedAt,
            "updated_at" => C::UpdatedAt,
            "finished_at" => C::FinishedAt,
            _ => return None,
        })
    }

    fn filters() -> &'static [Filter] {
        use sync_run::Column as C;
        filters! {
            "registry" text(|it| registries::of_named(C::RegistryId, &it)) "Of the registry of this name or hostname.";
            "registry_id" id(C::RegistryId) "Of this registry.";
            "state" word(SyncState::WORDS, |it| it.parse::<SyncState>().map_or_else(
                |()| Condition::all(),
                |it| Condition::all().add(C::State.eq(it)),
            )) "Which have come so far.";
            "strategy" is(C::Strategy) "By this strategy.";
            "requested_by" is(C::RequestedBy) "Wanted by the account of this name.";
            "started_after" after(C::StartedAt) "Begun, or wanted, after this moment, ISO 8601.";
            "started_before" before(C::StartedAt) "Begun, or wanted, before this moment.";
            "updated_after" after(C::UpdatedAt) "Changed after this moment.";
            "updated_before" before(C::UpdatedAt) "Changed before this moment.";
            "finished_after" after(C::FinishedAt) "Ended after this moment.";
            "finished_before" before(C::FinishedAt) "Ended before this moment.";
        }
    }

    async fn load(&self, app: &App, ids: &[i64]) -> Result<Vec<Row>> {
        let runs = sync_run::Entity::find()
            .filter(sync_run::Column::Id.is_in(ids.iter().copied()))
            .all(app.database.reader())
            .await?;
        let rows = dressed(app, runs).await?;
        Ok(in_order(ids, rows.into_iter().map(|row| (row.run.id, row))))
    }
}

/// These runs with their registries.
pub async fn dressed(app: &App, runs: Vec<sync_run::Model>) -> Result<Vec<Row>> {
    let registries = registries::all(app).await?;
    let rows = runs.into_iter().filter_map(|run| {
        let registry = registries.iter().find(|it| it.id == run.registry_id)?;
        Some(Row {
            registry: registry.clone(),
            run,
        })
    });
    Ok(rows.collect())
}

pub async fn show(app: &App, id: i64) -> Result<Row> {
    let found = sync_run::Entity::find_by_id(id)
        .one(app.database.reader())
        .await?;
    let rows = dressed(app, found.into_iter().collect()).await?;
    rows.into_iter().next().ok_or(Error::NotFound)
}

/// The run that began last, of those that have begun.
pub async fn last(app: &App) -> Result<Option<sync_run::Model>> {
    Ok(sync_run::Entity::find()
        .filter(sync_run::Column::State.ne(SyncState::Waiting))
        .order_by_desc(sync_run::Column::Id)
        .one(app.database.reader())
        .await?)
}
