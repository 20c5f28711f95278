//! Tables of any length: order and page come from the address, under names that begin with the table's prefix, so that
//! a page may have several and every state of it has an address.

use serde::Serialize;

use super::visit::Visit;
use crate::{
    error::Result,
    queries::{
        filter::{Narrowed, Value},
        list::{self, Listing, Slice},
        presented::{Presentable, Presented},
    },
};

/// How a table is called, ordered and cut.
#[derive(Clone, Copy)]
pub struct Shape {
    /// Ahead of the names of its parameters, as `tm_` in `tm_page`.
    pub prefix: &'static str,
    /// What it can be sorted by: names that the list knows.
    pub columns: &'static [&'static str],
    pub sorted_by: &'static str,
    pub ascending: bool,
    /// The list's filter behind the field above the table, as `name_contains`; empty for no such field.
    pub filter: &'static str,
    /// How many rows there are on a page; as configured where it says nothing.
    pub per_page: Option<u32>,
}

/// Rows with what is needed to sort them and turn pages.
#[derive(Clone, Debug, Serialize)]
pub struct Table<R> {
    pub prefix: &'static str,
    pub rows: Vec<R>,
    pub total: u64,
    /// Numbers of the first and last row on the page; 0 for no rows.
    pub from: u64,
    pub to: u64,
    pub heads: Vec<Head>,
    /// None where one page holds everything.
    pub pages: Vec<Step>,
    pub previous: Option<String>,
    pub next: Option<String>,
    /// What the filter field holds.
    pub filter: String,
    /// Everything in the address but this table's filter and page, for its form: names and values.
    pub kept: Vec<(String, String)>,
}

/// A column that can be sorted by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Head {
    pub column: &'static str,
    /// Sorts by it, or the other way round.
    pub href: String,
    /// `ascending` or `descending`, as `aria-sort` says it; empty for the others.
    pub order: &'static str,
}

/// A page that can be turned to, or a gap.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    pub number: u64,
    pub href: String,
    pub current: bool,
    pub gap: bool,
}

/// What is asked of whoever finds a table's rows.
pub struct Wanted {
    /// The column, and whether the largest comes first.
    pub order: (&'static str, bool),
    pub slice: Slice,
    /// What the filter field holds; empty for everything.
    pub sought: String,
}

/// What the address says about a table.
struct Asked {
    page: u64,
    sort_by: &'static str,
    ascending: bool,
    path: String,
    pairs: Vec<(String, String)>,
    prefix: &'static str,
}

impl Asked {
    fn of(visit: &Visit, shape: Shape) -> Self {
        let pairs = url::form_urlencoded::parse(visit.request.query_string().as_bytes());
        Self::read(visit.path(), pairs.into_owned().collect(), shape)
    }

    fn read(path: &str, pairs: Vec<(String, String)>, shape: Shape) -> Self {
        let given = |name: &str| {
            let named = pairs.iter().rev();
            let mut named = named.filter(|(key, _)| key.strip_prefix(shape.prefix) == Some(name));
            named.next().map(|(_, value)| value.as_str())
        };
        let wanted = given("sort_by");
        let known = shape.columns.iter().find(|it| Some(**it) == wanted);
        Self {
            page: given("page").and_then(|it| it.parse().ok()).unwrap_or(1),
            sort_by: known.unwrap_or(&shape.sorted_by),
            ascending: given("sort_asc").map_or(shape.ascending, |it| it == "true"),
            path: path.to_owned(),
            prefix: shape.prefix,
            pairs,
        }
    }

    /// The address with other values for some of the table's own parameters.
    fn href(&self, changes: &[(&str, String)]) -> String {
        let own = |key: &str| key.strip_prefix(self.prefix).map(str::to_owned);
        let kept = self.pairs.iter().filter(|(key, _)| {
            own(key).is_none_or(|it| !changes.iter().any(|(name, _)| *name == it))
        });
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(kept);
        for (name, value) in changes {
            query.append_pair(&format!("{}{name}", self.prefix), value);
        }
        format!("{}?{}", self.path, query.finish())
    }

    fn turn(&self, page: u64) -> String {
        self.href(&[("page", page.to_string())])
    }

