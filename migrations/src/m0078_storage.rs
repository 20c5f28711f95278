//! How much room the images of each namespace take, as it was counted last.

use sea_orm_migration::prelude::*;

use crate::columns::{Columns, foreign_key, index, unique};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let c = Columns::of(manager);
        let table = c
            .table("storage")
            .col(c.id())
            .col(c.reference("namespace_id").not_null())
            .col(c.count("bytes"))
            .col(c.time("counted_at").not_null())
            .foreign_key(&mut foreign_key(
                ("storage", "namespace_id"),
                "namespaces",
                ForeignKeyAction::Cascade,
            ))
            .to_owned();
        manager.create_table(table).await?;
        unique(manager, "storage", &["namespace_id"]).await?;
        index(manager, "storage", &["bytes", "id"]).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("storage").if_exists().to_owned())
            .await
    }
}
