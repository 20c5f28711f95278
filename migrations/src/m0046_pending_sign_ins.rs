//! People whom a provider knows and who still have to choose a name, or prove that an account is theirs.

use sea_orm_migration::prelude::*;

use crate::columns::{Columns, index, unique};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let c = Columns::of(manager);
        let table = c
            .table("pending_sign_ins")
            .col(c.id())
            .col(c.name("secret_sha256").not_null())
            // Sealed: what the provider said of the person.
            .col(c.text("sealed").not_null())
            .col(c.time("expires_at").not_null())
            .to_owned();
        manager.create_table(table).await?;
        unique(manager, "pending_sign_ins", &["secret_sha256"]).await?;
        index(manager, "pending_sign_ins", &["expires_at"]).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(
                Table::drop()
                    .table("pending_sign_ins")
                    .if_exists()
                    .to_owned(),
            )
            .await
    }
}
