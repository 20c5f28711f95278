//! Wrong passwords and tokens, counted by where they came from and whom they were meant for.

use sea_orm_migration::prelude::*;

use crate::columns::{Columns, index, unique};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let c = Columns::of(manager);
        let table = c
            .table("login_failures")
            .col(c.id())
            .col(c.name("address").not_null())
            // Empty: whoever this address tried to be.
            .col(c.name("account").not_null())
            .col(c.count("failures"))
            .col(c.time("since").not_null())
            .col(c.time("last_at").not_null())
            .col(c.time("held_until"))
            .to_owned();
        manager.create_table(table).await?;
        unique(manager, "login_failures", &["address", "account"]).await?;
        index(manager, "login_failures", &["last_at"]).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("login_failures").if_exists().to_owned())
            .await
    }
}