    fn head(&self, column: &'static str) -> Head {
        let current = column == self.sort_by;
        let ascending = !(current && self.ascending);
        Head {
            column,
            href: self.href(&[
                ("sort_by", column.to_owned()),
                ("sort_asc", ascending.to_string()),
                ("page", "1".to_owned()),
            ]),
            order: match (current, self.ascending) {
                (false, _) => "",
                (true, true) => "ascending",
                (true, false) => "descending",
            },
        }
    }

    /// The first and last page, and some around the current one.
    fn steps(&self, page: u64, last: u64, around: u64) -> Vec<Step> {
        if last < 2 {
            return Vec::new();
        }
        // The window keeps its width at both ends.
        let width = around.saturating_mul(2).min(last - 1);
        let from = page.saturating_sub(around).max(1).min(last - width);
        let to = from + width;
        let step = |number: u64, gap: bool| Step {
            number,
            href: self.turn(number),
            current: number == page,
            gap,
        };
        let mut steps: Vec<Step> = (from..=to).map(|it| step(it, false)).collect();
        if from > 1 {
            if from > 2 {
                steps.insert(0, step(from - 1, true));
            }
            steps.insert(0, step(1, false));
        }
        if to < last {
            if to + 1 < last {
                steps.push(step(to + 1, true));
            }
            steps.push(step(last, false));
        }
        steps
    }
}

impl Visit {
    /// The page of a list that the address asks for, the rows dressed for pages.
    pub async fn table<L, V>(
        &self,
        shape: Shape,
        list: L,
        view: impl Fn(L::Row, L::More) -> V,
    ) -> Result<Table<V>>
    where
        L: Presentable,
        L::Row: Sync,
    {
        let onlooker = Some(self.viewer().await?);
        let presented = Presented { list, onlooker };
        let table = self.plain_table(shape, presented, |row| row).await?;
        let dressed = |(row, more): (L::Row, Option<L::More>)| Some(view(row, more?));
        Ok(table.map(dressed))
    }

    /// The page of a list that the address asks for.
    pub async fn plain_table<L: Listing, V>(
        &self,
        shape: Shape,
        list: L,
        view: impl Fn(L::Row) -> V,
    ) -> Result<Table<V>> {
        let backend = self.app.database.backend();
        let filter = L::filters().iter().find(|it| it.name == shape.filter);
        let sought = self.text(&format!("{}q", shape.prefix));
        let given = filter.filter(|_| !sought.is_empty());
        let given = given.map(|filter| (filter, Value::Text(sought)));
        let list = Narrowed::by(list, given.into_iter().collect(), backend);
        let app = &self.app;
        let list = &list;
        self.table_of(shape, async |wanted: &Wanted| {
            let (by, descending) = wanted.order;
            let (ids, total) = list::page(app, list, by, descending, wanted.slice).await?;
            let rows = list.load(app, &ids).await?;
            Ok((rows.into_iter().map(&view).collect(), total))
        })
        .await
    }

    /// The page that the address asks for of what is no plain list: `find` gives the rows of a slice, and how many rows
    /// there are.
    pub async fn table_of<V>(
        &self,
        shape: Shape,
        find: impl AsyncFn(&Wanted) -> Result<(Vec<V>, u64)>,
    ) -> Result<Table<V>> {
        let asked = Asked::of(self, shape);
        let pagination = &self.app.config.pagination;
        let size = u64::from(shape.per_page.unwrap_or(pagination.per_page).max(1));
        let wanted = |page: u64| Wanted {
            order: (asked.sort_by, !asked.ascending),
            sought: self.text(&format!("{}q", shape.prefix)),
            slice: Slice {
                offset: (page - 1).saturating_mul(size),
                limit: size,
            },
        };
        let mut page = asked.page.max(1);
        let (mut rows, total) = find(&wanted(page)).await?;
        let last = total.div_ceil(size).max(1);
        if page > last {
            // What was on the last page has gone meanwhile.
            page = last;
            (rows, _) = find(&wanted(page)).await?;
        }
        let Wanted { slice, sought, .. } = wanted(page);
        let offset = slice.offset;
        let here = rows.len() as u64;
        let own = |key: &str| key.strip_prefix(shape.prefix).map(str::to_owned);
        Ok(Table {
            prefix: shape.prefix,
            rows,
            total,
            from: if here == 0 { 0 } else { offset + 1 },
            to: offset + here,
            heads: shape.columns.iter().map(|it| asked.head(it)).collect(),
            pages: asked.steps(page, last, u64::from(pagination.before_after)),
            previous: (page > 1).then(|| asked.turn(page - 1)),
            next: (page < last).then(|| asked.turn(page + 1)),
            filter: sought,
            kept: asked
                .pairs
                .iter()
                .filter(|(key, _)| own(key).is_none_or(|it| it != "q" && it != "page"))
                .cloned()
                .collect(),
        })
    }
}

impl<R> Table<R> {
    pub fn rows(&self) -> &[R] {
        &self.rows
    }

