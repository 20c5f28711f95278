//! Which deliveries tell of nothing, and were asked for to try a webhook.

use sea_orm_migration::prelude::*;

use crate::columns::{Columns, add_column};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let c = Columns::of(manager);
        add_column(manager, "webhook_deliveries", c.flag("test")).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::alter()
            .table("webhook_deliveries")
            .drop_column("test")
            .to_owned();
        manager.alter_table(table).await
    }
}
