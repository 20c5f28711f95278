//! The registries this service speaks for.

use sea_orm_migration::prelude::*;

use crate::columns::{Columns, index, unique};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let c = Columns::of(manager);
        let table = c
            .table("registries")
            .col(c.id())
            .col(c.name("name").not_null())
            .col(c.name("hostname").not_null())
            .col(c.name("external_hostname"))
            .col(c.flag("use_ssl"))
            .col(c.small("token_header"))
            .col(c.flag("proxy"))
            .col(c.name("events_secret_sha256"))
            .col(c.flag("events_enforced"))
            .col(c.time("last_event_at"))
            .col(c.name("last_event_host"))
            .col(c.time("created_at").not_null())
            .col(c.time("updated_at").not_null())
            .to_owned();
        manager.create_table(table).await?;
        unique(manager, "registries", &["name"]).await?;
        unique(manager, "registries", &["hostname"]).await?;
        index(manager, "registries", &["external_hostname"]).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("registries").if_exists().to_owned())
            .await
    }
}
