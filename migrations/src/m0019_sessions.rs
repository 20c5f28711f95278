//! Browsers that have signed in.

use sea_orm_migration::prelude::*;

use crate::columns::{Columns, foreign_key, index, unique};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let c = Columns::of(manager);
        let table = c
            .table("sessions")
            .col(c.id())
            .col(c.reference("user_id").not_null())
            .col(c.name("secret_sha256").not_null())
            .col(c.count("credentials_version"))
            .col(c.flag("remember"))
            .col(c.name("address").not_null())
            .col(c.name("user_agent").not_null())
            .col(c.time("created_at").not_null())
            .col(c.time("last_seen_at").not_null())
            .col(c.time("expires_at").not_null())
            .foreign_key(&mut foreign_key(
                ("sessions", "user_id"),
                "users",
                ForeignKeyAction::Cascade,
            ))
            .to_owned();
        manager.create_table(table).await?;
        unique(manager, "sessions", &["secret_sha256"]).await?;
        index(manager, "sessions", &["user_id"]).await?;
        index(manager, "sessions", &["last_seen_at"]).await?;
        index(manager, "sessions", &["expires_at"]).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("sessions").if_exists().to_owned())
            .await
    }
}
