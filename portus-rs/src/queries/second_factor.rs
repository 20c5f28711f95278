//! How an account's second factor stands, for its owner.

use chrono::NaiveDateTime;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};

use crate::{
    app::App,
    entities::{recovery_code, second_factor},
    error::Result,
};

/// A second factor that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecondFactor {
    pub since: NaiveDateTime,
    /// Recovery codes that are left.
    pub codes: u64,
}

/// The second factor of an account, if it has one.
pub async fn of(app: &App, user_id: i64) -> Result<Option<SecondFactor>> {
    let reader = app.database.reader();
    let stored = second_factor::Entity::find()
        .filter(second_factor::Column::UserId.eq(user_id))
        .one(reader)
        .await?;
    let Some(since) = stored.and_then(|row| row.confirmed_at) else {
        return Ok(None);
    };
    let codes = codes_left(app, user_id).await?;
    Ok(Some(SecondFactor { since, codes }))
}

/// How many recovery codes an account has left.
pub async fn codes_left(app: &App, user_id: i64) -> Result<u64> {
    Ok(recovery_code::Entity::find()
        .filter(recovery_code::Column::UserId.eq(user_id))
        .count(app.database.reader())
        .await?)
}
