//! How outgoing mail fares, for admins.

use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};

use crate::{app::App, entities::outgoing_mail, error::Result};

/// Letters that did not go out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// Still being tried.
    pub waiting: u64,
    /// Not tried any more.
    pub given_up: u64,
    /// What was said of the latest one.
    pub last_error: String,
}

/// What is wrong with mail, if letters have failed lately.
pub async fn trouble(app: &App) -> Result<Option<Trouble>> {
    use outgoing_mail::{Column, Entity};
    let reader = app.database.reader();
    let failed = || Entity::find().filter(Column::LastError.is_not_null());
    let latest = failed().order_by_desc(Column::Id).one(reader).await?;
    let Some(last_error) = latest.and_then(|mail| mail.last_error) else {
        return Ok(None);
    };
    let given_up = failed()
        .filter(Column::GivenUpAt.is_not_null())
        .count(reader)
        .await?;
    Ok(Some(Trouble {
        waiting: failed().count(reader).await? - given_up,
        given_up,
        last_error,
    }))
}
