//! Wrong passwords and tokens of one source for one name.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "login_failures")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub address: String,
    /// A canonical user name; empty for all names together.
    pub account: String,
    pub failures: i64,
    pub since: DateTime,
    pub last_at: DateTime,
    pub held_until: Option<DateTime>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
