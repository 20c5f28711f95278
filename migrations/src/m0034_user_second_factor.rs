//! Whether an account asks for more than its password, beside the account because every login asks it.

use sea_orm_migration::prelude::*;

use crate::columns::Columns;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.has_column("users", "second_factor").await? {
            return Ok(());
        }
        let c = Columns::of(manager);
        let change = Table::alter()
            .table("users")
            .add_column(c.flag("second_factor"))
            .to_owned();
        manager.alter_table(change).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let change = Table::alter()
            .table("users")
            .drop_column("second_factor")
            .to_owned();
        manager.alter_table(change).await
    }
}
