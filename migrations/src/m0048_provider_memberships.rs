//! Memberships that came from a group at an identity provider, and go with it.

use sea_orm_migration::prelude::*;

use crate::columns::{Columns, foreign_key, unique};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let c = Columns::of(manager);
        let table = c
            .table("provider_memberships")
            .col(c.id())
            .col(c.reference("team_user_id").not_null())
            .col(c.name("issuer").not_null())
            .col(c.name("group_name").not_null())
            .foreign_key(&mut foreign_key(
                ("provider_memberships", "team_user_id"),
                "team_users",
                ForeignKeyAction::Cascade,
            ))
            .to_owned();
        manager.create_table(table).await?;
        unique(manager, "provider_memberships", &["team_user_id"]).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(
                Table::drop()
                    .table("provider_memberships")
                    .if_exists()
                    .to_owned(),
            )
            .await
    }
}
