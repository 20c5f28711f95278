//! A membership that came from a group at an identity provider.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "provider_memberships")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub team_user_id: i64,
    pub issuer: String,
    pub group_name: String,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
