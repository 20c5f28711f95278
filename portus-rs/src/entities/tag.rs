//! A name for a manifest.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tags")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub repository_id: i64,
    pub name: String,
    pub digest: Option<String>,
    pub user_id: Option<i64>,
    pub username: Option<String>,
    /// [`Model::PENDING`], [`Model::SCANNING`], [`Model::SCANNED`], [`Model::FAILED`] or [`Model::UNSCANNABLE`].
    pub scanned: i16,
    pub marked: bool,
    pub observed_at: DateTime,
    pub pushed_at: DateTime,
    pub pulled_at: Option<DateTime>,
    pub pull_count: i64,
    pub created_at: DateTime,
    pub updated_at: DateTime,
}

impl Model {
    /// To be scanned when a scanner comes by.
    pub const PENDING: i16 = 0;
    /// A scanner has it in hand.
    pub const SCANNING: i16 = 1;
    /// The results are those of this digest.
    pub const SCANNED: i16 = 2;
    /// Scanners were asked often enough, in vain; until somebody wants it scanned again.
    pub const FAILED: i16 = 3;
    /// Nothing that a scanner understands.
    pub const UNSCANNABLE: i16 = 4;
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::repository::Entity",
        from = "Column::RepositoryId",
        to = "super::repository::Column::Id"
    )]
    Repository,
    #[sea_orm(
        belongs_to = "super::user::Entity",
        from = "Column::UserId",
        to = "super::user::Column::Id"
    )]
    User,
}

impl Related<super::repository::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Repository.def()
    }
}

impl Related<super::user::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::User.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
