//! A secret that stands in for a person's password.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "application_tokens")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub user_id: i64,
    pub application: String,
    pub token_sha256: Option<String>,
    pub token_bcrypt: Option<String>,
    pub created_at: Option<DateTime>,
    pub last_used_at: Option<DateTime>,
    pub expires_at: Option<DateTime>,
    pub scope: super::TokenScope,
    /// The only namespace it is good for.
    pub namespace_id: Option<i64>,
    pub last_used_ip: Option<String>,
    pub last_used_client: Option<String>,
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
