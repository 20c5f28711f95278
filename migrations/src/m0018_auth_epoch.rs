//! One number that grows with every change to accounts and permissions, so that caches know when they are old.

use sea_orm_migration::prelude::*;

use crate::columns::Columns;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let c = Columns::of(manager);
        let table = c
            .table("auth_epoch")
            .col(c.id())
            .col(c.count("value"))
            .to_owned();
        manager.create_table(table).await?;
        let seeded = Query::insert()
            .into_table("auth_epoch")
            .columns(["id", "value"])
            .values_panic([1.into(), 0.into()])
            .on_conflict(OnConflict::column("id").update_column("id").to_owned())
            .to_owned();
        manager.execute(seeded).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("auth_epoch").if_exists().to_owned())
            .await
    }
}
