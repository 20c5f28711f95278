//! The application tokens of an account, of which at most a handful exist.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::{
    app::App,
    entities::application_token,
    error::{Error, Result},
    policy::{self, Who},
};

/// The tokens of an account, for itself and for admins.
///
/// Whoever may not look learns nothing about which accounts there are.
pub async fn of(app: &App, who: Who, user_id: i64) -> Result<Vec<application_token::Model>> {
    let standing = policy::Standing { who, role: None };
    let verdict = policy::users::manage_tokens(standing, user_id);
    if !verdict.granted {
        return Err(Error::forbidden(verdict.rule));
    }
    super::users::by_id(app, user_id).await?;
    Ok(application_token::Entity::find()
        .filter(application_token::Column::UserId.eq(user_id))
        .order_by_asc(application_token::Column::Id)
        .all(app.database.reader())
        .await?)
}
