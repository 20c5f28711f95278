//! People, bots and the service's own account.

use sea_orm_migration::prelude::*;

use crate::columns::{Columns, index, unique};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let c = Columns::of(manager);
        let table = c
            .table("users")
            .col(c.id())
            .col(c.name("username").not_null())
            .col(c.name("canonical_name").not_null())
            .col(c.name("email"))
            .col(c.name("password_hash").not_null().default(""))
            .col(c.flag("admin"))
            .col(c.flag("enabled"))
            .col(c.flag("bot"))
            .col(c.name("display_name"))
            .col(c.name("provider"))
            .col(c.name("uid"))
            .col(c.small("ldap_group_checked"))
            .col(c.count("sign_in_count"))
            .col(c.time("current_sign_in_at"))
            .col(c.time("last_sign_in_at"))
            .col(c.name("current_sign_in_ip"))
            .col(c.name("last_sign_in_ip"))
            .col(c.count("failed_attempts"))
            .col(c.time("locked_at"))
            .col(c.count("credentials_version"))
            // The team that a bot belongs to. The table of teams comes later, so the bond is kept by the actions.
            .col(c.reference("owner_team_id"))
            .col(c.time("created_at").not_null())
            .col(c.time("updated_at").not_null())
            .to_owned();
        manager.create_table(table).await?;
        unique(manager, "users", &["username"]).await?;
        unique(manager, "users", &["canonical_name"]).await?;
        unique(manager, "users", &["email"]).await?;
        unique(manager, "users", &["display_name"]).await?;
        index(manager, "users", &["owner_team_id"]).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("users").if_exists().to_owned())
            .await
    }
}
