//! What was sent, what came back, and what is still to be sent.

use sea_orm_migration::prelude::*;

use crate::columns::{Columns, foreign_key, index, unique};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let c = Columns::of(manager);
        let table = c
            .table("webhook_deliveries")
            .col(c.id())
            .col(c.reference("webhook_id").not_null())
            .col(c.name("uuid").not_null())
            .col(c.reference("retrigger_of"))
            .col(c.name("event").not_null())
            .col(c.small("state"))
            .col(c.small("attempts"))
            .col(c.time("next_attempt_at").not_null())
            .col(c.name("claimed_by"))
            .col(c.time("claimed_until"))
            .col(c.small("status"))
            .col(c.text("last_error"))
            .col(c.text("request_header"))
            .col(c.text("request_body").not_null())
            .col(c.text("response_header"))
            .col(c.text("response_body"))
            .col(c.time("created_at").not_null())
            .col(c.time("updated_at").not_null())
            .foreign_key(&mut foreign_key(
                ("webhook_deliveries", "webhook_id"),
                "webhooks",
                ForeignKeyAction::Cascade,
            ))
            .foreign_key(&mut foreign_key(
                ("webhook_deliveries", "retrigger_of"),
                "webhook_deliveries",
                ForeignKeyAction::SetNull,
            ))
            .to_owned();
        manager.create_table(table).await?;
        unique(manager, "webhook_deliveries", &["webhook_id", "uuid"]).await?;
        index(manager, "webhook_deliveries", &["state", "next_attempt_at"]).await?;
        index(manager, "webhook_deliveries", &["created_at"]).await?;
        index(manager, "webhook_deliveries", &["retrigger_of"]).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(
                Table::drop()
                    .table("webhook_deliveries")
                    .if_exists()
                    .to_owned(),
            )
            .await
    }
}
