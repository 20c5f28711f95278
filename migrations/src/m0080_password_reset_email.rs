//! The address that a link to set a password anew went to.

use sea_orm_migration::prelude::*;

use crate::columns::{Columns, add_column};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let c = Columns::of(manager);
        add_column(manager, "password_resets", c.name("email")).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::alter()
            .table("password_resets")
            .drop_column("email")
            .to_owned();
        manager.alter_table(table).await
    }
}
