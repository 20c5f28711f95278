//! The inbox: what registries have told us, kept before it is acknowledged.

use sea_orm_migration::prelude::*;

use crate::columns::{Columns, foreign_key, index, unique};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let c = Columns::of(manager);
        let table = c
            .table("registry_events")
            .col(c.id())
            .col(c.reference("registry_id").not_null())
            .col(c.name("event_id").not_null())
            .col(c.name("action").not_null())
            .col(c.name("repository").not_null())
            .col(c.text("data").not_null())
            .col(c.small("state"))
            .col(c.small("attempts"))
            .col(c.text("last_error"))
            .col(c.time("next_attempt_at").not_null())
            .col(c.time("created_at").not_null())
            .col(c.time("updated_at").not_null())
            .foreign_key(&mut foreign_key(
                ("registry_events", "registry_id"),
                "registries",
                ForeignKeyAction::Cascade,
            ))
            .to_owned();
        manager.create_table(table).await?;
        unique(manager, "registry_events", &["registry_id", "event_id"]).await?;
        index(manager, "registry_events", &["state", "id"]).await?;
        index(manager, "registry_events", &["state", "updated_at"]).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(
                Table::drop()
                    .table("registry_events")
                    .if_exists()
                    .to_owned(),
            )
            .await
    }
}
