//! What counts once, or from one place only, and has been seen: answers of providers and tokens of jobs.

use sea_orm_migration::prelude::*;

use crate::columns::{Columns, index, unique};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let c = Columns::of(manager);
        let table = c
            .table("seen_tokens")
            .col(c.id())
            .col(c.name("digest").not_null())
            // The address it was first seen from.
            .col(c.name("source").not_null())
            .col(c.time("seen_at").not_null())
            // After this nobody would believe it anyway.
            .col(c.time("expires_at").not_null())
            .to_owned();
        manager.create_table(table).await?;
        unique(manager, "seen_tokens", &["digest"]).await?;
        index(manager, "seen_tokens", &["expires_at"]).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("seen_tokens").if_exists().to_owned())
            .await
    }
}
