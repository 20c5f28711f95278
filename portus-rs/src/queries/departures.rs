//! People who seem to have left the LDAP directory and stay until somebody has looked.

use chrono::NaiveDateTime;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};

use crate::{database::Database, entities::setting, error::Result};

/// The name of the row that holds them.
pub const NAME: &str = "ldap_departures";

/// People who stay although the directory does not have them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Departures {
    pub since: NaiveDateTime,
    /// How many the last look missed.
    pub gone: usize,
    /// Of how many.
    pub known: usize,
    /// Who has said that they are gone; it counts as long as no more are.
    pub confirmed_by: Option<String>,
}

impl Departures {
    /// What is the matter, and what to do.
    pub fn sentence(&self) -> String {
        format!(
            "the directory does not have {} of its {} accounts any more. That is more than half, so all of them stay in use \
             until somebody has looked: if the settings are wrong, mend ldap.base, ldap.filter or ldap.uid; if those people \
             are gone, confirm it on the health page or with `portus-rs ldap:confirm`",
            self.gone, self.known
        )
    }
}

/// What is held back, if anything.
pub async fn held(database: &Database) -> Result<Option<Departures>> {
    let row = find(database.reader()).await?;
    let held = row.as_ref().and_then(read);
    Ok(held.filter(|it| it.confirmed_by.is_none()))
}

/// The row, if there is one.
pub async fn find(connection: &impl sea_orm::ConnectionTrait) -> Result<Option<setting::Model>> {
    Ok(setting::Entity::find()
        .filter(setting::Column::Name.eq(NAME))
        .one(connection)
        .await?)
}

/// What the row says.
pub fn read(row: &setting::Model) -> Option<Departures> {
    serde_json::from_str(&row.value).ok()
}
