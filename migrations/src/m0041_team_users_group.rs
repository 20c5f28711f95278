//! Memberships that came from a group of the LDAP directory, and go with it.

use sea_orm_migration::prelude::*;

use crate::columns::{Columns, add_column};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let c = Columns::of(manager);
        // The group; null for what somebody made by hand.
        add_column(manager, "team_users", c.text("directory_group")).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::alter()
            .table("team_users")
            .drop_column("directory_group")
            .to_owned();
        manager.alter_table(table).await
    }
}
