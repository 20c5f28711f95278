//! Finds whether a tag is the newest of its image from an index alone, however many tags an image has.

use sea_orm_migration::prelude::*;

use crate::columns::{drop_index, index};

#[derive(DeriveMigrationName)]
pub struct Migration;

const BEFORE: &[&str] = &["repository_id", "digest"];
const NOW: &[&str] = &["repository_id", "digest", "pushed_at", "id"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        index(manager, "tags", NOW).await?;
        drop_index(manager, "tags", BEFORE).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        index(manager, "tags", BEFORE).await?;
        drop_index(manager, "tags", NOW).await
    }
}
