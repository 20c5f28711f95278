//! What happens by itself: the jobs, comparisons with registries, and notifications that were given up.

use serde::Serialize;
use serde_json::Value;

use super::{
    job::{Job, known},
    took::Took,
};
use crate::{
    actions::{inbox, sync_runs},
    entities::SyncState,
    error::Result,
    queries::{
        self,
        dead_events::{DeadEvents, Row as Dead},
        jobs, repositories,
        sync_runs::{Row as Run, SyncRuns},
    },
    web::{
        error::PageResult,
        pages::{
            people,
            route::{Route, get, post},
            table::{Shape, Table},
            view::{Moment, Page},
            visit::Admin,
        },
    },
};

/// A failure as recent as this is pointed out.
const LATELY: chrono::TimeDelta = chrono::TimeDelta::hours(24);

const RUNS: Shape = Shape {
    prefix: "r_",
    columns: &["started_at", "finished_at", "state"],
    sorted_by: "started_at",
    ascending: false,
    filter: "registry",
    per_page: None,
};

const DEAD: Shape = Shape {
    prefix: "e_",
    columns: &["received_at", "repository", "action", "attempts"],
    sorted_by: "received_at",
    ascending: false,
    filter: "repository_contains",
    per_page: None,
};

pub fn routes() -> Vec<Route> {
    vec![
        get("/admin/jobs", list),
        get("/admin/sync/{id}", show_run),
        post("/admin/sync/{id}/confirm", confirm),
        get("/admin/events", dead),
        post("/admin/events/replay", replay_all),
        post("/admin/events/{id}/replay", replay),
    ]
}

/// What `admin/jobs.html` shows.
#[derive(Serialize)]
pub struct Jobs {
    jobs: Vec<Job>,
    runs: Table<ShownRun>,
}

/// A comparison.
#[derive(Serialize)]
pub struct ShownRun {
    id: i64,
    registry_id: i64,
    registry: String,
    state: &'static str,
    strategy: String,
    requested_by: Option<String>,
    /// The page about whoever that is.
    requester: Option<String>,
    /// The comparison whose removals, held back until then, this one carries out. It looks at nothing else.
    confirms: Option<i64>,
    repositories: i64,
    tags: i64,
    added: i64,
    changed: i64,
    removed: i64,
    errors: i64,
    message: Option<String>,
    started_at: Moment,
    finished_at: Option<Moment>,
    took: Option<Took>,
}

impl From<Run> for ShownRun {
    fn from(Run { run, registry }: Run) -> Self {
        Self {
            id: run.id,
            registry_id: registry.id,
            registry: registry.name,
            state: run.state.as_str(),
            strategy: run.strategy,
            requested_by: run.requested_by,
            requester: None,
            confirms: run.confirms,
            repositories: run.repositories,
            tags: run.tags,
            added: run.added,
            changed: run.changed,
            removed: run.removed,
            errors: run.errors,
            message: run.message,
            started_at: Moment(run.started_at),
            finished_at: run.finished_at.map(Moment),
            took: Took::between(Some(run.started_at), run.finished_at),
        }
    }
}

/// Has each lead to whoever wanted it.
async fn with_requesters(visit: &Admin, runs: &mut [ShownRun]) -> Result<()> {
    let names = runs.iter().filter_map(|it| it.requested_by.as_deref());
    let pages = people::pages(visit, names).await?;
    for run in runs {
        let name = run.requested_by.as_ref();
        run.requester = name.and_then(|it| pages.get(it).cloned());
    }
    Ok(())
}

impl ShownRun {
    pub fn sample(state: &'static str) -> Self {
        Self {
            id: 7,
            registry_id: 3,
            registry: "<canary>".to_owned(),
            state,
            strategy: "update-delete".to_owned(),
            requested_by: Some("<canary>".to_owned()),
            requester: (state == "done").then(|| "/users/edit".to_owned()),
            confirms: (state == "failed").then_some(6),
            repositories: 3,
            tags: 9,
            added: 1,
            changed: 1,
            removed: 1,
            errors: 1,
            message: Some("<canary>".to_owned()),
            started_at: Moment(chrono::NaiveDateTime::default()),
            finished_at: None,
            took: Took::samples().pop().filter(|_| state != "running"),
        }
    }
}

/// What `admin/sync.html` shows.
#[derive(Serialize)]
pub struct Comparison {
    run: ShownRun,
    /// What is to go once somebody confirms it.
    plan: Vec<String>,
    /// The run whose plan waits in place of this one's, which is void.
    waits_now: Option<i64>,
}

/// What `admin/events.html` shows.
#[derive(Serialize)]
pub struct Events {
    events: Table<Event>,
}

#[derive(Serialize)]
struct Event {
    id: i64,
    registry_id: i64,
    registry: String,
    action: String,
    repository: String,
    /// That repository, if it is known.
    repository_id: Option<i64>,
    host: Option<String>,
    attempts: i16,
    error: Option<String>,
    received_at: Moment,
}

impl From<Dead> for Event {
    fn from(row: Dead) -> Self {
        let host = row.host();
        let Dead { event, registry } = row;
        Self {
            id: event.id,
            registry_id: registry.id,
            registry: registry.name,
            action: event.action,
            repository: event.repository,
            repository_id: None,
            host,
            attempts: event.attempts,
            error: event.last_error,
            received_at: Moment(event.created_at),
        }
    }
}

