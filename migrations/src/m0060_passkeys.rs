//! Passkeys: what a browser or a key of somebody's signs in with. Only public halves are kept.

use sea_orm_migration::prelude::*;

use crate::columns::{Columns, foreign_key, index, unique};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let c = Columns::of(manager);
        let table = c
            .table("passkeys")
            .col(c.id())
            .col(c.reference("user_id").not_null())
            .col(c.name("name").not_null())
            // What authenticators know the account by; the same in all rows of an account.
            .col(c.name("user_handle").not_null())
            // Ids of credentials may be longer than an index is wide.
            .col(c.name("credential_sha256").not_null())
            // Public key, counter and flags, as JSON.
            .col(c.text("credential").not_null())
            .col(c.time("last_used_at"))
            .col(c.time("created_at").not_null())
            .foreign_key(&mut foreign_key(
                ("passkeys", "user_id"),
                "users",
                ForeignKeyAction::Cascade,
            ))
            .to_owned();
        manager.create_table(table).await?;
        unique(manager, "passkeys", &["credential_sha256"]).await?;
        index(manager, "passkeys", &["user_id"]).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("passkeys").if_exists().to_owned())
            .await
    }
}
