//! A registry this service speaks for.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "registries")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub name: String,
    pub hostname: String,
    pub external_hostname: Option<String>,
    pub use_ssl: bool,
    pub token_header: super::TokenHeader,
    pub proxy: bool,
    pub events_secret_sha256: Option<String>,
    pub events_enforced: bool,
    pub last_event_at: Option<DateTime>,
    pub last_event_host: Option<String>,
    pub created_at: DateTime,
    pub updated_at: DateTime,
}

impl Model {
    /// What people know it by and clients write before a name: its external name, where it has one.
    pub fn shown_host(&self) -> &str {
        let external = self.external_hostname.as_deref();
        external
            .filter(|host| !host.is_empty())
            .unwrap_or(&self.hostname)
    }
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
