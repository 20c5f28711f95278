//! What runs of jobs came to: those that did something, failed or were asked for.

use sea_orm_migration::prelude::*;

use crate::columns::{Columns, index};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let c = Columns::of(manager);
        let table = c
            .table("job_runs")
            .col(c.id())
            .col(c.name("name").not_null())
            .col(c.small("outcome"))
            // How many like it, one after the other, this row stands for.
            .col(c.count("times"))
            .col(c.count("did"))
            .col(c.text("message"))
            .col(c.name("wanted_by"))
            .col(c.name("replica").not_null())
            .col(c.time("began_at").not_null())
            .col(c.time("ended_at").not_null())
            .to_owned();
        manager.create_table(table).await?;
        index(manager, "job_runs", &["name", "id"]).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("job_runs").if_exists().to_owned())
            .await
    }
}
