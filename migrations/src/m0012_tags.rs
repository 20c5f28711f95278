//! Names for manifests, who pushed them last and when they were last pulled.

use sea_orm_migration::prelude::*;

use crate::columns::{Columns, foreign_key, index, unique};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let c = Columns::of(manager);
        let table = c
            .table("tags")
            .col(c.id())
            .col(c.reference("repository_id").not_null())
            .col(c.name("name").not_null())
            .col(c.name("digest"))
            .col(c.reference("user_id"))
            .col(c.name("username"))
            .col(c.small("scanned"))
            .col(c.flag("marked"))
            .col(c.time("observed_at").not_null())
            .col(c.time("pushed_at").not_null())
            .col(c.time("pulled_at"))
            .col(c.count("pull_count"))
            .col(c.time("created_at").not_null())
            .col(c.time("updated_at").not_null())
            .foreign_key(&mut foreign_key(
                ("tags", "repository_id"),
                "repositories",
                ForeignKeyAction::Cascade,
            ))
            .foreign_key(&mut foreign_key(
                ("tags", "user_id"),
                "users",
                ForeignKeyAction::SetNull,
            ))
            .to_owned();
        manager.create_table(table).await?;
        unique(manager, "tags", &["repository_id", "name"]).await?;
        index(manager, "tags", &["repository_id", "digest"]).await?;
        index(manager, "tags", &["repository_id", "pushed_at"]).await?;
        index(manager, "tags", &["user_id"]).await?;
        // Whatever all tags can be sorted by; the id decides between equals. Not the digest: nobody reads them in order,
        // and a random place in an index costs a push more than all of these together.
        for column in ["name", "created_at", "updated_at", "pushed_at", "pulled_at"] {
            index(manager, "tags", &[column, "id"]).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("tags").if_exists().to_owned())
            .await
    }
}
