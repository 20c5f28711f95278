//! Whose signed tokens open a bot, and how far.

use sea_orm_migration::prelude::*;

use crate::columns::{Columns, foreign_key, unique};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let c = Columns::of(manager);
        let table = c
            .table("bot_trusts")
            .col(c.id())
            .col(c.reference("user_id").not_null())
            .col(c.name("name").not_null())
            .col(c.name("issuer").not_null())
            .col(c.name("audience").not_null())
            // JSON: patterns by name of the claim.
            .col(c.text("claims").not_null())
            .col(c.small("scope"))
            // JSON: ids, which are never used twice, so one that is gone opens nothing; null is no limit.
            .col(c.text("namespaces"))
            .col(c.time("created_at").not_null())
            .col(c.time("last_used_at"))
            .col(c.name("last_used_ip"))
            .col(c.name("last_subject"))
            .foreign_key(&mut foreign_key(
                ("bot_trusts", "user_id"),
                "users",
                ForeignKeyAction::Cascade,
            ))
            .to_owned();
        manager.create_table(table).await?;
        unique(manager, "bot_trusts", &["user_id", "name"]).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("bot_trusts").if_exists().to_owned())
            .await
    }
}