    /// The same table with these rows in the places of its own.
    #[must_use]
    pub fn dressed<V>(self, rows: Vec<V>) -> Table<V> {
        let mut rows = rows.into_iter();
        self.map(|_| rows.next())
    }

    /// The same table of other rows; what becomes nothing is left out.
    fn map<V>(self, view: impl FnMut(R) -> Option<V>) -> Table<V> {
        Table {
            prefix: self.prefix,
            rows: self.rows.into_iter().filter_map(view).collect(),
            total: self.total,
            from: self.from,
            to: self.to,
            heads: self.heads,
            pages: self.pages,
            previous: self.previous,
            next: self.next,
            filter: self.filter,
            kept: self.kept,
        }
    }

    /// A table for samples: these rows on the middle one of several pages.
    pub fn sample(shape: Shape, rows: Vec<R>) -> Self {
        let pairs = vec![("q".to_owned(), "<canary>".to_owned())];
        let asked = Asked::read("/path", pairs, shape);
        let many = rows.len() > 1;
        Self {
            prefix: shape.prefix,
            total: if many { 95 } else { rows.len() as u64 },
            from: u64::from(!rows.is_empty()),
            to: rows.len() as u64,
            heads: shape.columns.iter().map(|it| asked.head(it)).collect(),
            pages: asked.steps(5, if many { 10 } else { 1 }, 2),
            previous: many.then(|| asked.turn(4)),
            next: many.then(|| asked.turn(6)),
            filter: "<canary>".to_owned(),
            kept: asked.pairs,
            rows,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: Shape = Shape {
        prefix: "tm_",
        columns: &["name", "created_at"],
        sorted_by: "name",
        ascending: true,
        filter: "name_contains",
        per_page: None,
    };

    fn asked(query: &str) -> Asked {
        let pairs = url::form_urlencoded::parse(query.as_bytes());
        Asked::read("/teams", pairs.into_owned().collect(), SHAPE)
    }

    fn numbers(steps: &[Step]) -> String {
        let texts = steps.iter().map(|it| match (it.gap, it.current) {
            (true, _) => "…".to_owned(),
            (_, true) => format!("[{}]", it.number),
            _ => it.number.to_string(),
        });
        texts.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_address_says_order_and_page() {
        let it = asked("tm_sort_by=created_at&tm_sort_asc=false&tm_page=3");
        assert_eq!(
            (it.sort_by, it.ascending, it.page),
            ("created_at", false, 3)
        );
        let it = asked("sort_by=created_at&tm_sort_by=password&tm_page=-1");
        assert_eq!((it.sort_by, it.ascending, it.page), ("name", true, 1));
    }

    #[test]
    fn other_tables_keep_their_state() {
        let it = asked("page=7&tm_page=2&q=a%26b");
        assert_eq!(it.turn(3), "/teams?page=7&q=a%26b&tm_page=3");
        let head = it.head("name");
        assert_eq!(head.order, "ascending");
        assert_eq!(
            head.href,
            "/teams?page=7&q=a%26b&tm_sort_by=name&tm_sort_asc=false&tm_page=1"
        );
        assert_eq!(it.head("created_at").order, "");
    }

    #[test]
    fn pages_around_the_current_one_are_offered() {
        let it = asked("");
        for (page, last, text) in [
            (1, 1, ""),
            (1, 2, "[1] 2"),
            (1, 9, "[1] 2 3 4 5 … 9"),
            (5, 9, "1 … 3 4 [5] 6 7 … 9"),
            (3, 9, "1 2 [3] 4 5 … 9"),
            (9, 9, "1 … 5 6 7 8 [9]"),
        ] {
            assert_eq!(numbers(&it.steps(page, last, 2)), text, "{page} of {last}");
        }
    }
}
