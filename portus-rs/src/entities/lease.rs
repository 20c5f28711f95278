//! Which process runs a job now.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "leases")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub name: String,
    pub holder: Option<String>,
    pub fence: i64,
    pub expires_at: Option<DateTime>,
    pub started_at: Option<DateTime>,
    pub finished_at: Option<DateTime>,
    pub outcome: Option<String>,
    pub last_error: Option<String>,
    pub next_run_at: Option<DateTime>,
    /// Who had it made due before its time, until it has run.
    pub wanted_by: Option<String>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
