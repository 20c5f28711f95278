//! The first part of a repository's name, and the unit of permission.

use sea_orm_migration::prelude::*;

use crate::columns::{Columns, foreign_key, index, unique};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let c = Columns::of(manager);
        let table = c
            .table("namespaces")
            .col(c.id())
            .col(c.reference("registry_id").not_null())
            .col(c.name("name").not_null())
            .col(c.reference("team_id").not_null())
            .col(c.flag("global"))
            .col(c.reference("personal_user_id"))
            .col(c.small("visibility"))
            .col(c.text("description"))
            .col(c.time("created_at").not_null())
            .col(c.time("updated_at").not_null())
            .foreign_key(&mut foreign_key(
                ("namespaces", "registry_id"),
                "registries",
                ForeignKeyAction::Cascade,
            ))
            .foreign_key(&mut foreign_key(
                ("namespaces", "team_id"),
                "teams",
                ForeignKeyAction::Restrict,
            ))
            .foreign_key(&mut foreign_key(
                ("namespaces", "personal_user_id"),
                "users",
                ForeignKeyAction::SetNull,
            ))
            .to_owned();
        manager.create_table(table).await?;
        unique(manager, "namespaces", &["registry_id", "name"]).await?;
        unique(manager, "namespaces", &["registry_id", "personal_user_id"]).await?;
        index(manager, "namespaces", &["team_id"]).await?;
        index(manager, "namespaces", &["personal_user_id"]).await?;
        index(manager, "namespaces", &["name"]).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("namespaces").if_exists().to_owned())
            .await
    }
}
