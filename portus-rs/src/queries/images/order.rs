//! How many images a repository has, and which of them are the next by their last push.

use sea_orm::{
    ColumnTrait, Condition, EntityTrait, ExprTrait as _, Order, PaginatorTrait as _, QueryFilter,
    QueryOrder as _, QuerySelect as _, QueryTrait, Select,
    sea_query::{Alias, Expr, Query},
};

use super::{belongs, rows};
use crate::{app::App, entities::tag, error::Result, queries::list::Slice};

/// How many images there are.
pub struct Found {
    pub images: u64,
    /// Whether several tags may point to the same one.
    pub shared: bool,
}

impl Found {
    /// All of a repository. Most of it is counted along an index, and then what goes with other images is taken off: to
    /// ask each tag for its name would be to read them all.
    pub async fn all(app: &App, repository_id: i64) -> Result<Self> {
        let reader = app.database.reader();
        let digest = tag::Column::Digest;
        let here = || tag::Entity::find().filter(tag::Column::RepositoryId.eq(repository_id));
        let tags = here().count(reader).await?;
        let single = here().filter(digest.is_null()).count(reader).await?
            + here().filter(digest.eq("")).count(reader).await?;
        let shared = distinct(app, here()).await?;
        let images = (single + shared).saturating_sub(hidden(app, repository_id).await?);
        Ok(Self {
            images,
            shared: single + shared < tags,
        })
    }

    /// Those that these tags point to; one that points to nothing known counts for itself.
    pub async fn among(app: &App, rows: &Select<tag::Entity>) -> Result<Self> {
        let single = rows.clone().filter(alone()).count(app.database.reader());
        Ok(Self {
            images: single.await? + distinct(app, rows.clone()).await?,
            shared: true,
        })
    }
}

/// Images that have only tags which go with others.
async fn hidden(app: &App, repository_id: i64) -> Result<u64> {
    // As a range, so that an index finds them; no name has a sign between these two.
    let name = tag::Column::Name;
    let going = || {
        tag::Entity::find()
            .filter(tag::Column::RepositoryId.eq(repository_id))
            .filter(name.gte("sha256-").and(name.lt("sha256.")))
            .filter(belongs(repository_id))
    };
    let single = going().filter(alone()).count(app.database.reader()).await?;
    // Looked up first, with a limit that limits nothing: to find each digest once, SQLite would walk along all of them.
    let few = going()
        .select_only()
        .column(tag::Column::Digest)
        .limit(i64::MAX.unsigned_abs())
        .into_query();
    let mut theirs = tag::Entity::find();
    QueryTrait::query(&mut theirs)
        .from_clear()
        .from_subquery(few, tag::Entity);
    let digests = distinct(app, theirs).await?;
    if digests == 0 {
        return Ok(single);
    }
    let theirs = going()
        .select_only()
        .column(tag::Column::Digest)
        .into_query();
    let otherwise = rows(repository_id).filter(tag::Column::Digest.in_subquery(theirs));
    Ok(single + digests.saturating_sub(distinct(app, otherwise).await?))
}

async fn distinct(app: &App, rows: Select<tag::Entity>) -> Result<u64> {
    let digests = rows
        .filter(tag::Column::Digest.gt(""))
        .select_only()
        .column(tag::Column::Digest)
        .distinct();
    Ok(digests.count(app.database.reader()).await?)
}

/// Tags whose digest is not known.
fn alone() -> Condition {
    let digest = tag::Column::Digest;
    Condition::any().add(digest.is_null()).add(digest.eq(""))
}

/// A slice of the images by their last push: walks along the tags from the nearer end, and passes over those that are
/// not the newest of their image.
pub async fn by_push(
    app: &App,
    mut rows: Select<tag::Entity>,
    descending: bool,
    slice: Slice,
    found: &Found,
) -> Result<Vec<(i64, Option<String>)>> {
    if found.shared {
        rows = rows.filter(Condition::any().add(alone()).add(newest_of_image()));
    }
    let total = found.images;
    let wanted = Ord::min(slice.limit, total.saturating_sub(slice.offset));
    if wanted == 0 {
        return Ok(Vec::new());
    }
    let backwards = slice.offset > total / 2;
    let skipped = if backwards {
        total - slice.offset - wanted
    } else {
        slice.offset
    };
    let order = if descending == backwards {
        Order::Asc
    } else {
        Order::Desc
    };
    let mut heads: Vec<(i64, Option<String>)> = rows
        .select_only()
        .column(tag::Column::Id)
        .column(tag::Column::Digest)
        .order_by(tag::Column::PushedAt, order.clone())
        .order_by(tag::Column::Id, order)
        .offset(skipped)
        .limit(wanted)
        .into_tuple()
        .all(app.database.reader())
        .await?;
    if backwards {
        heads.reverse();
    }
    Ok(heads)
}

/// One look at the end of the image's place in an index.
fn newest_of_image() -> Expr {
    let other = Alias::new("other");
    let theirs = |column: tag::Column| Expr::col((other.clone(), column));
    let own = |column: tag::Column| Expr::col((tag::Entity, column));
    let newest = Query::select()
        .expr(theirs(tag::Column::Id))
        .from_as(tag::Entity, other.clone())
        .and_where(theirs(tag::Column::RepositoryId).eq(own(tag::Column::RepositoryId)))
        .and_where(theirs(tag::Column::Digest).eq(own(tag::Column::Digest)))
        .order_by_expr(theirs(tag::Column::PushedAt), Order::Desc)
        .order_by_expr(theirs(tag::Column::Id), Order::Desc)
        .limit(1)
        .to_owned();
    own(tag::Column::Id).eq(Expr::SubQuery(None, Box::new(newest.into())))
}
