//! The sessions of an account, of which a bounded number exist.

use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder};

use crate::{
    app::App,
    entities::{session, user},
    error::{Error, Result},
    identity::session::idle_limit,
    policy::{self, Who},
};

/// The sessions of an account that still count, the latest first, for itself and for admins.
///
/// Whoever may not look learns nothing about which accounts there are.
pub async fn of(app: &App, who: Who, user_id: i64) -> Result<Vec<session::Model>> {
    let standing = policy::Standing { who, role: None };
    let verdict = policy::sessions::manage(standing, user_id);
    if !verdict.granted {
        return Err(Error::forbidden(verdict.rule));
    }
    let owner = super::users::by_id(app, user_id).await?;
    alive(app, &owner).await
}

async fn alive(app: &App, owner: &user::Model) -> Result<Vec<session::Model>> {
    let now = app.clock.now();
    let used = Condition::any()
        .add(session::Column::Remember.eq(true))
        .add(session::Column::LastSeenAt.gt(now - idle_limit(app)));
    Ok(session::Entity::find()
        .filter(session::Column::UserId.eq(owner.id))
        .filter(session::Column::CredentialsVersion.eq(owner.credentials_version))
        .filter(session::Column::ExpiresAt.gt(now))
        .filter(used)
        .order_by_desc(session::Column::Id)
        .all(app.database.reader())
        .await?)
}
