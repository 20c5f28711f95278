//! What the audit log is searched by: the names of things that have no column of their own, and indexes that find entries
//! in the order of their dates.

use sea_orm_migration::prelude::*;

use crate::columns::{Columns, drop_index, index};

#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLE: &str = "activities";

/// What stood before, and where each is the beginning of another one now.
const REPLACED: [&[&str]; 5] = [
    &["created_at", "id"],
    &["key", "id"],
    &["namespace_id"],
    &["actor_id"],
    &["team_id"],
];

const INDEXES: [&[&str]; 10] = [
    // Words of keys and names of registries are looked for along the dates, and from the index alone.
    &["created_at", "id", "key", "registry_id"],
    &["key", "created_at", "id"],
    &["actor_name", "created_at", "id", "key"],
    &["actor_id", "created_at", "id"],
    &["namespace_id", "created_at", "id"],
    &["team_id", "created_at", "id"],
    &["namespace_name", "repository_name", "created_at", "id"],
    &["repository_name", "created_at", "id"],
    &["trackable_name", "created_at", "id"],
    &["recipient_name", "created_at", "id"],
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let c = Columns::of(manager);
        for name in ["trackable_name", "recipient_name"] {
            if !manager.has_column(TABLE, name).await? {
                let mut change = Table::alter();
                change.table(TABLE).add_column(c.name(name));
                manager.alter_table(change).await?;
            }
        }
        for columns in INDEXES {
            index(manager, TABLE, columns).await?;
        }
        index(manager, TABLE, &["recipient_type", "recipient_id"]).await?;
        for columns in REPLACED {
            drop_index(manager, TABLE, columns).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for columns in REPLACED {
            index(manager, TABLE, columns).await?;
        }
        drop_index(manager, TABLE, &["recipient_type", "recipient_id"]).await?;
        for columns in INDEXES {
            drop_index(manager, TABLE, columns).await?;
        }
        for name in ["trackable_name", "recipient_name"] {
            if manager.has_column(TABLE, name).await? {
                let mut change = Table::alter();
                change.table(TABLE).drop_column(name);
                manager.alter_table(change).await?;
            }
        }
        Ok(())
    }
}
