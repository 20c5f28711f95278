//! An authenticator: what somebody has beside their password.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "second_factors")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub user_id: i64,
    /// Opened by [`crate::keys::Vault`].
    pub key_sealed: String,
    /// Until then it is only being set up.
    pub confirmed_at: Option<DateTime>,
    /// Of the latest code, none before which is good any more.
    pub last_step: i64,
    pub created_at: DateTime,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
