//! A person, a bot or the service's own account.

use sea_orm::entity::prelude::*;

/// The hidden account that stands for the service's own work.
pub const PORTUS: &str = "portus";

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "a row has the columns it has"
)]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub username: String,
    pub canonical_name: String,
    pub email: Option<String>,
    pub password_hash: String,
    pub admin: bool,
    pub enabled: bool,
    pub bot: bool,
    pub display_name: Option<String>,
    pub provider: Option<String>,
    pub uid: Option<String>,
    pub ldap_group_checked: i16,
    pub sign_in_count: i64,
    pub current_sign_in_at: Option<DateTime>,
    pub last_sign_in_at: Option<DateTime>,
    pub current_sign_in_ip: Option<String>,
    pub last_sign_in_ip: Option<String>,
    pub failed_attempts: i64,
    pub locked_at: Option<DateTime>,
    pub credentials_version: i64,
    /// A password alone opens nothing.
    pub second_factor: bool,
    /// The team that a bot belongs to and whose owners look after it.
    pub owner_team_id: Option<i64>,
    /// Of the LDAP directory: its password is the one there.
    pub directory: bool,
    /// Since when the directory does not have it any more.
    pub directory_gone_at: Option<DateTime>,
    /// An admin because a group of the directory says so.
    pub directory_admin: bool,
    /// Since when the identity provider that it came from does not vouch for it any more.
    pub provider_gone_at: Option<DateTime>,
    /// The tag of the language in which they want pages.
    pub language: Option<String>,
    pub created_at: DateTime,
    pub updated_at: DateTime,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
