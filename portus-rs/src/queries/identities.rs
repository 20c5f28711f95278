//! Accounts at identity providers that open an account here.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::{
    app::App,
    entities::identity,
    error::Result,
    policy::{self, Standing, Who},
    queries,
};

/// Those of an account, the oldest link first, for its owner and for admins.
pub async fn of(app: &App, who: Who, user_id: i64) -> Result<Vec<identity::Model>> {
    let standing = Standing { who, role: None };
    // Whoever may not look learns nothing about which accounts there are.
    policy::sessions::manage(standing, user_id).granted()?;
    let owner = queries::users::by_id(app, user_id).await?;
    Ok(identity::Entity::find()
        .filter(identity::Column::UserId.eq(owner.id))
        .order_by_asc(identity::Column::Id)
        .all(app.database.reader())
        .await?)
}
