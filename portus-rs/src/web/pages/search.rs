//! What bears a name: repositories, namespaces and teams.

use sea_orm::{ColumnTrait as _, Condition, sea_query::Func};
use serde::Serialize;

use super::{
    explore::term,
    repositories::{Line, Place},
    route::{Route, get},
    table::{Shape, Table},
    view::{Moment, Page},
    visit::Member,
};
use crate::{
    entities::{dialect, namespace, team},
    error::Result,
    queries::{
        filter::Narrowed,
        list,
        namespaces::{self, Namespaces},
        presented::{NamespaceMore, Presented, TeamMore},
        repositories::{Repositories, Which, called},
        teams::Teams,
        viewer::Viewer,
    },
    web::error::PageResult,
};

const SHAPE: Shape = Shape {
    prefix: "",
    columns: &["name", "created_at", "updated_at"],
    sorted_by: "name",
    ascending: true,
    filter: "",
    per_page: None,
};

pub fn routes() -> Vec<Route> {
    vec![get("/search", show)]
}

/// What `search/show.html` shows.
#[derive(Serialize)]
pub struct Search {
    sought: String,
    /// Nothing was asked for.
    blank: bool,
    kinds: Vec<Kind>,
    /// The kind that is shown.
    kind: &'static str,
    repositories: Option<Table<Line>>,
    namespaces: Option<Table<Space>>,
    teams: Option<Table<Team>>,
}

#[derive(Serialize)]
struct Kind {
    name: &'static str,
    count: u64,
    href: String,
}

#[derive(Serialize)]
struct Space {
    place: Place,
    repositories: i64,
    webhooks: i64,
    created_at: Moment,
}

#[derive(Serialize)]
struct Team {
    id: i64,
    name: String,
    members: i64,
    namespaces: i64,
}

impl Space {
    fn new((row, more): (namespaces::Row, Option<NamespaceMore>)) -> Self {
        Self {
            place: Place::new(&row.namespace, &row.registry_host),
            repositories: more.as_ref().map_or(0, |it| it.repositories_count),
            webhooks: more.map_or(0, |it| it.webhooks_count),
            created_at: Moment(row.namespace.created_at),
        }
    }
}

impl Team {
    fn new((row, more): (team::Model, Option<TeamMore>)) -> Self {
        Self {
            id: row.id,
            name: row.name,
            members: more.as_ref().map_or(0, |it| it.users_count),
            namespaces: more.map_or(0, |it| it.namespaces_count),
        }
    }
}

impl Page for Search {
    const VIEW: &'static str = "search/show.html";

    fn samples() -> Vec<Self> {
        let kinds = || {
            let kind = |name| Kind {
                name,
                count: 2,
                href: "/search?search=a<canary>".to_owned(),
            };
            Vec::from(["repositories", "namespaces", "teams"].map(kind))
        };
        let page = |kind| Self {
            sought: "web<canary>".to_owned(),
            blank: false,
            kinds: kinds(),
            kind,
            repositories: None,
            namespaces: None,
            teams: None,
        };
        let space = || Space {
            place: Line::sample(1).namespace,
            repositories: 2,
            webhooks: 0,
            created_at: Moment(chrono::NaiveDateTime::default()),
        };
        let team = || Team {
            id: 1,
            name: "qa<canary>".to_owned(),
            members: 1,
            namespaces: 2,
        };
        vec![
            Self {
                blank: true,
                ..page("repositories")
            },
            page("repositories"),
            Self {
                repositories: Some(Table::sample(SHAPE, vec![Line::sample(1)])),
                ..page("repositories")
            },
            Self {
                namespaces: Some(Table::sample(SHAPE, vec![space(), space()])),
                ..page("namespaces")
            },
            Self {
                teams: Some(Table::sample(SHAPE, vec![team()])),
                ..page("teams")
            },
        ]
    }
}

/// What is looked for, as lists.
struct Lists {
    repositories: Narrowed<Repositories>,
    namespaces: Narrowed<Presented<Namespaces>>,
    teams: Narrowed<Presented<Teams>>,
}

impl Lists {
    fn new(visit: &Member, viewer: &Viewer, text: &str) -> Self {
        let backend = visit.app.database.backend();
        let text = text.to_lowercase();
        let holds = |column| Condition::all().add(dialect::contains(backend, column, text.clone()));
        let onlooker = || Some(viewer.clone());
        Self {
            repositories: Narrowed::to(
                Repositories {
                    viewer: viewer.clone(),
                    which: Which::All,
                },
                called(&text, backend),
            ),
            namespaces: Narrowed::to(
                Presented {
                    onlooker: onlooker(),
                    list: Namespaces {
                        viewer: viewer.clone(),
                        team_id: None,
                    },
                },
                holds(namespace::Column::Name.into_expr()).add(namespace::Column::Global.eq(false)),
            ),
            teams: Narrowed::to(
                Presented {
                    onlooker: onlooker(),
                    list: Teams {
                        viewer: viewer.clone(),
                    },
                },
                holds(Func::lower(team::Column::Name.into_expr()).into()),
            ),
        }
    }
}

async fn show(visit: Member) -> PageResult {
    let sought = visit.text("search");
    let wanted = term(&sought);
    let mut page = Search {
        blank: wanted.is_empty(),
        kinds: Vec::new(),
        kind: "repositories",
        repositories: None,
        namespaces: None,
        teams: None,
        sought: sought.clone(),
    };
    if !page.blank {
        let lists = Lists::new(&visit, &visit.viewer().await?, wanted);
        fill(&visit, &mut page, lists).await?;
    }
    visit.show("search", &page).await
}

async fn fill(visit: &Member, page: &mut Search, lists: Lists) -> Result<()> {
    let app = &visit.app;
    let counts = [
        ("repositories", list::count(app, &lists.repositories).await?),
        ("namespaces", list::count(app, &lists.namespaces).await?),
        ("teams", list::count(app, &lists.teams).await?),
    ];
    let address = |kind: &str| {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("search", &page.sought)
            .append_pair("type", kind)
            .finish();
        format!("/search?{query}")
    };
    page.kinds = counts
        .iter()
        .map(|&(name, count)| Kind {
            name,
            count,
            href: address(name),
        })
        .collect();
    let asked = visit.text("type");
    let named = counts.iter().find(|(name, _)| *name == asked);
    let found = counts.iter().find(|(_, count)| *count > 0);
    page.kind = named.or(found).map_or("repositories", |&(name, _)| name);
    match page.kind {
        "namespaces" => {
            let table = visit.plain_table(SHAPE, lists.namespaces, Space::new);
            page.namespaces = Some(table.await?);
        }
        "teams" => {
            page.teams = Some(visit.plain_table(SHAPE, lists.teams, Team::new).await?);
        }
        _ => {
            let table = visit.plain_table(SHAPE, lists.repositories, |row| Line::new(visit, row));
            page.repositories = Some(table.await?);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Search;

    crate::web::pages::view::renders!(Search);
}
