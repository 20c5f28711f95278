//! How much room images take, by namespace. What pages show was counted by a job; counting itself takes too long for
//! them.
//!
//! An image counts once a repository, by its digest, however many tags name it, and with all its layers. Layers that
//! images share count with each of them, so that the registry may need less. An index counts by itself: the images that
//! it lists are counted as such.

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use sea_orm::{
    ColumnTrait, EntityTrait, ExprTrait as _, JoinType, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect as _, RelationTrait as _,
    sea_query::{CaseStatement, Expr, Func},
};

use crate::{
    app::App,
    entities::{Details, activity, dialect, manifest, namespace, registry, repository, storage},
    error::Result,
    identity::actor::PORTUS,
    policy::{self, Who},
    protocol::manifest::LISTS,
};

/// What a namespace takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    pub namespace_id: i64,
    /// As people call it: a global one by its registry.
    pub name: String,
    pub bytes: i64,
}

/// What all that somebody sees takes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shares {
    /// Those that take most, the greatest first; none that is empty.
    pub greatest: Vec<Share>,
    /// How many there are besides, and what they take together.
    pub others: i64,
    pub others_bytes: i64,
    pub bytes: i64,
    /// When the oldest of these numbers was counted; none before that.
    pub counted_at: Option<NaiveDateTime>,
}

/// A row of the answer: id, name, whether it is the global one of a registry, that registry's host, and bytes; then of
/// all that are seen the bytes, how many there are, and when the first was counted.
type Found = (i64, String, bool, String, i64, i64, i64, NaiveDateTime);

/// The namespaces that take most, of those that this caller may see. One query.
pub async fn greatest(app: &App, who: Who, limit: u64) -> Result<Shares> {
    let whole = dialect::whole_number(app.database.backend());
    let of_all = |what: &str| Expr::cust(format!("CAST({what} OVER () AS {whole})"));
    let rows: Vec<Found> = storage::Entity::find()
        .select_only()
        .column(storage::Column::NamespaceId)
        .column(namespace::Column::Name)
        .column(namespace::Column::Global)
        .column(registry::Column::Hostname)
        .column(storage::Column::Bytes)
        .expr_as(of_all("SUM(storage.bytes)"), "all_bytes")
        .expr_as(of_all("COUNT(storage.id)"), "all_filled")
        .expr_as(
            Expr::cust("MIN(storage.counted_at) OVER ()"),
            "first_counted",
        )
        .join(JoinType::InnerJoin, storage::Relation::Namespace.def())
        .join(JoinType::InnerJoin, namespace::Relation::Registry.def())
        .filter(policy::visible::namespaces(who))
        .filter(namespace::Column::Name.ne(PORTUS))
        .filter(storage::Column::Bytes.gt(0))
        .order_by_desc(storage::Column::Bytes)
        .order_by_desc(storage::Column::Id)
        .limit(limit)
        .into_tuple()
        .all(app.database.reader())
        .await?;
    let Some((.., bytes, filled, counted_at)) = rows.first().cloned() else {
        return Ok(Shares::default());
    };
    let share = |(namespace_id, name, global, hostname, bytes, ..): Found| Share {
        namespace_id,
        name: if global { hostname } else { name },
        bytes,
    };
    let greatest: Vec<Share> = rows.into_iter().map(share).collect();
    let shown: i64 = greatest.iter().map(|it| it.bytes).sum();
    Ok(Shares {
        others: filled - i64::try_from(greatest.len()).unwrap_or(filled),
        others_bytes: bytes - shown,
        bytes,
        counted_at: Some(counted_at),
        greatest,
    })
}

/// What one namespace takes, once it has been counted.
pub async fn of_namespace(app: &App, id: i64) -> Result<Option<storage::Model>> {
    Ok(storage::Entity::find()
        .filter(storage::Column::NamespaceId.eq(id))
        .one(app.database.reader())
        .await?)
}

/// Namespaces after this one, by id, to be counted next.
pub async fn next_namespaces(app: &App, after: i64, limit: u64) -> Result<Vec<i64>> {
    Ok(namespace::Entity::find()
        .select_only()
        .column(namespace::Column::Id)
        .filter(namespace::Column::Id.gt(after))
        .order_by_asc(namespace::Column::Id)
        .limit(limit)
        .into_tuple()
        .all(app.database.reader())
        .await?)
}

/// What these namespaces take now, in bytes; those that hold nothing are not there.
pub async fn count(app: &App, namespaces: &[i64]) -> Result<BTreeMap<i64, i64>> {
    let column = |it: manifest::Column| Expr::col((manifest::Entity, it));
    let known = |it: manifest::Column| Func::coalesce([column(it), Expr::val(0_i64)]);
    let content: Expr = CaseStatement::new()
        .case(manifest::Column::MediaType.is_in(LISTS), 0_i64)
        .finally(known(manifest::Column::ImageSize))
        .into();
    let size = Expr::from(known(manifest::Column::ManifestSize)).add(content);
    let whole = dialect::whole_number(app.database.backend());
    let look = app.database.long_look().await?;
    let rows: Vec<(i64, i64)> = repository::Entity::find()
        .select_only()
        .column(repository::Column::NamespaceId)
        .expr_as(Func::cast_as(Func::sum(size), whole), "bytes")
        .join_rev(JoinType::InnerJoin, manifest::Relation::Repository.def())
        .filter(repository::Column::NamespaceId.is_in(namespaces.iter().copied()))
        .group_by(repository::Column::NamespaceId)
        .into_tuple()
        .all(look.reader())
        .await?;
    look.end().await?;
    Ok(rows.into_iter().collect())
}

/// What tells whether anything may have changed since a count: the newest entry of the audit log, the newest manifest,
/// and how many are still to be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    pub entry: Option<i64>,
    pub manifest: Option<i64>,
    pub unread: u64,
}

/// The mark of this moment.
pub async fn mark(app: &App) -> Result<Mark> {
    let reader = app.database.reader();
    let entry: Option<Option<i64>> = activity::Entity::find()
        .select_only()
        .column_as(activity::Column::Id.max(), "newest")
        .into_tuple()
        .one(reader)
        .await?;
    let manifest: Option<Option<i64>> = manifest::Entity::find()
        .select_only()
        .column_as(manifest::Column::Id.max(), "newest")
        .into_tuple()
        .one(reader)
        .await?;
    let unread = manifest::Entity::find()
        .filter(manifest::Column::Details.eq(Details::Pending))
        .count(reader)
        .await?;
    Ok(Mark {
        entry: entry.flatten(),
        manifest: manifest.flatten(),
        unread,
    })
}
