//! Who had a job made due before its time.

use sea_orm_migration::prelude::*;

use crate::columns::{Columns, add_column};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let c = Columns::of(manager);
        add_column(manager, "leases", c.name("wanted_by")).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::alter()
            .table("leases")
            .drop_column("wanted_by")
            .to_owned();
        manager.alter_table(table).await
    }
}
