//! What lets an identity provider be asked again about somebody.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "provider_grants")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// There is one at most for each.
    pub identity_id: i64,
    /// See `Purpose::Grant`.
    pub sealed: String,
    /// Grows with each change, so that nobody writes over what somebody else has renewed.
    pub version: i64,
    /// Times it has been shown to the provider since an answer was last kept. More than one: an answer was lost, and it
    /// may have been used up.
    pub tries: i64,
    /// When the provider last vouched for the person.
    pub checked_at: DateTime,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::identity::Entity",
        from = "Column::IdentityId",
        to = "super::identity::Column::Id"
    )]
    Identity,
}

impl Related<super::identity::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Identity.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
