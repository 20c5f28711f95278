//! Through which account at an identity provider a browser came in.

use sea_orm_migration::prelude::*;

use crate::columns::{Columns, add_column, drop_index, index};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let c = Columns::of(manager);
        // No foreign key: a session outlives the link that it began with.
        add_column(manager, "sessions", c.reference("identity_id")).await?;
        index(manager, "sessions", &["identity_id"]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_index(manager, "sessions", &["identity_id"]).await?;
        let table = Table::alter()
            .table("sessions")
            .drop_column("identity_id")
            .to_owned();
        manager.alter_table(table).await
    }
}
