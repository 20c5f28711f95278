//! What lies in a repository, by digest: an image with all its tags, an index with its platforms, and what refers to
//! them. A page of it takes a fixed number of queries, however many tags there are.

mod belongings;
mod order;

use std::collections::{BTreeMap, HashMap};

use sea_orm::{
    ColumnTrait, Condition, EntityTrait, ExprTrait as _, Order, QueryFilter, QueryOrder as _,
    QuerySelect as _, QueryTrait as _, Select,
    sea_query::{Alias, Expr, Func, Query, SelectStatement},
};

use super::{list::Slice, tags, vulnerabilities};
use crate::{
    app::App,
    entities::{dialect, manifest, tag},
    error::Result,
};

pub use belongings::{Listed, Part, Referrer, listed_in};
use order::{Found, by_push};

/// Tags shown of one image; the count tells whether there are more.
pub const TAGS_SHOWN: i64 = 30;

/// A manifest with all its tags, or a tag whose digest is not known.
pub struct Image {
    pub digest: Option<String>,
    /// By name, at most [`TAGS_SHOWN`] of them, those that were pushed last.
    pub tags: Vec<tags::Row>,
    pub tags_count: i64,
    pub manifest: Option<manifest::Model>,
    /// What an index lists.
    pub parts: Vec<Part>,
    /// Signatures, bills of materials and the like.
    pub referrers: Vec<Referrer>,
    /// By severity; `None` without a scanner and while a scan is to come.
    pub weaknesses: Option<BTreeMap<String, i64>>,
}

/// What the images of a repository can be sorted by.
pub const COLUMNS: &[&str] = &["name", "pushed_at", "pulled_at", "size"];

/// A slice of a repository's images in order, and how many there are: those with a tag or digest that holds the text.
pub async fn page(
    app: &App,
    repository_id: i64,
    (sort_by, descending): (&str, bool),
    sought: &str,
    slice: Slice,
) -> Result<(Vec<Image>, u64)> {
    let reader = app.database.reader();
    let mut rows = rows(repository_id);
    if !sought.is_empty() {
        let backend = app.database.backend();
        let holds =
            |column: tag::Column| dialect::contains(backend, column.into_expr(), sought.to_owned());
        let found = Condition::any()
            .add(holds(tag::Column::Name))
            .add(holds(tag::Column::Digest));
        rows = rows.filter(found);
    }
    let found = if sought.is_empty() {
        Found::all(app, repository_id).await?
    } else {
        Found::among(app, &rows).await?
    };
    let total = found.images;
    if sort_by == "pushed_at" && sought.is_empty() {
        let heads = by_push(app, rows, descending, slice, &found).await?;
        return Ok((dress(app, repository_id, heads).await?, total));
    }
    let order = if descending { Order::Desc } else { Order::Asc };
    let heads: Vec<(i64, Option<String>)> = rows
        .select_only()
        .expr_as(tag::Column::Id.max(), "head")
        .expr_as(tag::Column::Digest.max(), "shared")
        .group_by(own_or_shared())
        .order_by(rank(sort_by, descending), order.clone())
        .order_by(tag::Column::Id.max(), order)
        .offset(Ord::min(slice.offset, i64::MAX.unsigned_abs()))
        .limit(slice.limit)
        .into_tuple()
        .all(reader)
        .await?;
    let images = dress(app, repository_id, heads).await?;
    Ok((images, total))
}

/// The images of these digests, in their order; those that no tag points to are left out.
pub async fn of_digests(app: &App, repository_id: i64, digests: &[String]) -> Result<Vec<Image>> {
    let heads: Vec<(i64, Option<String>)> = tag::Entity::find()
        .filter(tag::Column::RepositoryId.eq(repository_id))
        .filter(tag::Column::Digest.is_in(digests))
        .select_only()
        .expr_as(tag::Column::Id.max(), "head")
        .expr_as(tag::Column::Digest.max(), "shared")
        .group_by(tag::Column::Digest)
        .into_tuple()
        .all(app.database.reader())
        .await?;
    let place = |shared: &Option<String>| digests.iter().position(|it| Some(it) == shared.as_ref());
    let mut heads = heads;
    heads.sort_by_key(|(_, shared)| place(shared));
    dress(app, repository_id, heads).await
}

