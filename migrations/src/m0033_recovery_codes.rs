//! What lets somebody in once who has lost their authenticator.

use sea_orm_migration::prelude::*;

use crate::columns::{Columns, foreign_key, unique};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let c = Columns::of(manager);
        let table = c
            .table("recovery_codes")
            .col(c.id())
            .col(c.reference("user_id").not_null())
            .col(c.name("code_sha256").not_null())
            .foreign_key(&mut foreign_key(
                ("recovery_codes", "user_id"),
                "users",
                ForeignKeyAction::Cascade,
            ))
            .to_owned();
        manager.create_table(table).await?;
        unique(manager, "recovery_codes", &["user_id", "code_sha256"]).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("recovery_codes").if_exists().to_owned())
            .await
    }
}
