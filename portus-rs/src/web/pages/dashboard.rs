//! The page at `/`: what concerns the reader; the form to sign in for everybody else.

mod health;

use serde::Serialize;

use self::health::Sign;
use super::{
    activity::{self, Entry},
    chart::{Chart, Ranking},
    form::Form,
    repositories::Line,
    route::{Route, get},
    sign_in,
    view::Page,
    visit::{Member, Turned, Visit, Visitor},
};
use crate::{
    error::Result,
    policy::Who,
    queries::{
        dashboard::{self, Choice, Counts},
        namespaces, storage,
        traffic::{self, Day},
        viewer::Viewer,
    },
    web::error::PageResult,
};

/// Days that the charts show.
const DAYS: i64 = 30;
/// Namespaces whose storage has a bar.
const SHARES: u64 = 5;

pub fn routes() -> Vec<Route> {
    vec![get("/", show).live(), get("/dashboard", elsewhere)]
}

/// What `dashboard/show.html` shows.
#[derive(Serialize)]
pub struct Dashboard {
    tiles: Option<Tiles>,
    health: Vec<Sign>,
    /// Which entries: `personal`, or for admins `admin`.
    feed: &'static str,
    entries: Vec<Entry>,
    /// Which repositories: `all`, `starred` or `personal`.
    choice: &'static str,
    repositories: Vec<Line>,
    repositories_count: u64,
    pushes: Chart,
    pulls: Chart,
    /// What their images take.
    storage: Option<Ranking>,
    /// Where the reader may push, as long as they see no repository.
    home: Option<String>,
    first_steps: bool,
}

#[derive(Serialize)]
struct Tiles {
    registries: u64,
    users: u64,
    teams: u64,
    namespaces: u64,
}

impl Tiles {
    fn of(counts: Counts, registries: usize) -> Self {
        Self {
            registries: u64::try_from(registries).unwrap_or(u64::MAX),
            users: counts.users,
            teams: counts.teams,
            namespaces: counts.namespaces,
        }
    }
}

impl Page for Dashboard {
    const VIEW: &'static str = "dashboard/show.html";

    fn samples() -> Vec<Self> {
        let days: Vec<Day> = (0..DAYS)
            .map(|day| Day {
                day,
                pushes: day % 4,
                pulls: 0,
            })
            .collect();
        let page = |first_steps: bool, choice| Self {
            tiles: None,
            health: Vec::new(),
            feed: "personal",
            entries: Vec::new(),
            choice,
            repositories: Vec::new(),
            repositories_count: 0,
            pushes: Chart::of_days(&days, |it| it.pushes),
            pulls: Chart::of_days(&days, |it| it.pulls),
            storage: (!first_steps).then(|| Ranking::sample(0)),
            home: first_steps.then(|| "ann<canary>".to_owned()),
            first_steps,
        };
        let full = Self {
            tiles: Some(Tiles {
                registries: 1,
                users: 12,
                teams: 3,
                namespaces: 9,
            }),
            health: Sign::samples(),
            feed: "admin",
            entries: Entry::samples(),
            repositories: (1..4).map(Line::sample).collect(),
            repositories_count: 40,
            ..page(false, "starred")
        };
        vec![
            page(true, "all"),
            page(false, "starred"),
            page(false, "personal"),
            full,
        ]
    }
}

/// Either of two pages at one address.
enum Either {
    In(Member),
    Out(Visit),
}

impl Visitor for Either {
    async fn admit(visit: Visit) -> Result<Self, Turned> {
        if visit.session.is_some() {
            Member::admit(visit).await.map(Self::In)
        } else {
            Ok(Self::Out(visit))
        }
    }
}

/// Where older versions had it.
async fn elsewhere(visit: Visit) -> PageResult {
    Ok(visit.go("/"))
}

async fn show(visit: Either) -> PageResult {
    match visit {
        Either::Out(visit) => sign_in::form(&visit, Form::new("user")).await,
        Either::In(member) => {
            let page = dashboard(&member).await?;
            member.show("dashboard", &page).await
        }
    }
}

async fn dashboard(visit: &Member) -> Result<Dashboard> {
    let app = &visit.app;
    let viewer = visit.viewer().await?;
    let admin = viewer.standing_nowhere().is_admin();
    let (choice, chosen) = match visit.text("repositories").as_str() {
        "starred" => (Choice::Starred, "starred"),
        "personal" => (Choice::Personal, "personal"),
        _ => (Choice::All, "all"),
    };
    let (found, count) = dashboard::repositories(app, &viewer, choice).await?;
    let all = admin && visit.text("activities") == "admin";
    let rows = dashboard::newest(app, reader(&viewer, all)).await?;
    let days = traffic::last_days(app, &viewer, DAYS).await?;
    let shares = storage::greatest(app, viewer.who, SHARES).await?;
    let first_steps = choice == Choice::All && count == 0;
    let (mut tiles, mut health) = (None, Vec::new());
    if admin {
        let counts = dashboard::counts(app).await?;
        health = health::signs(visit).await?;
        if !counts.portus {
            health.insert(0, Sign::no_portus());
        }
        let registries = visit.facts.all_registries().await?;
        tiles = Some(Tiles::of(counts, registries.len()));
    }
    Ok(Dashboard {
        tiles,
        health,
        feed: if all { "admin" } else { "personal" },
        entries: activity::entries(app, &viewer, visit.language, &rows).await?,
        choice: chosen,
        repositories: found.into_iter().map(|row| Line::new(visit, row)).collect(),
        repositories_count: count,
        pushes: Chart::of_days(&days, |it| it.pushes),
        pulls: Chart::of_days(&days, |it| it.pulls),
        storage: Ranking::of(shares),
        home: if first_steps {
            namespaces::pushable(app, &viewer).await?
        } else {
            None
        },
        first_steps,
    })
}

/// Whose entries: an admin's own are those that they would see without being one.
fn reader(viewer: &Viewer, all: bool) -> Who {
    match viewer.who {
        Who::User { id, admin: true } if !all => Who::User { id, admin: false },
        who => who,
    }
}

#[cfg(test)]
mod tests {
    use super::Dashboard;

    crate::web::pages::view::renders!(Dashboard);
}
