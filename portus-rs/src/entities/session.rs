//! A browser that has signed in.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sessions")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub user_id: i64,
    pub secret_sha256: String,
    /// The account's when it signed in: a newer one ends the session.
    pub credentials_version: i64,
    /// Lasts without being used.
    pub remember: bool,
    pub address: String,
    pub user_agent: String,
    pub created_at: DateTime,
    pub last_seen_at: DateTime,
    /// The end, however much it is used.
    pub expires_at: DateTime,
    /// When its owner last showed again that it is them.
    pub confirmed_at: Option<DateTime>,
    /// The account at an identity provider through which it began, if it did.
    pub identity_id: Option<i64>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::user::Entity",
        from = "Column::UserId",
        to = "super::user::Column::Id"
    )]
    User,
}

impl Related<super::user::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::User.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
