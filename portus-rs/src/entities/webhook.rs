//! Where the news of a namespace is sent, and how.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webhooks")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub namespace_id: i64,
    pub name: String,
    /// `http` or `https`, without user name and password.
    pub url: String,
    pub request_method: super::RequestMethod,
    pub content_type: super::ContentType,
    pub username: Option<String>,
    /// For basic authentication together with the user name; opened by `keys::Vault`.
    pub password_sealed: Option<String>,
    /// Signs the body, see the header `X-Portus-Signature-256`; opened by `keys::Vault`.
    pub secret_sealed: Option<String>,
    /// Send bare JSON as a form too, as Portus 2.x did, and not in a field `payload`.
    pub raw_body: bool,
    pub enabled: bool,
    pub created_at: DateTime,
    pub updated_at: DateTime,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::namespace::Entity",
        from = "Column::NamespaceId",
        to = "super::namespace::Column::Id"
    )]
    Namespace,
}

impl Related<super::namespace::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Namespace.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
