//! An image, index or artifact by digest.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "manifests")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub repository_id: i64,
    pub digest: String,
    pub media_type: String,
    pub artifact_type: Option<String>,
    pub config_digest: Option<String>,
    pub config_media_type: Option<String>,
    pub manifest_size: Option<i64>,
    pub image_size: Option<i64>,
    pub platforms: Option<String>,
    pub subject: Option<String>,
    pub details: super::Details,
    pub attempts: i16,
    pub next_attempt_at: Option<DateTime>,
    pub pulled_at: Option<DateTime>,
    pub pull_count: i64,
    pub created_at: DateTime,
    pub updated_at: DateTime,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::repository::Entity",
        from = "Column::RepositoryId",
        to = "super::repository::Column::Id"
    )]
    Repository,
}

impl Related<super::repository::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Repository.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
