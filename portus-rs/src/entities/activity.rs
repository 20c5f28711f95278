//! Who did what to which thing.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "activities")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub key: String,
    pub actor_id: Option<i64>,
    pub actor_name: String,
    pub trackable_type: Option<String>,
    pub trackable_id: Option<i64>,
    /// What it was called then, where no column below says so.
    pub trackable_name: Option<String>,
    pub recipient_type: Option<String>,
    pub recipient_id: Option<i64>,
    pub recipient_name: Option<String>,
    pub registry_id: Option<i64>,
    pub team_id: Option<i64>,
    pub namespace_id: Option<i64>,
    pub namespace_name: Option<String>,
    pub repository_name: Option<String>,
    pub tag_name: Option<String>,
    pub visibility: Option<i64>,
    pub parameters: String,
    pub created_at: DateTime,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
