//! Weaknesses that scanners know by name.

use sea_orm_migration::prelude::*;

use crate::columns::{Columns, unique};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let c = Columns::of(manager);
        let table = c
            .table("vulnerabilities")
            .col(c.id())
            .col(c.name("name").not_null())
            .col(c.name("scanner").not_null().default(""))
            .col(c.name("severity").not_null().default(""))
            .col(c.text("link").not_null())
            .col(c.name("fixed_by").not_null().default(""))
            .col(c.text("metadata"))
            .col(c.text("description"))
            .col(c.time("created_at").not_null())
            .col(c.time("updated_at").not_null())
            .to_owned();
        manager.create_table(table).await?;
        unique(manager, "vulnerabilities", &["name"]).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(
                Table::drop()
                    .table("vulnerabilities")
                    .if_exists()
                    .to_owned(),
            )
            .await
    }
}