impl Page for Jobs {
    const VIEW: &'static str = "admin/jobs.html";

    fn samples() -> Vec<Self> {
        let states = ["waiting", "running", "done", "failed", "held"];
        vec![
            Self {
                jobs: Job::samples(false),
                runs: Table::sample(RUNS, Vec::new()),
            },
            Self {
                jobs: Job::samples(true),
                runs: Table::sample(RUNS, states.map(ShownRun::sample).into()),
            },
        ]
    }
}

impl Page for Comparison {
    const VIEW: &'static str = "admin/sync.html";

    fn samples() -> Vec<Self> {
        let page = |state, plan: &[&str], waits_now| Self {
            run: ShownRun::sample(state),
            plan: plan.iter().map(|it| (*it).to_owned()).collect(),
            waits_now,
        };
        vec![
            page("held", &["a/<canary>", "b/c"], None),
            page("done", &["a/<canary>", "b/c"], Some(8)),
            page("done", &["a/<canary>", "b/c"], None),
            page("done", &[], None),
            page("failed", &[], None),
        ]
    }
}

impl Page for Events {
    const VIEW: &'static str = "admin/events.html";

    fn samples() -> Vec<Self> {
        let event = |id| Event {
            id,
            registry_id: 3,
            registry: "<canary>".to_owned(),
            action: "push".to_owned(),
            repository: "<canary>".to_owned(),
            repository_id: (id == 1).then_some(4),
            host: Some("<canary>".to_owned()),
            attempts: 5,
            error: Some("<canary>".to_owned()),
            received_at: Moment(chrono::NaiveDateTime::default()),
        };
        vec![
            Self {
                events: Table::sample(DEAD, Vec::new()),
            },
            Self {
                events: Table::sample(DEAD, vec![event(1), event(2)]),
            },
        ]
    }
}

async fn list(visit: Admin) -> PageResult {
    let app = &visit.app;
    let now = visit.now();
    let leases = jobs::all(app).await?;
    let newest = jobs::newest_runs(app).await?;
    let failed = jobs::failed_since(app, now - LATELY).await?;
    let all = known(app).map(|it| {
        let lease = leases.iter().find(|row| row.name == it.name);
        let run = newest.iter().find(|row| row.name == it.name);
        let failed_lately = failed.iter().any(|name| name == it.name);
        Job::new(it, lease, run, now).noting(failed_lately)
    });
    let jobs = all.collect();
    let mut runs = visit.plain_table(RUNS, SyncRuns, ShownRun::from).await?;
    with_requesters(&visit, &mut runs.rows).await?;
    let page = Jobs { jobs, runs };
    visit.show("jobs", &page).await
}

async fn shown(visit: &Admin) -> Result<Comparison> {
    let row = queries::sync_runs::show(&visit.app, visit.id("id")?).await?;
    let plan: Option<Value> = row
        .run
        .plan
        .as_deref()
        .and_then(|text| serde_json::from_str(text).ok());
    let names = plan.as_ref().and_then(|it| it["repositories"].as_array());
    let names = names.into_iter().flatten().filter_map(Value::as_str);
    let plan: Vec<String> = names.map(str::to_owned).collect();
    let waits_now = if plan.is_empty() || row.run.state == SyncState::Held {
        None
    } else {
        queries::sync::held(&visit.app, row.run.registry_id).await?
    };
    let mut run = ShownRun::from(row);
    with_requesters(visit, std::slice::from_mut(&mut run)).await?;
    Ok(Comparison {
        plan,
        waits_now: waits_now.map(|it| it.id),
        run,
    })
}

async fn show_run(visit: Admin) -> PageResult {
    let page = shown(&visit).await?;
    visit.show("jobs", &page).await
}

async fn confirm(visit: Admin) -> PageResult {
    let id = visit.id("id")?;
    match sync_runs::confirm(&visit.app, &visit.actor, id).await {
        Ok(_) => Ok(visit.go_telling("/admin/jobs", visit.say("sync-confirmed"))),
        Err(error) => visit.go_refused(&format!("/admin/sync/{id}"), error),
    }
}

async fn dead(visit: Admin) -> PageResult {
    let mut events = visit.plain_table(DEAD, DeadEvents, Event::from).await?;
    let names = events
        .rows
        .iter()
        .map(|it| (it.registry_id, &*it.repository));
    let known = repositories::ids_of(&visit.app, &names.collect::<Vec<_>>()).await?;
    for event in &mut events.rows {
        let name = (event.registry_id, event.repository.clone());
        event.repository_id = known.get(&name).copied();
    }
    let page = Events { events };
    visit.show("jobs", &page).await
}

async fn replay(visit: Admin) -> PageResult {
    match inbox::replay(&visit.app, &visit.actor, visit.id("id")?).await {
        Ok(()) => Ok(visit.go_telling("/admin/events", visit.say("event-replayed"))),
        Err(error) => visit.go_refused("/admin/events", error),
    }
}

async fn replay_all(visit: Admin) -> PageResult {
    let replayed = inbox::replay_all(&visit.app, &visit.actor).await?;
    let said = visit
        .language
        .tell("events-replayed", [("n", replayed.into())]);
    Ok(visit.go_telling("/admin/events", said))
}

#[cfg(test)]
mod tests {
    use super::{Comparison, Events, Jobs};

    crate::web::pages::view::renders!(Jobs, Comparison, Events);
}
