//! Which request to the registry a delivery tells of, so that those who listen are told of a removal once.

use sea_orm_migration::prelude::*;

use crate::columns::{Columns, add_column, drop_index, index};

#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLE: &str = "webhook_deliveries";
const BY_REQUEST: &[&str] = &["request_id", "webhook_id"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let c = Columns::of(manager);
        add_column(manager, TABLE, c.name("request_id")).await?;
        index(manager, TABLE, BY_REQUEST).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_index(manager, TABLE, BY_REQUEST).await?;
        let table = Table::alter()
            .table(TABLE)
            .drop_column("request_id")
            .to_owned();
        manager.alter_table(table).await
    }
}
