//! One of the manifests that an index lists.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "manifest_children")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub manifest_id: i64,
    pub position: i16,
    pub digest: String,
    pub media_type: String,
    pub platform: Option<String>,
    pub size: Option<i64>,
    pub dangling: bool,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::manifest::Entity",
        from = "Column::ManifestId",
        to = "super::manifest::Column::Id"
    )]
    Manifest,
}

impl Related<super::manifest::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Manifest.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
