//! Tags of which something is not known that the registry could tell.

use sea_orm::{
    ColumnTrait, Condition, EntityTrait, FromQueryResult, JoinType, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, RelationTrait as _, Select,
    sea_query::{Expr, ExprTrait as _, IntoCondition as _},
};

use super::sync;
use crate::{
    database::Database,
    entities::{Details, manifest, namespace, repository, tag},
    error::Result,
};

/// Rows read at once.
const PAGE: u64 = 500;

/// A tag and where it is.
#[derive(Clone, Debug, FromQueryResult)]
pub struct StaleTag {
    pub id: i64,
    pub name: String,
    pub registry_id: i64,
    repository: String,
    namespace: String,
    global: bool,
}

impl StaleTag {
    /// The repository's full name.
    pub fn repository(&self) -> String {
        sync::full_name(
            (!self.global).then_some(self.namespace.as_str()),
            &self.repository,
        )
    }
}

/// Tags without a digest or whose manifest has not been read; with `all`, every tag.
fn stale(all: bool) -> Select<tag::Entity> {
    let find = tag::Entity::find()
        .join(JoinType::InnerJoin, tag::Relation::Repository.def())
        .join(JoinType::InnerJoin, repository::Relation::Namespace.def());
    if all {
        return find;
    }
    let read = manifest::Entity::find()
        .select_only()
        .expr(Expr::val(1))
        .filter(
            Expr::col((manifest::Entity, manifest::Column::RepositoryId))
                .equals((tag::Entity, tag::Column::RepositoryId)),
        )
        .filter(
            Expr::col((manifest::Entity, manifest::Column::Digest))
                .equals((tag::Entity, tag::Column::Digest)),
        )
        .filter(manifest::Column::Details.eq(Details::Known));
    find.filter(
        Condition::any()
            .add(tag::Column::Digest.is_null())
            .add(tag::Column::Digest.eq(""))
            .add(
                Expr::exists(sea_orm::QueryTrait::into_query(read))
                    .not()
                    .into_condition(),
            ),
    )
}

/// How many there are.
pub async fn count(database: &Database, all: bool) -> Result<u64> {
    Ok(stale(all).count(database.reader()).await?)
}

/// The next ones behind this id.
pub async fn after(database: &Database, all: bool, id: i64) -> Result<Vec<StaleTag>> {
    Ok(stale(all)
        .select_only()
        .columns([tag::Column::Id, tag::Column::Name])
        .column(namespace::Column::RegistryId)
        .column_as(repository::Column::Name, "repository")
        .column_as(namespace::Column::Name, "namespace")
        .column(namespace::Column::Global)
        .filter(tag::Column::Id.gt(id))
        .order_by_asc(tag::Column::Id)
        .limit(PAGE)
        .into_model()
        .all(database.reader())
        .await?)
}
