//! Who is in which team, and as what.

use sea_orm_migration::prelude::*;

use crate::columns::{Columns, foreign_key, index, unique};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let c = Columns::of(manager);
        let table = c
            .table("team_users")
            .col(c.id())
            .col(c.reference("team_id").not_null())
            .col(c.reference("user_id").not_null())
            .col(c.small("role"))
            .col(c.time("created_at").not_null())
            .col(c.time("updated_at").not_null())
            .foreign_key(&mut foreign_key(
                ("team_users", "team_id"),
                "teams",
                ForeignKeyAction::Cascade,
            ))
            .foreign_key(&mut foreign_key(
                ("team_users", "user_id"),
                "users",
                ForeignKeyAction::Cascade,
            ))
            .to_owned();
        manager.create_table(table).await?;
        unique(manager, "team_users", &["team_id", "user_id"]).await?;
        index(manager, "team_users", &["user_id"]).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("team_users").if_exists().to_owned())
            .await
    }
}
