//! Registry processes that have sent events: a new one may have lost some before it.

use sea_orm_migration::prelude::*;

use crate::columns::{Columns, foreign_key, unique};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let c = Columns::of(manager);
        let table = c
            .table("registry_instances")
            .col(c.id())
            .col(c.reference("registry_id").not_null())
            .col(c.name("instance").not_null())
            .col(c.time("created_at").not_null())
            .foreign_key(&mut foreign_key(
                ("registry_instances", "registry_id"),
                "registries",
                ForeignKeyAction::Cascade,
            ))
            .to_owned();
        manager.create_table(table).await?;
        unique(manager, "registry_instances", &["registry_id", "instance"]).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(
                Table::drop()
                    .table("registry_instances")
                    .if_exists()
                    .to_owned(),
            )
            .await
    }
}
