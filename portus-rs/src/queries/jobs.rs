//! What the background does: when each job ran, how that ended, and when it is due again.

use sea_orm::{EntityTrait, QueryOrder};

use crate::{app::App, entities::lease, error::Result};

/// Every job that one process at a time does, by name; those that have never run are not there.
pub async fn all(app: &App) -> Result<Vec<lease::Model>> {
    Ok(lease::Entity::find()
        .order_by_asc(lease::Column::Name)
        .all(app.database.reader())
        .await?)
}
