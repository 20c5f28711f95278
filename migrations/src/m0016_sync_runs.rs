//! Each comparison with a registry's catalog, its progress and what it held back.

use sea_orm_migration::prelude::*;

use crate::columns::{Columns, foreign_key, index};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let c = Columns::of(manager);
        let table = c
            .table("sync_runs")
            .col(c.id())
            .col(c.reference("registry_id").not_null())
            .col(c.name("strategy").not_null())
            .col(c.small("state"))
            .col(c.count("repositories"))
            .col(c.count("tags"))
            .col(c.count("added"))
            .col(c.count("changed"))
            .col(c.count("removed"))
            .col(c.count("errors"))
            .col(c.text("message"))
            .col(c.text("plan"))
            .col(c.name("requested_by"))
            .col(c.reference("confirms"))
            .col(c.time("started_at").not_null())
            .col(c.time("updated_at").not_null())
            .col(c.time("finished_at"))
            .foreign_key(&mut foreign_key(
                ("sync_runs", "registry_id"),
                "registries",
                ForeignKeyAction::Cascade,
            ))
            .to_owned();
        manager.create_table(table).await?;
        index(manager, "sync_runs", &["registry_id", "id"]).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("sync_runs").if_exists().to_owned())
            .await
    }
}
