//! Notifications that were given up.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};

use super::{
    filter::{Filter, filters},
    list::{Listing, in_order},
    registries,
};
use crate::{
    app::App,
    database::Database,
    entities::{EventState, registry, registry_event},
    error::Result,
};

/// Rows read at once.
const PAGE: u64 = 500;

/// The next dead events behind this id, the oldest first.
pub async fn after(database: &Database, id: i64) -> Result<Vec<registry_event::Model>> {
    Ok(dead()
        .filter(registry_event::Column::Id.gt(id))
        .order_by_asc(registry_event::Column::Id)
        .limit(PAGE)
        .all(database.reader())
        .await?)
}

fn dead() -> Select<registry_event::Entity> {
    registry_event::Entity::find().filter(registry_event::Column::State.eq(EventState::Dead))
}

/// An event with the registry that sent it.
pub struct Row {
    pub event: registry_event::Model,
    pub registry: registry::Model,
}

impl Row {
    /// The host that the registry's client named, as the notification has it.
    pub fn host(&self) -> Option<String> {
        let event: serde_json::Value = serde_json::from_str(&self.event.data).ok()?;
        Some(event.get("request")?.get("host")?.as_str()?.to_owned())
    }
}

/// All dead events, for admins.
#[derive(Clone, Copy, Debug)]
pub struct DeadEvents;

impl Listing for DeadEvents {
    type Entity = registry_event::Entity;
    type Row = Row;

    fn select(&self) -> Select<registry_event::Entity> {
        dead()
    }

    fn id() -> registry_event::Column {
        registry_event::Column::Id
    }

    fn sort_column(name: &str) -> Option<registry_event::Column> {
        use registry_event::Column as C;
        Some(match name {
            "action" => C::Action,
            "repository" => C::Repository,
            "attempts" => C::Attempts,
            "received_at" => C::CreatedAt,
            "updated_at" => C::UpdatedAt,
            _ => return None,
        })
    }

    fn filters() -> &'static [Filter] {
        use registry_event::Column as C;
        filters! {
            "registry" text(|it| registries::of_named(C::RegistryId, &it)) "Sent by the registry of this name or hostname.";
            "registry_id" id(C::RegistryId) "Sent by this registry.";
            "event_id" is(C::EventId) "The one that the registry calls so.";
            "action" is(C::Action) "Of this kind, such as `push`.";
            "repository" is(C::Repository) "About exactly this repository.";
            "repository_contains" contains(C::Repository) "With this in the repository's name, sign by sign.";
            "received_after" after(C::CreatedAt) "Received after this moment, ISO 8601.";
            "received_before" before(C::CreatedAt) "Received before this moment.";
            "updated_after" after(C::UpdatedAt) "Tried last after this moment.";
            "updated_before" before(C::UpdatedAt) "Tried last before this moment.";
        }
    }

    async fn load(&self, app: &App, ids: &[i64]) -> Result<Vec<Row>> {
        let events = registry_event::Entity::find()
            .filter(registry_event::Column::Id.is_in(ids.iter().copied()))
            .all(app.database.reader())
            .await?;
        let registries = registries::all(app).await?;
        let rows = events.into_iter().filter_map(|event| {
            let registry = registries.iter().find(|it| it.id == event.registry_id)?;
            Some((
                event.id,
                Row {
                    registry: registry.clone(),
                    event,
                },
            ))
        });
        Ok(in_order(ids, rows))
    }
}
