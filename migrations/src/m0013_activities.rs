//! Who did what to which thing. Names stand beside ids, so that history outlives both.

use sea_orm_migration::prelude::*;

use crate::columns::{Columns, index};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let c = Columns::of(manager);
        let table = c
            .table("activities")
            .col(c.id())
            .col(c.name("key").not_null())
            .col(c.reference("actor_id"))
            .col(c.name("actor_name").not_null())
            .col(c.name("trackable_type"))
            .col(c.reference("trackable_id"))
            .col(c.name("recipient_type"))
            .col(c.reference("recipient_id"))
            .col(c.reference("registry_id"))
            .col(c.reference("team_id"))
            .col(c.reference("namespace_id"))
            .col(c.name("namespace_name"))
            .col(c.name("repository_name"))
            .col(c.name("tag_name"))
            .col(c.number("visibility"))
            .col(c.text("parameters").not_null())
            .col(c.time("created_at").not_null())
            .to_owned();
        manager.create_table(table).await?;
        index(manager, "activities", &["created_at", "id"]).await?;
        index(manager, "activities", &["key", "id"]).await?;
        index(manager, "activities", &["namespace_id"]).await?;
        index(manager, "activities", &["actor_id"]).await?;
        index(manager, "activities", &["trackable_type", "trackable_id"]).await?;
        index(manager, "activities", &["team_id"]).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("activities").if_exists().to_owned())
            .await
    }
}
