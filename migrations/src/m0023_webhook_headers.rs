//! Headers that a webhook sends along.

use sea_orm_migration::prelude::*;

use crate::columns::{Columns, foreign_key, unique};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let c = Columns::of(manager);
        let table = c
            .table("webhook_headers")
            .col(c.id())
            .col(c.reference("webhook_id").not_null())
            .col(c.name("name").not_null())
            .col(c.text("value_sealed").not_null())
            .col(c.time("created_at").not_null())
            .col(c.time("updated_at").not_null())
            .foreign_key(&mut foreign_key(
                ("webhook_headers", "webhook_id"),
                "webhooks",
                ForeignKeyAction::Cascade,
            ))
            .to_owned();
        manager.create_table(table).await?;
        unique(manager, "webhook_headers", &["webhook_id", "name"]).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(
                Table::drop()
                    .table("webhook_headers")
                    .if_exists()
                    .to_owned(),
            )
            .await
    }
}