/// The images of these tags alone, those of them that have no digest.
pub async fn of_tags(app: &App, repository_id: i64, ids: &[i64]) -> Result<Vec<Image>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let unknown = Condition::any()
        .add(tag::Column::Digest.is_null())
        .add(tag::Column::Digest.eq(""));
    let heads: Vec<i64> = tag::Entity::find()
        .select_only()
        .column(tag::Column::Id)
        .filter(tag::Column::RepositoryId.eq(repository_id))
        .filter(tag::Column::Id.is_in(ids.iter().copied()))
        .filter(unknown)
        .into_tuple()
        .all(app.database.reader())
        .await?;
    let heads = heads.into_iter().map(|id| (id, None)).collect();
    dress(app, repository_id, heads).await
}

/// The tags that are images of their own: what signs or describes another by the convention of its name goes with that,
/// as long as it is there.
fn rows(repository_id: i64) -> Select<tag::Entity> {
    tag::Entity::find()
        .filter(tag::Column::RepositoryId.eq(repository_id))
        .filter(belongs(repository_id).not())
}

/// Whether a tag goes with another image.
fn belongs(repository_id: i64) -> Condition {
    let name = || Expr::col((tag::Entity, tag::Column::Name));
    let part = |from: i32, length: Option<i32>| {
        let mut function = Func::cust("SUBSTR").arg(name()).arg(from);
        if let Some(length) = length {
            function = function.arg(length);
        }
        Expr::from(function)
    };
    let about = Func::cust("CONCAT").arg("sha256:").arg(part(8, Some(64)));
    let there = manifest::Entity::find()
        .select_only()
        .column(manifest::Column::Id)
        .filter(manifest::Column::RepositoryId.eq(repository_id))
        .filter(Expr::col((manifest::Entity, manifest::Column::Digest)).eq(Expr::from(about)))
        .into_query();
    Condition::all()
        .add(tag::Column::Name.starts_with("sha256-"))
        .add(part(72, None).is_in(["", ".sig", ".att", ".sbom"]))
        .add(Expr::exists(there))
}

/// What tags of one image have in common, and others have not.
fn own_or_shared() -> Expr {
    let digest = Func::cust("NULLIF")
        .arg(tag::Column::Digest.into_expr())
        .arg("");
    let own = Func::cust("CONCAT")
        .arg("#")
        .arg(tag::Column::Id.into_expr());
    Func::coalesce([Expr::from(digest), Expr::from(own)]).into()
}

fn rank(sort_by: &str, descending: bool) -> Expr {
    match sort_by {
        "name" if descending => tag::Column::Name.max(),
        "name" => tag::Column::Name.min(),
        // What was never pulled is older than everything, on every database.
        "pulled_at" => Func::coalesce([
            tag::Column::PulledAt.max(),
            Expr::val(chrono::NaiveDateTime::default()),
        ])
        .into(),
        "size" => {
            let size = manifest::Entity::find()
                .select_only()
                .column(manifest::Column::ImageSize)
                .filter(
                    Expr::col((manifest::Entity, manifest::Column::RepositoryId))
                        .equals((tag::Entity, tag::Column::RepositoryId)),
                )
                .filter(
                    Expr::col((manifest::Entity, manifest::Column::Digest))
                        .equals((tag::Entity, tag::Column::Digest)),
                )
                .into_query();
            let size = Expr::SubQuery(None, Box::new(size.into()));
            Func::coalesce([Func::max(size).into(), Expr::val(-1_i64)]).into()
        }
        _ => tag::Column::PushedAt.max(),
    }
}

