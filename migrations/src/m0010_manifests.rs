//! Images, indexes and artifacts by digest, and what is known of them.

use sea_orm_migration::prelude::*;

use crate::columns::{Columns, foreign_key, index, unique};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let c = Columns::of(manager);
        let table = c
            .table("manifests")
            .col(c.id())
            .col(c.reference("repository_id").not_null())
            .col(c.name("digest").not_null())
            .col(c.name("media_type").not_null().default(""))
            .col(c.name("artifact_type"))
            .col(c.name("config_digest"))
            .col(c.name("config_media_type"))
            .col(c.number("manifest_size"))
            .col(c.number("image_size"))
            .col(c.text("platforms"))
            .col(c.name("subject"))
            .col(c.small("details"))
            .col(c.small("attempts"))
            .col(c.time("next_attempt_at"))
            .col(c.time("pulled_at"))
            .col(c.count("pull_count"))
            .col(c.time("created_at").not_null())
            .col(c.time("updated_at").not_null())
            .foreign_key(&mut foreign_key(
                ("manifests", "repository_id"),
                "repositories",
                ForeignKeyAction::Cascade,
            ))
            .to_owned();
        manager.create_table(table).await?;
        unique(manager, "manifests", &["repository_id", "digest"]).await?;
        index(manager, "manifests", &["repository_id", "subject"]).await?;
        index(manager, "manifests", &["details", "next_attempt_at"]).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("manifests").if_exists().to_owned())
            .await
    }
}
