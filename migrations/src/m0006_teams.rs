//! Groups of people that own namespaces.

use sea_orm_migration::prelude::*;

use crate::columns::{Columns, unique};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let c = Columns::of(manager);
        let table = c
            .table("teams")
            .col(c.id())
            .col(c.name("name").not_null())
            .col(c.flag("hidden"))
            .col(c.text("description"))
            .col(c.small("ldap_group_checked"))
            .col(c.time("checked_at"))
            .col(c.time("created_at").not_null())
            .col(c.time("updated_at").not_null())
            .to_owned();
        manager.create_table(table).await?;
        unique(manager, "teams", &["name"]).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("teams").if_exists().to_owned())
            .await
    }
}
