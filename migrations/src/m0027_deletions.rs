//! Manifests that somebody has asked us to delete, until the registry has said what became of them.

use sea_orm_migration::prelude::*;

use crate::columns::{Columns, foreign_key, index};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let c = Columns::of(manager);
        let table = c
            .table("deletions")
            .col(c.id())
            .col(c.reference("repository_id").not_null())
            .col(c.name("digest").not_null())
            .col(c.reference("actor_id"))
            .col(c.name("actor_name").not_null())
            .col(c.time("created_at").not_null())
            .foreign_key(&mut foreign_key(
                ("deletions", "repository_id"),
                "repositories",
                ForeignKeyAction::Cascade,
            ))
            .foreign_key(&mut foreign_key(
                ("deletions", "actor_id"),
                "users",
                ForeignKeyAction::SetNull,
            ))
            .to_owned();
        manager.create_table(table).await?;
        index(manager, "deletions", &["repository_id", "digest"]).await?;
        index(manager, "deletions", &["actor_id"]).await?;
        index(manager, "deletions", &["created_at"]).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("deletions").if_exists().to_owned())
            .await
    }
}
