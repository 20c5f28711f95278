//! What the background does: when each job ran, how that ended, and when it is due again.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect as _};

use crate::{app::App, entities::lease, error::Result};

/// Names of the jobs that one process at a time does; their leases go by them.
pub const SYNC: &str = "Registry synchronization";
pub const DETAILS: &str = "Manifest details";
pub const MAIL: &str = "Outgoing mail";
pub const HOUSEKEEPING: &str = "Housekeeping";
/// Who of the directory's people is still there.
pub const PEOPLE: &str = "LDAP accounts";
/// Who of them is in which group.
pub const GROUPS: &str = "LDAP groups";
/// Who of the identity providers' people is still theirs.
pub const PROVIDERS: &str = "Identity providers";

/// Every job that one process at a time does, by name; those that have never run are not there.
pub async fn all(app: &App) -> Result<Vec<lease::Model>> {
    Ok(lease::Entity::find()
        .order_by_asc(lease::Column::Name)
        .all(app.database.reader())
        .await?)
}

/// Jobs whose time has come while no process does them, be it by the schedule or because somebody wants them.
pub async fn due(app: &App) -> Result<Vec<String>> {
    Ok(lease::Entity::find()
        .select_only()
        .column(lease::Column::Name)
        .filter(lease::Column::NextRunAt.lte(app.clock.now()))
        .filter(lease::Column::Holder.is_null())
        .into_tuple()
        .all(app.database.reader())
        .await?)
}

/// Why a job failed the last time it ran, if it did.
pub async fn last_error(app: &App, name: &str) -> Result<Option<String>> {
    let found = lease::Entity::find()
        .filter(lease::Column::Name.eq(name))
        .one(app.database.reader())
        .await?;
    Ok(found.and_then(|it| it.last_error))
}
