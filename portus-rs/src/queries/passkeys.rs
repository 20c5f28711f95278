//! The passkeys of an account, for its owner.

use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};

use crate::{app::App, entities::passkey, error::Result};

/// All of an account, the oldest first; there are few.
pub async fn all(app: &App, user_id: i64) -> Result<Vec<passkey::Model>> {
    Ok(passkey::Entity::find()
        .filter(passkey::Column::UserId.eq(user_id))
        .order_by_asc(passkey::Column::Id)
        .all(app.database.reader())
        .await?)
}

/// How many an account has.
pub async fn count(app: &App, user_id: i64) -> Result<u64> {
    Ok(passkey::Entity::find()
        .filter(passkey::Column::UserId.eq(user_id))
        .count(app.database.reader())
        .await?)
}
