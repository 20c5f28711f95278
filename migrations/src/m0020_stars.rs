//! Repositories that people like.

use sea_orm_migration::prelude::*;

use crate::columns::{Columns, foreign_key, index, unique};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let c = Columns::of(manager);
        let table = c
            .table("stars")
            .col(c.id())
            .col(c.reference("user_id").not_null())
            .col(c.reference("repository_id").not_null())
            .col(c.time("created_at").not_null())
            .foreign_key(&mut foreign_key(
                ("stars", "user_id"),
                "users",
                ForeignKeyAction::Cascade,
            ))
            .foreign_key(&mut foreign_key(
                ("stars", "repository_id"),
                "repositories",
                ForeignKeyAction::Cascade,
            ))
            .to_owned();
        manager.create_table(table).await?;
        unique(manager, "stars", &["user_id", "repository_id"]).await?;
        index(manager, "stars", &["repository_id"]).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("stars").if_exists().to_owned())
            .await
    }
}
