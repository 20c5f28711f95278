//! What docker keeps instead of a password after `docker login`.

use sea_orm_migration::prelude::*;

use crate::columns::{Columns, foreign_key, index, unique};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let c = Columns::of(manager);
        let table = c
            .table("refresh_tokens")
            .col(c.id())
            .col(c.reference("user_id").not_null())
            .col(c.reference("application_token_id"))
            .col(c.name("token_sha256").not_null())
            .col(c.name("service").not_null())
            .col(c.name("client_id").not_null())
            .col(c.name("address").not_null())
            .col(c.time("created_at").not_null())
            .col(c.time("last_used_at").not_null())
            .foreign_key(&mut foreign_key(
                ("refresh_tokens", "user_id"),
                "users",
                ForeignKeyAction::Cascade,
            ))
            .foreign_key(&mut foreign_key(
                ("refresh_tokens", "application_token_id"),
                "application_tokens",
                ForeignKeyAction::Cascade,
            ))
            .to_owned();
        manager.create_table(table).await?;
        unique(manager, "refresh_tokens", &["token_sha256"]).await?;
        index(manager, "refresh_tokens", &["user_id"]).await?;
        index(manager, "refresh_tokens", &["application_token_id"]).await?;
        index(manager, "refresh_tokens", &["last_used_at"]).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("refresh_tokens").if_exists().to_owned())
            .await
    }
}
