//! What lets an identity provider be asked again about somebody, sealed.

use sea_orm_migration::prelude::*;

use crate::columns::{Columns, foreign_key, unique};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let c = Columns::of(manager);
        let table = c
            .table("provider_grants")
            .col(c.id())
            .col(c.reference("identity_id").not_null())
            .col(c.text("sealed").not_null())
            // Grows with each change, so that nobody writes over what somebody else has renewed.
            .col(c.count("version"))
            // Times it has been shown to the provider since an answer was last kept.
            .col(c.count("tries"))
            // When the provider last vouched for the person.
            .col(c.time("checked_at").not_null())
            .foreign_key(&mut foreign_key(
                ("provider_grants", "identity_id"),
                "identities",
                ForeignKeyAction::Cascade,
            ))
            .to_owned();
        manager.create_table(table).await?;
        unique(manager, "provider_grants", &["identity_id"]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::drop()
            .table("provider_grants")
            .if_exists()
            .to_owned();
        manager.drop_table(table).await
    }
}
