//! When whoever has a session last showed that it is them, before something is done that would outlast it.

use sea_orm_migration::prelude::*;

use crate::columns::{Columns, add_column};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let c = Columns::of(manager);
        add_column(manager, "sessions", c.time("confirmed_at")).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::alter()
            .table("sessions")
            .drop_column("confirmed_at")
            .to_owned();
        manager.alter_table(table).await
    }
}
