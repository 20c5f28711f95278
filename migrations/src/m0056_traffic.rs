//! Pushes and pulls, counted by namespace and day, for the charts.

use sea_orm_migration::prelude::*;

use crate::columns::{Columns, foreign_key, index, unique};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let c = Columns::of(manager);
        let table = c
            .table("traffic")
            .col(c.id())
            .col(c.reference("namespace_id").not_null())
            // Days since 1970 in UTC.
            .col(c.number("day").not_null())
            .col(c.number("pushes").not_null().default(0))
            .col(c.number("pulls").not_null().default(0))
            .foreign_key(&mut foreign_key(
                ("traffic", "namespace_id"),
                "namespaces",
                ForeignKeyAction::Cascade,
            ))
            .to_owned();
        manager.create_table(table).await?;
        unique(manager, "traffic", &["namespace_id", "day"]).await?;
        index(manager, "traffic", &["day"]).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("traffic").if_exists().to_owned())
            .await
    }
}
