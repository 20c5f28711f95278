//! Notifications that were given up.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::{
    database::Database,
    entities::{EventState, registry_event},
    error::Result,
};

/// Rows read at once.
const PAGE: u64 = 500;

/// The next dead events behind this id, the oldest first.
pub async fn after(database: &Database, id: i64) -> Result<Vec<registry_event::Model>> {
    Ok(registry_event::Entity::find()
        .filter(registry_event::Column::State.eq(EventState::Dead))
        .filter(registry_event::Column::Id.gt(id))
        .order_by_asc(registry_event::Column::Id)
        .limit(PAGE)
        .all(database.reader())
        .await?)
}
