//! Which weaknesses a scanner found behind a tag, and how it judged them there.

use sea_orm_migration::prelude::*;

use crate::columns::{Columns, foreign_key, index, unique};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let c = Columns::of(manager);
        let table = c
            .table("scan_results")
            .col(c.id())
            .col(c.reference("tag_id").not_null())
            .col(c.reference("vulnerability_id").not_null())
            .col(c.name("scanner").not_null())
            .col(c.name("severity").not_null())
            .col(c.text("link").not_null())
            .col(c.name("fixed_by").not_null())
            .col(c.time("created_at").not_null())
            .col(c.time("updated_at").not_null())
            .foreign_key(&mut foreign_key(
                ("scan_results", "tag_id"),
                "tags",
                ForeignKeyAction::Cascade,
            ))
            .foreign_key(&mut foreign_key(
                ("scan_results", "vulnerability_id"),
                "vulnerabilities",
                ForeignKeyAction::Cascade,
            ))
            .to_owned();
        manager.create_table(table).await?;
        unique(
            manager,
            "scan_results",
            &["tag_id", "vulnerability_id", "scanner"],
        )
        .await?;
        index(manager, "scan_results", &["vulnerability_id"]).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("scan_results").if_exists().to_owned())
            .await
    }
}
