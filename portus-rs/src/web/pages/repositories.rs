//! Repositories: the caller's own, and the others that they may see.

use serde::Serialize;

use super::{
    people::Person,
    route::{Route, get},
    table::{Shape, Table},
    view::{Moment, Page},
    visit::{Member, Visit},
};
use crate::{
    queries::{
        namespaces,
        repositories::{self, Repositories, Which},
        tags,
    },
    web::error::PageResult,
};

const OWN: Shape = Shape {
    prefix: "",
    columns: &["name", "updated_at"],
    sorted_by: "updated_at",
    ascending: false,
    filter: "called",
    per_page: None,
};
const OTHER: Shape = Shape {
    prefix: "o_",
    ..OWN
};

pub fn routes() -> Vec<Route> {
    vec![get("/repositories", list).live()]
}

/// What `repositories/list.html` shows.
#[derive(Serialize)]
pub struct List {
    own: Table<Line>,
    other: Table<Line>,
    /// Where the caller may push; none if that is nowhere.
    home: Option<String>,
}

/// A repository in a list.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    pub id: i64,
    pub name: String,
    pub namespace: Place,
    pub description: Option<String>,
    pub tags: i64,
    pub stars: i64,
    pub starred: bool,
    pub last: Option<Last>,
    pub updated_at: Moment,
    /// As clients write it, without a tag.
    pub reference: String,
}

/// The namespace of something.
#[derive(Clone, Debug, Serialize)]
pub struct Place {
    pub id: i64,
    /// As people know it: a global one goes by its registry's host.
    pub name: String,
    pub global: bool,
    /// What clients write before the name; pages show it where there is more than one.
    pub registry: String,
    pub visibility: &'static str,
}

/// What was pushed last.
#[derive(Clone, Debug, Serialize)]
pub struct Last {
    pub id: i64,
    pub tag: String,
    pub author: Option<Person>,
    pub pushed_at: Moment,
    pub size: Option<i64>,
    pub platforms: Vec<String>,
}

impl Place {
    pub fn new(namespace: &crate::entities::namespace::Model, host: &str) -> Self {
        Self {
            id: namespace.id,
            name: if namespace.global {
                host.to_owned()
            } else {
                namespace.name.clone()
            },
            global: namespace.global,
            registry: host.to_owned(),
            visibility: namespace.visibility.as_str(),
        }
    }
}

impl Line {
    pub fn new(visit: &Visit, row: repositories::Row) -> Self {
        let (it, host) = (row.repository, row.registry_hostname);
        let reference = if row.namespace.global {
            format!("{host}/{}", it.name)
        } else {
            format!("{host}/{}/{}", row.namespace.name, it.name)
        };
        Self {
            namespace: Place::new(&row.namespace, &host),
            reference,
            id: it.id,
            name: it.name,
            description: it.description.filter(|text| !text.trim().is_empty()),
            tags: row.tags_count,
            stars: row.stars,
            starred: row.starred,
            last: row.last_tag.map(|it| Last::new(visit, it)),
            updated_at: Moment(it.updated_at),
        }
    }
}

impl Last {
    fn new(visit: &Visit, row: tags::Row) -> Self {
        Self {
            platforms: row.platforms(),
            id: row.tag.id,
            author: Person::of(visit, row.author.as_ref(), row.tag.username.as_deref()),
            pushed_at: Moment(row.tag.pushed_at),
            size: row.manifest.and_then(|it| it.image_size),
            tag: row.tag.name,
        }
    }
}

impl Line {
    /// For samples.
    pub fn sample(id: i64) -> Self {
        Self {
            id,
            name: "web<canary>".to_owned(),
            namespace: Place {
                id: 7,
                name: "shop<canary>".to_owned(),
                global: id == 3,
                registry: "registry.test<canary>".to_owned(),
                visibility: "protected",
            },
            description: Some("says <canary>".to_owned()),
            tags: id,
            stars: 3,
            starred: id == 1,
            last: (id != 4).then(|| Last {
                id: 1,
                tag: "1.0<canary>".to_owned(),
                author: (id != 3).then(|| Person::sample(id == 1)),
                pushed_at: Moment(chrono::NaiveDateTime::default()),
                size: Some(1 << 20),
                platforms: vec!["linux/amd64<canary>".to_owned()],
            }),
            updated_at: Moment(chrono::NaiveDateTime::default()),
            reference: "registry.test/shop/web<canary>".to_owned(),
        }
    }
}

impl Page for List {
    const VIEW: &'static str = "repositories/list.html";

    fn samples() -> Vec<Self> {
        let none = || Table::sample(OTHER, Vec::new());
        let some = |shape| Table::sample(shape, (1..5).map(Line::sample).collect());
        vec![
            Self {
                own: none(),
                other: none(),
                home: Some("ann<canary>".to_owned()),
            },
            Self {
                own: some(OWN),
                other: some(OTHER),
                home: None,
            },
        ]
    }
}

async fn list(visit: Member) -> PageResult {
    let viewer = visit.viewer().await?;
    let of = |which| Repositories {
        viewer: viewer.clone(),
        which,
    };
    let line = |row| Line::new(&visit, row);
    let page = List {
        own: visit.plain_table(OWN, of(Which::Own), line).await?,
        other: visit.plain_table(OTHER, of(Which::Others), line).await?,
        home: namespaces::pushable(&visit.app, &viewer).await?,
    };
    visit.show("repositories", &page).await
}

#[cfg(test)]
mod tests {
    use super::List;

    crate::web::pages::view::renders!(List);
}
