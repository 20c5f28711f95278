//! The manifests that an index lists, one per platform.

use sea_orm_migration::prelude::*;

use crate::columns::{Columns, foreign_key, index, unique};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let c = Columns::of(manager);
        let table = c
            .table("manifest_children")
            .col(c.id())
            .col(c.reference("manifest_id").not_null())
            .col(c.small("position"))
            .col(c.name("digest").not_null())
            .col(c.name("media_type").not_null().default(""))
            .col(c.name("platform"))
            .col(c.number("size"))
            .col(c.flag("dangling"))
            .foreign_key(&mut foreign_key(
                ("manifest_children", "manifest_id"),
                "manifests",
                ForeignKeyAction::Cascade,
            ))
            .to_owned();
        manager.create_table(table).await?;
        unique(manager, "manifest_children", &["manifest_id", "position"]).await?;
        index(manager, "manifest_children", &["digest"]).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(
                Table::drop()
                    .table("manifest_children")
                    .if_exists()
                    .to_owned(),
            )
            .await
    }
}
