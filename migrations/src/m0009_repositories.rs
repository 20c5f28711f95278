//! Repositories that the registry is known to hold.

use sea_orm_migration::prelude::*;

use crate::columns::{Columns, foreign_key, index, unique};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let c = Columns::of(manager);
        let table = c
            .table("repositories")
            .col(c.id())
            .col(c.reference("namespace_id").not_null())
            .col(c.name("name").not_null())
            .col(c.text("description"))
            .col(c.flag("marked"))
            .col(c.time("created_at").not_null())
            .col(c.time("updated_at").not_null())
            .foreign_key(&mut foreign_key(
                ("repositories", "namespace_id"),
                "namespaces",
                ForeignKeyAction::Cascade,
            ))
            .to_owned();
        manager.create_table(table).await?;
        unique(manager, "repositories", &["namespace_id", "name"]).await?;
        index(manager, "repositories", &["name"]).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("repositories").if_exists().to_owned())
            .await
    }
}
