//! Secrets that stand in for a person's password in scripts and in docker.

use sea_orm_migration::prelude::*;

use crate::columns::{Columns, foreign_key, unique};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let c = Columns::of(manager);
        let table = c
            .table("application_tokens")
            .col(c.id())
            .col(c.reference("user_id").not_null())
            .col(c.name("application").not_null())
            .col(c.name("token_sha256"))
            .col(c.name("token_bcrypt"))
            .col(c.time("created_at"))
            .col(c.time("last_used_at"))
            .col(c.time("expires_at"))
            .col(c.small("scope"))
            // The only namespace it is good for. Ids are never used twice, so one that is gone opens nothing.
            .col(c.reference("namespace_id"))
            .col(c.name("last_used_ip"))
            .col(c.name("last_used_client"))
            .foreign_key(&mut foreign_key(
                ("application_tokens", "user_id"),
                "users",
                ForeignKeyAction::Cascade,
            ))
            .to_owned();
        manager.create_table(table).await?;
        unique(manager, "application_tokens", &["user_id", "application"]).await?;
        unique(manager, "application_tokens", &["token_sha256"]).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(
                Table::drop()
                    .table("application_tokens")
                    .if_exists()
                    .to_owned(),
            )
            .await
    }
}
