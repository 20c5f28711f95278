//! Which process runs a job now, how its last run ended and when the next is due.

use sea_orm_migration::prelude::*;

use crate::columns::{Columns, unique};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let c = Columns::of(manager);
        let table = c
            .table("leases")
            .col(c.id())
            .col(c.name("name").not_null())
            .col(c.name("holder"))
            .col(c.count("fence"))
            .col(c.time("expires_at"))
            .col(c.time("started_at"))
            .col(c.time("finished_at"))
            .col(c.name("outcome"))
            .col(c.text("last_error"))
            .col(c.time("next_run_at"))
            .to_owned();
        manager.create_table(table).await?;
        unique(manager, "leases", &["name"]).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("leases").if_exists().to_owned())
            .await
    }
}
