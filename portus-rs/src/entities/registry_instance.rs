//! A registry process that has sent events.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "registry_instances")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub registry_id: i64,
    pub instance: String,
    pub created_at: DateTime,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
