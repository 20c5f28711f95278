//! Where an account is logged in with docker, of which a bounded number exist.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::{
    app::App,
    entities::refresh_token,
    error::Result,
    identity::credentials::REFRESH_UNUSED,
    policy::{self, Standing, Who},
};

/// The docker logins of an account that still count, the latest first, for itself and for admins.
pub async fn of(app: &App, who: Who, user_id: i64) -> Result<Vec<refresh_token::Model>> {
    policy::sessions::manage(Standing { who, role: None }, user_id).granted()?;
    let alive = app.clock.now() - REFRESH_UNUSED;
    Ok(refresh_token::Entity::find()
        .filter(refresh_token::Column::UserId.eq(user_id))
        .filter(refresh_token::Column::LastUsedAt.gte(alive))
        .order_by_desc(refresh_token::Column::LastUsedAt)
        .order_by_desc(refresh_token::Column::Id)
        .all(app.database.reader())
        .await?)
}
