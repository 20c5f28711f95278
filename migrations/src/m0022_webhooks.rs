//! Where the news of a namespace is sent.

use sea_orm_migration::prelude::*;

use crate::columns::{Columns, foreign_key, index};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let c = Columns::of(manager);
        let table = c
            .table("webhooks")
            .col(c.id())
            .col(c.reference("namespace_id").not_null())
            .col(c.name("name").not_null())
            .col(c.text("url").not_null())
            .col(c.small("request_method"))
            .col(c.small("content_type"))
            .col(c.name("username"))
            .col(c.text("password_sealed"))
            .col(c.text("secret_sealed"))
            .col(c.flag("raw_body"))
            .col(c.flag("enabled"))
            .col(c.time("created_at").not_null())
            .col(c.time("updated_at").not_null())
            .foreign_key(&mut foreign_key(
                ("webhooks", "namespace_id"),
                "namespaces",
                ForeignKeyAction::Cascade,
            ))
            .to_owned();
        manager.create_table(table).await?;
        index(manager, "webhooks", &["namespace_id"]).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("webhooks").if_exists().to_owned())
            .await
    }
}
