//! One comparison with a registry's catalog.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sync_runs")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub registry_id: i64,
    pub strategy: String,
    pub state: super::SyncState,
    pub repositories: i64,
    pub tags: i64,
    pub added: i64,
    pub changed: i64,
    pub removed: i64,
    pub errors: i64,
    pub message: Option<String>,
    pub plan: Option<String>,
    /// Who wanted it, if it was not the schedule.
    pub requested_by: Option<String>,
    /// The run whose plan, held back until then, it carries out.
    pub confirms: Option<i64>,
    /// While it waits, when it was wanted.
    pub started_at: DateTime,
    pub updated_at: DateTime,
    pub finished_at: Option<DateTime>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
