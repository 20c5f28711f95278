//! Finding what a person names: an account, a registry.

use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::{
    database::Database,
    entities::{registry, user},
    error::Result,
    identity::{actor::PORTUS, names},
};

/// The account of this name, however it is written.
pub async fn user(database: &Database, name: &str) -> Result<Option<user::Model>> {
    Ok(user::Entity::find()
        .filter(user::Column::CanonicalName.eq(names::canonical(name)))
        .one(database.reader())
        .await?)
}

/// Every user name but the hidden account's, in order.
pub async fn usernames(database: &Database) -> Result<Vec<String>> {
    Ok(user::Entity::find()
        .select_only()
        .column(user::Column::Username)
        .filter(user::Column::Username.ne(PORTUS))
        .order_by_asc(user::Column::Username)
        .into_tuple()
        .all(database.reader())
        .await?)
}

/// Every registry, the oldest first.
pub async fn registries(database: &Database) -> Result<Vec<registry::Model>> {
    Ok(registry::Entity::find()
        .order_by_asc(registry::Column::Id)
        .all(database.reader())
        .await?)
}

/// The registry that has this host name, or else this external one.
pub async fn registry(database: &Database, hostname: &str) -> Result<Option<registry::Model>> {
    let rows = registry::Entity::find()
        .filter(
            Condition::any()
                .add(registry::Column::Hostname.eq(hostname))
                .add(registry::Column::ExternalHostname.eq(hostname)),
        )
        .order_by_asc(registry::Column::Id)
        .all(database.reader())
        .await?;
    let exact = rows.iter().position(|row| row.hostname == hostname);
    Ok(rows.into_iter().nth(exact.unwrap_or(0)))
}
