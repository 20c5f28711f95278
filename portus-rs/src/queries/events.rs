//! How the inbox stands: what waits, what was given up, whom nobody knows.

use std::sync::Arc;

use chrono::NaiveDateTime;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::{
    app::App,
    entities::{EventState, registry, registry_event},
    error::Result,
    intake::{Counts, Stranger},
};

/// How the inbox stands.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Events that wait to be applied.
    pub waiting: u64,
    /// When the oldest of them came.
    pub oldest: Option<NaiveDateTime>,
    /// Events that were given up.
    pub dead: u64,
    /// Of this process alone.
    pub counts: Counts,
}

pub async fn standing(app: &App) -> Result<Standing> {
    let reader = app.database.reader();
    let of = |state| registry_event::Entity::find().filter(registry_event::Column::State.eq(state));
    let oldest = of(EventState::Fresh)
        .order_by_asc(registry_event::Column::Id)
        .one(reader)
        .await?;
    Ok(Standing {
        waiting: of(EventState::Fresh).count(reader).await?,
        oldest: oldest.map(|row| row.created_at),
        dead: of(EventState::Dead).count(reader).await?,
        counts: app.inbox.counts(),
    })
}

/// Events that were given up, the latest first, `limit` from `offset` on.
pub async fn dead(app: &App, offset: u64, limit: u64) -> Result<Vec<registry_event::Model>> {
    Ok(registry_event::Entity::find()
        .filter(registry_event::Column::State.eq(EventState::Dead))
        .order_by_desc(registry_event::Column::Id)
        .offset(offset)
        .limit(limit.min(1000))
        .all(app.database.reader())
        .await?)
}

/// When a registry last told something that was applied, and under which host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastEvent {
    pub registry_id: i64,
    pub at: Option<NaiveDateTime>,
    pub host: Option<String>,
    /// Whether events without the registry's secret are refused.
    pub enforced: bool,
}

pub async fn last_per_registry(app: &App) -> Result<Vec<LastEvent>> {
    let rows = registry::Entity::find()
        .order_by_asc(registry::Column::Id)
        .all(app.database.reader())
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| LastEvent {
            registry_id: row.id,
            at: row.last_event_at,
            host: row.last_event_host,
            enforced: row.events_enforced,
        })
        .collect())
}

/// A host that sends events and is no registry of ours, and the registry that may be meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownHost {
    pub stranger: Stranger,
    /// Name of the registry that this may be.
    pub perhaps: Option<String>,
}

/// Hosts that this process has turned away, the latest first.
pub async fn unknown_hosts(app: &App) -> Result<Vec<UnknownHost>> {
    let registries = app.present.facts().await?.all_registries().await?;
    let strangers = app.inbox.strangers().into_iter();
    Ok(strangers
        .map(|stranger| UnknownHost {
            perhaps: nearest(&registries, &stranger.host),
            stranger,
        })
        .collect())
}

/// The only registry; else the one whose name shares a label with the host, such as `registry` and
/// `registry.example.com`.
fn nearest(registries: &[Arc<registry::Model>], host: &str) -> Option<String> {
    if let [only] = registries {
        return Some(only.name.clone());
    }
    let first = |text: &str| {
        let label = text.split(['.', ':']).next().unwrap_or_default();
        label.to_ascii_lowercase()
    };
    let mut alike = registries.iter().filter(|registry| {
        let external = registry.external_hostname.as_deref();
        [Some(registry.hostname.as_str()), external]
            .into_iter()
            .flatten()
            .any(|known| first(known) == first(host))
    });
    alike.next().map(|registry| registry.name.clone())
}
