//! Accounts at identity providers, and whose they are here.

use sea_orm_migration::prelude::*;

use crate::columns::{Columns, foreign_key, index, unique};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let c = Columns::of(manager);
        let table = c
            .table("identities")
            .col(c.id())
            .col(c.reference("user_id").not_null())
            .col(c.name("provider").not_null())
            // Subjects are unique at their issuer, whatever the provider is called in the configuration.
            .col(c.name("issuer").not_null())
            .col(c.name("subject").not_null())
            .col(c.name("email"))
            .col(c.time("created_at").not_null())
            .col(c.time("last_used_at").not_null())
            .foreign_key(&mut foreign_key(
                ("identities", "user_id"),
                "users",
                ForeignKeyAction::Cascade,
            ))
            .to_owned();
        manager.create_table(table).await?;
        unique(manager, "identities", &["issuer", "subject"]).await?;
        index(manager, "identities", &["user_id"]).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("identities").if_exists().to_owned())
            .await
    }
}
