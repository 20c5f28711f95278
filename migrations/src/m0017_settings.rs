//! Facts that all replicas must agree on, such as the fingerprint of the signing key.

use sea_orm_migration::prelude::*;

use crate::columns::{Columns, unique};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let c = Columns::of(manager);
        let table = c
            .table("settings")
            .col(c.id())
            .col(c.name("name").not_null())
            .col(c.text("value").not_null())
            .col(c.time("updated_at").not_null())
            .to_owned();
        manager.create_table(table).await?;
        unique(manager, "settings", &["name"]).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("settings").if_exists().to_owned())
            .await
    }
}
