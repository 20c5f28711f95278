//! The language in which somebody wants pages.

use sea_orm_migration::prelude::*;

use crate::columns::Columns;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.has_column("users", "language").await? {
            return Ok(());
        }
        let c = Columns::of(manager);
        let change = Table::alter()
            .table("users")
            .add_column(c.name("language"))
            .to_owned();
        manager.alter_table(change).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let change = Table::alter()
            .table("users")
            .drop_column("language")
            .to_owned();
        manager.alter_table(change).await
    }
}
