//! Links by which a forgotten password is set anew.

use sea_orm_migration::prelude::*;

use crate::columns::{Columns, foreign_key, index, unique};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let c = Columns::of(manager);
        let table = c
            .table("password_resets")
            .col(c.id())
            .col(c.reference("user_id").not_null())
            .col(c.name("token_sha256").not_null())
            // The account's when the link was made: a newer one voids it.
            .col(c.count("credentials_version"))
            .col(c.time("created_at").not_null())
            .col(c.time("expires_at").not_null())
            .foreign_key(&mut foreign_key(
                ("password_resets", "user_id"),
                "users",
                ForeignKeyAction::Cascade,
            ))
            .to_owned();
        manager.create_table(table).await?;
        unique(manager, "password_resets", &["token_sha256"]).await?;
        index(manager, "password_resets", &["user_id"]).await?;
        index(manager, "password_resets", &["expires_at"]).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(
                Table::drop()
                    .table("password_resets")
                    .if_exists()
                    .to_owned(),
            )
            .await
    }
}