async fn dress(
    app: &App,
    repository_id: i64,
    heads: Vec<(i64, Option<String>)>,
) -> Result<Vec<Image>> {
    let known = |digest: Option<String>| digest.filter(|it| !it.is_empty());
    let heads: Vec<(i64, Option<String>)> = heads
        .into_iter()
        .map(|(id, digest)| (id, known(digest)))
        .collect();
    let digests: Vec<String> = heads.iter().filter_map(|(_, it)| it.clone()).collect();
    let own: Vec<i64> = heads
        .iter()
        .filter(|(_, digest)| digest.is_none())
        .map(|(id, _)| *id)
        .collect();
    let (ids, counts) = newest(app, repository_id, &digests).await?;
    let ids: Vec<i64> = ids.into_iter().chain(own).collect();
    let rows = tags::by_ids(app, &ids).await?;
    let mut weak = vulnerabilities::counts(app, rows.iter().map(|row| &row.tag)).await?;
    let manifests: Vec<&manifest::Model> = rows
        .iter()
        .filter_map(|row| row.manifest.as_ref())
        .collect();
    let belongings = belongings::of(app, repository_id, &manifests).await?;
    let mut groups: HashMap<Option<String>, Vec<tags::Row>> = HashMap::new();
    let mut alone: HashMap<i64, tags::Row> = HashMap::new();
    for row in rows {
        match known(row.tag.digest.clone()) {
            None => {
                alone.insert(row.tag.id, row);
            }
            digest => groups.entry(digest).or_default().push(row),
        }
    }
    let images = heads.into_iter().filter_map(|(head, digest)| {
        let mut tags = if digest.is_some() {
            groups.remove(&digest)?
        } else {
            vec![alone.remove(&head)?]
        };
        tags.sort_by(|a, b| a.tag.name.cmp(&b.tag.name));
        let manifest = tags.iter().find_map(|row| row.manifest.clone());
        let shown = i64::try_from(tags.len()).unwrap_or(i64::MAX);
        let counted = digest.as_ref().and_then(|it| counts.get(it)).copied();
        let (parts, referrers) = digest
            .as_deref()
            .map(|it| belongings.of(it))
            .unwrap_or_default();
        Some(Image {
            tags_count: Ord::max(counted.unwrap_or(shown), shown),
            weaknesses: tags.iter().find_map(|row| weak.remove(&row.tag.id)),
            manifest,
            parts,
            referrers,
            digest,
            tags,
        })
    });
    Ok(images.collect())
}

/// The tags of each of these digests that were pushed last, and how many each has.
async fn newest(
    app: &App,
    repository_id: i64,
    digests: &[String],
) -> Result<(Vec<i64>, HashMap<String, i64>)> {
    if digests.is_empty() {
        return Ok(Default::default());
    }
    let place = Alias::new("place");
    let ranked: SelectStatement = Query::select()
        .column(tag::Column::Id)
        .expr_as(
            Expr::cust("ROW_NUMBER() OVER (PARTITION BY digest ORDER BY pushed_at DESC, id DESC)"),
            place.clone(),
        )
        .from(tag::Entity)
        .and_where(Expr::col(tag::Column::RepositoryId).eq(repository_id))
        .and_where(Expr::col(tag::Column::Digest).is_in(digests))
        .to_owned();
    let first = Query::select()
        .column(tag::Column::Id)
        .from_subquery(ranked, Alias::new("ranked"))
        .and_where(Expr::col(place).lte(TAGS_SHOWN))
        .to_owned();
    let reader = app.database.reader();
    let ids = tag::Entity::find()
        .select_only()
        .column(tag::Column::Id)
        .filter(tag::Column::Id.in_subquery(first))
        .into_tuple()
        .all(reader)
        .await?;
    let counts: Vec<(String, i64)> = tag::Entity::find()
        .select_only()
        .column(tag::Column::Digest)
        .column_as(tag::Column::Id.count(), "tags")
        .filter(tag::Column::RepositoryId.eq(repository_id))
        .filter(tag::Column::Digest.is_in(digests))
        .group_by(tag::Column::Digest)
        .into_tuple()
        .all(reader)
        .await?;
    Ok((ids, counts.into_iter().collect()))
}
