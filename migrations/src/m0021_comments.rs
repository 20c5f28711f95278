//! What people say about repositories.

use sea_orm_migration::prelude::*;

use crate::columns::{Columns, foreign_key, index};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let c = Columns::of(manager);
        let table = c
            .table("comments")
            .col(c.id())
            .col(c.reference("repository_id").not_null())
            .col(c.reference("user_id"))
            .col(c.text("body").not_null())
            .col(c.time("created_at").not_null())
            .col(c.time("updated_at").not_null())
            .foreign_key(&mut foreign_key(
                ("comments", "repository_id"),
                "repositories",
                ForeignKeyAction::Cascade,
            ))
            .foreign_key(&mut foreign_key(
                ("comments", "user_id"),
                "users",
                ForeignKeyAction::Cascade,
            ))
            .to_owned();
        manager.create_table(table).await?;
        index(manager, "comments", &["repository_id"]).await?;
        index(manager, "comments", &["user_id"]).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("comments").if_exists().to_owned())
            .await
    }
}
