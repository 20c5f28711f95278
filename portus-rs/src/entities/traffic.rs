//! Pushes to and pulls from a namespace on one day.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "traffic")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub namespace_id: i64,
    /// Days since 1970 in UTC.
    pub day: i64,
    pub pushes: i64,
    pub pulls: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The day of a moment.
pub fn day(at: chrono::NaiveDateTime) -> i64 {
    at.and_utc().timestamp().div_euclid(86_400)
}
