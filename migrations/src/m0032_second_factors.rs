//! Authenticators: what somebody has beside their password.

use sea_orm_migration::prelude::*;

use crate::columns::{Columns, foreign_key, unique};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let c = Columns::of(manager);
        let table = c
            .table("second_factors")
            .col(c.id())
            .col(c.reference("user_id").not_null())
            // Sealed with a key derived from the secret key base.
            .col(c.text("key_sealed").not_null())
            // Until then it is only being set up.
            .col(c.time("confirmed_at"))
            // Of the latest code, none before which is good any more.
            .col(c.count("last_step"))
            .col(c.time("created_at").not_null())
            .foreign_key(&mut foreign_key(
                ("second_factors", "user_id"),
                "users",
                ForeignKeyAction::Cascade,
            ))
            .to_owned();
        manager.create_table(table).await?;
        unique(manager, "second_factors", &["user_id"]).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("second_factors").if_exists().to_owned())
            .await
    }
}
