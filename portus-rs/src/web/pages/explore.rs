//! What anybody may pull, for visitors too, where that is switched on.

use std::collections::HashMap;

use serde::Serialize;

use super::{
    repositories::Line,
    route::{Route, get},
    table::{Shape, Table},
    view::Page,
    visit::Visit,
};
use crate::{
    queries::{
        filter::Narrowed,
        list::{self, Listing as _},
        repositories::{Repositories, Which, called},
        tags,
    },
    web::{error::PageResult, markdown},
};

/// Tags shown of a repository.
const TAGS: i64 = 10;

const SHAPE: Shape = Shape {
    prefix: "",
    columns: &["name", "updated_at"],
    sorted_by: "updated_at",
    ascending: false,
    filter: "",
    per_page: None,
};

pub fn routes() -> Vec<Route> {
    vec![get("/explore", show).without_review()]
}

/// What `explore/show.html` shows.
#[derive(Serialize)]
pub struct Explore {
    sought: String,
    /// Whether anything was sought, be it nothing in particular.
    asked: bool,
    repositories: Table<Found>,
}

#[derive(Serialize)]
struct Found {
    #[serde(flatten)]
    line: Line,
    /// What it says of itself, in one sentence or a few.
    summary: Option<String>,
    names: Vec<String>,
    more: i64,
}

impl Page for Explore {
    const VIEW: &'static str = "explore/show.html";

    fn samples() -> Vec<Self> {
        let found = |id| Found {
            line: Line::sample(id),
            summary: (id == 1).then(|| "about <canary>".to_owned()),
            names: vec!["1.0<canary>".to_owned()],
            more: id - 1,
        };
        let page = |asked, rows| Self {
            sought: "web<canary>".to_owned(),
            asked,
            repositories: Table::sample(SHAPE, rows),
        };
        vec![
            page(false, Vec::new()),
            page(true, Vec::new()),
            page(true, vec![found(1)]),
            page(true, vec![found(1), found(2)]),
        ]
    }
}

/// What is looked for: a pasted reference is looked for without its tag.
pub fn term(text: &str) -> &str {
    text.split(':').next().unwrap_or_default().trim()
}

async fn show(visit: Visit) -> PageResult {
    let app = &visit.app;
    if !app.config.anonymous_browsing {
        return Ok(visit.go("/"));
    }
    let sought = visit.text("explore[search]");
    let wanted = term(&sought).to_lowercase();
    let viewer = visit.viewer().await?;
    let repositories = Repositories {
        viewer,
        which: Which::All,
    };
    let list = &Narrowed::to(repositories, called(&wanted, app.database.backend()));
    let found = visit.table_of(SHAPE, async |wanted| {
        let (by, descending) = wanted.order;
        let (ids, total) = list::page(app, list, by, descending, wanted.slice).await?;
        let rows = list.load(app, &ids).await?;
        let names = tags::newest_names(app, &ids, TAGS).await?;
        let counts = tags::counts_of_images(app, &ids).await?;
        Ok((dressed(&visit, rows, names, &counts), total))
    });
    let page = Explore {
        asked: visit.params.read().string("explore[search]").is_some(),
        repositories: found.await?,
        sought,
    };
    visit.show("explore", &page).await
}

fn dressed(
    visit: &Visit,
    rows: Vec<crate::queries::repositories::Row>,
    mut names: HashMap<i64, Vec<String>>,
    counts: &HashMap<i64, i64>,
) -> Vec<Found> {
    let found = rows.into_iter().map(|row| {
        let line = Line::new(visit, row);
        let names = names.remove(&line.id).unwrap_or_default();
        let shown = i64::try_from(names.len()).unwrap_or(0);
        Found {
            summary: line.description.as_deref().and_then(markdown::summary),
            more: counts.get(&line.id).map_or(0, |all| all - shown),
            names,
            line,
        }
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::{Explore, term};

    crate::web::pages::view::renders!(Explore);

    #[test]
    fn a_reference_is_looked_for_without_its_tag() {
        assert_eq!(term(" etcd:2.1.1"), "etcd");
        assert_eq!(term("a/b"), "a/b");
        assert_eq!(term(":"), "");
    }
}
