//! Accounts that the LDAP directory knows, and what it said of them last.

use sea_orm_migration::prelude::*;

use crate::columns::{Columns, add_column, index};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let c = Columns::of(manager);
        // Its password is the directory's.
        add_column(manager, "users", c.flag("directory")).await?;
        // Since when the directory does not have it any more.
        add_column(manager, "users", c.time("directory_gone_at")).await?;
        // Whether it is an admin because a group of the directory says so.
        add_column(manager, "users", c.flag("directory_admin")).await?;
        index(manager, "users", &["directory"]).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in ["directory", "directory_gone_at", "directory_admin"] {
            let table = Table::alter().table("users").drop_column(column).to_owned();
            manager.alter_table(table).await?;
        }
        Ok(())
    }
}
