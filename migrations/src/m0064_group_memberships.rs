//! Memberships that came from a group remember it in one place, be it a group of the LDAP directory or one of an identity
//! provider, so that one change by hand makes them somebody's own.

use sea_orm_migration::prelude::*;

use crate::{
    columns::{Columns, add_column},
    m0048_provider_memberships,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let c = Columns::of(manager);
        rename(manager, "directory_group", "group_name").await?;
        // Whoever names the group; null for the directory.
        add_column(manager, "team_users", c.text("group_issuer")).await?;
        if !manager.has_table("provider_memberships").await? {
            return Ok(());
        }
        let of = |column| {
            format!(
                "(SELECT p.{column} FROM provider_memberships p WHERE p.team_user_id = team_users.id)"
            )
        };
        let moved = format!(
            "UPDATE team_users SET group_name = {}, group_issuer = {} \
             WHERE id IN (SELECT team_user_id FROM provider_memberships)",
            of("group_name"),
            of("issuer")
        );
        manager.get_connection().execute_unprepared(&moved).await?;
        let gone = Table::drop().table("provider_memberships").to_owned();
        manager.drop_table(gone).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        m0048_provider_memberships::Migration.up(manager).await?;
        let back = "INSERT INTO provider_memberships (team_user_id, issuer, group_name) \
                    SELECT id, group_issuer, group_name FROM team_users WHERE group_issuer IS NOT NULL";
        let own = "UPDATE team_users SET group_name = NULL WHERE group_issuer IS NOT NULL";
        for statement in [back, own] {
            manager
                .get_connection()
                .execute_unprepared(statement)
                .await?;
        }
        let table = Table::alter()
            .table("team_users")
            .drop_column("group_issuer")
            .to_owned();
        manager.alter_table(table).await?;
        rename(manager, "group_name", "directory_group").await
    }
}

/// Renames a column unless that has been done.
async fn rename(
    manager: &SchemaManager<'_>,
    from: &'static str,
    to: &'static str,
) -> Result<(), DbErr> {
    if manager.has_column("team_users", to).await? {
        return Ok(());
    }
    let table = Table::alter()
        .table("team_users")
        .rename_column(from, to)
        .to_owned();
    manager.alter_table(table).await
}
