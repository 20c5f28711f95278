//! Lists of any length: ids first, in order, then their rows in bounded batches.

use sea_orm::{
    EntityTrait, FromQueryResult, Order, QueryOrder as _, QuerySelect as _, Select, sea_query::Expr,
};

use super::filter::Filter;
use crate::{app::App, error::Result};

/// Rows loaded at once.
pub const BATCH: usize = 500;

/// From here on sorting all rows of a list takes longer than finding those of a page along the order.
const MANY: u64 = 10_000;

/// A part of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slice {
    pub offset: u64,
    pub limit: u64,
}

/// Something there is a list of.
pub trait Listing: Send + Sync + Sized + 'static {
    type Entity: EntityTrait;
    type Row: Send;

    /// The rows that the caller may see and asked for.
    fn select(&self) -> Select<Self::Entity>;

    /// The same rows, where so many are known to be left that walking along the order finds a page of them soonest.
    fn select_along(&self) -> Select<Self::Entity> {
        self.select()
    }

    fn id() -> <Self::Entity as EntityTrait>::Column;

    /// The column that a list may be sorted by under this name.
    fn sort_column(name: &str) -> Option<<Self::Entity as EntityTrait>::Column>;

    /// What the list can be narrowed to.
    fn filters() -> &'static [Filter] {
        &[]
    }

    /// The rows of these ids in their order, with all that belongs to them, by a fixed number of queries. What is gone
    /// meanwhile is left out.
    fn load(&self, app: &App, ids: &[i64]) -> impl Future<Output = Result<Vec<Self::Row>>> + Send;
}

#[derive(FromQueryResult)]
struct Count {
    count: i64,
}

/// How many rows a list has.
pub async fn count<L: Listing>(app: &App, list: &L) -> Result<u64> {
    let found = list
        .select()
        .select_only()
        .column_as(Expr::cust("COUNT(*)"), "count")
        .into_model::<Count>()
        .one(app.database.reader())
        .await?;
    Ok(found.map_or(0, |row| u64::try_from(row.count).unwrap_or(0)))
}

/// The ids of a slice in order, and how many the whole list has.
///
/// A database walks over everything ahead of a slice, so what lies in the second half is reached from the end.
pub async fn page<L: Listing>(
    app: &App,
    list: &L,
    sort_by: &str,
    descending: bool,
    slice: Slice,
) -> Result<(Vec<i64>, u64)> {
    let total = count(app, list).await?;
    let select = |slice: Slice| {
        let near = slice.offset < total / 4;
        if total >= MANY && near {
            list.select_along()
        } else {
            list.select()
        }
    };
    if slice.offset <= total / 2 {
        let select = select(slice);
        let found = ordered::<L>(app, select, sort_by, descending, Some(slice)).await?;
        return Ok((found, total));
    }
    let limit = slice.limit.min(total.saturating_sub(slice.offset));
    if limit == 0 {
        return Ok((Vec::new(), total));
    }
    let mirrored = Slice {
        offset: total - slice.offset - limit,
        limit,
    };
    let select = select(mirrored);
    let mut found = ordered::<L>(app, select, sort_by, !descending, Some(mirrored)).await?;
    found.reverse();
    Ok((found, total))
}

/// The ids of a list in order, all of them or a slice. Unknown names of columns mean the id.
pub async fn ids<L: Listing>(
    app: &App,
    list: &L,
    sort_by: &str,
    descending: bool,
    slice: Option<Slice>,
) -> Result<Vec<i64>> {
    ordered::<L>(app, list.select(), sort_by, descending, slice).await
}

async fn ordered<L: Listing>(
    app: &App,
    select: Select<L::Entity>,
    sort_by: &str,
    descending: bool,
    slice: Option<Slice>,
) -> Result<Vec<i64>> {
    let order = if descending { Order::Desc } else { Order::Asc };
    let mut select = select.select_only().column(L::id());
    if let Some(column) = L::sort_column(sort_by) {
        select = select.order_by(column, order.clone());
    }
    select = select.order_by(L::id(), order);
    if let Some(slice) = slice {
        // SQLite and PostgreSQL count in signed numbers.
        let offset = slice.offset.min(i64::MAX.unsigned_abs());
        select = select.offset(offset).limit(slice.limit);
    }
    Ok(select.into_tuple().all(app.database.reader()).await?)
}

/// Puts rows into the order of their ids.
pub fn in_order<R>(ids: &[i64], rows: impl IntoIterator<Item = (i64, R)>) -> Vec<R> {
    let mut by_id: std::collections::HashMap<i64, R> = rows.into_iter().collect();
    ids.iter().filter_map(|id| by_id.remove(id)).collect()
}
