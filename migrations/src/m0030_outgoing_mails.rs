//! Mail that is still to be sent. What it will say, and the secret in it, is made when it is sent.

use sea_orm_migration::prelude::*;

use crate::columns::{Columns, index};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let c = Columns::of(manager);
        let table = c
            .table("outgoing_mails")
            .col(c.id())
            .col(c.name("kind").not_null())
            .col(c.name("recipient").not_null())
            .col(c.name("language").not_null())
            // Where it was asked for.
            .col(c.name("address").not_null())
            .col(c.count("attempts"))
            .col(c.time("next_attempt_at").not_null())
            .col(c.text("last_error"))
            .col(c.time("given_up_at"))
            .col(c.time("created_at").not_null())
            .to_owned();
        manager.create_table(table).await?;
        index(
            manager,
            "outgoing_mails",
            &["given_up_at", "next_attempt_at"],
        )
        .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("outgoing_mails").if_exists().to_owned())
            .await
    }
}
