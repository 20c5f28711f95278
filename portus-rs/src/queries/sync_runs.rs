//! Comparisons with catalogs, asked for and done: how far they came and what they hold back.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder as _, Select};

use super::{
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

/// Runs, of all registries or one, in every state or one.
#[derive(Clone, Copy, Debug, Default)]
pub struct SyncRuns {
    pub registry_id: Option<i64>,
    pub state: Option<SyncState>,
}

impl Listing for SyncRuns {
    type Entity = sync_run::Entity;
    type Row = Row;

    fn select(&self) -> Select<sync_run::Entity> {
        let mut select = sync_run::Entity::find();
        if let Some(id) = self.registry_id {
            select = select.filter(sync_run::Column::RegistryId.eq(id));
        }
        if let Some(state) = self.state {
            select = select.filter(sync_run::Column::State.eq(state));
        }
        select
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
