//! What browsers have been asked to sign with a passkey, and have not answered yet.

use sea_orm_migration::prelude::*;

use crate::columns::{Columns, index, unique};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let c = Columns::of(manager);
        let table = c
            .table("passkey_challenges")
            .col(c.id())
            // Of the secret in the browser's cookie.
            .col(c.name("secret_sha256").not_null())
            .col(c.text("sealed").not_null())
            .col(c.time("expires_at").not_null())
            .to_owned();
        manager.create_table(table).await?;
        unique(manager, "passkey_challenges", &["secret_sha256"]).await?;
        index(manager, "passkey_challenges", &["expires_at"]).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(
                Table::drop()
                    .table("passkey_challenges")
                    .if_exists()
                    .to_owned(),
            )
            .await
    }
}
