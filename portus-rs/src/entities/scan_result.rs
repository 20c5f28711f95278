//! A weakness found behind a tag, as one scanner judged it for that very image: what is severe in one distribution may be
//! harmless or repaired in another.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "scan_results")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub tag_id: i64,
    pub vulnerability_id: i64,
    pub scanner: String,
    pub severity: String,
    pub link: String,
    pub fixed_by: String,
    pub created_at: DateTime,
    pub updated_at: DateTime,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::tag::Entity",
        from = "Column::TagId",
        to = "super::tag::Column::Id"
    )]
    Tag,
    #[sea_orm(
        belongs_to = "super::vulnerability::Entity",
        from = "Column::VulnerabilityId",
        to = "super::vulnerability::Column::Id"
    )]
    Vulnerability,
}

impl Related<super::tag::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Tag.def()
    }
}

impl Related<super::vulnerability::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Vulnerability.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
