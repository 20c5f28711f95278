//! One of the jobs: what its runs came to, when it is due, and having it run now.

use chrono::NaiveDateTime;
use serde::Serialize;

use super::took::Took;
use crate::{
    actions::{jobs as deeds, sync_runs},
    app::App,
    entities::{JobOutcome, job_run, lease},
    error::{Error, Result},
    queries::{
        self,
        jobs::{self, JobRuns},
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

const RUNS: Shape = Shape {
    prefix: "j_",
    columns: &["began_at", "outcome"],
    // In the order in which they were written down.
    sorted_by: "id",
    ascending: false,
    filter: "",
    per_page: None,
};

pub fn routes() -> Vec<Route> {
    vec![
        get("/admin/jobs/{name}", show),
        post("/admin/jobs/{name}/run", run),
    ]
}

/// What happens by itself.
#[derive(Clone, Copy)]
pub struct Known {
    /// The word in addresses and messages.
    pub slug: &'static str,
    /// The name of its lease and its runs.
    pub name: &'static str,
    /// One process at a time does it, and can be asked to.
    shared: bool,
}

const KNOWN: [Known; 11] = {
    const fn once(slug: &'static str, name: &'static str) -> Known {
        Known {
            slug,
            name,
            shared: true,
        }
    }
    const fn everywhere(slug: &'static str, name: &'static str) -> Known {
        Known {
            slug,
            name,
            shared: false,
        }
    }
    [
        once("sync", jobs::SYNC),
        once("details", jobs::DETAILS),
        once("housekeeping", jobs::HOUSEKEEPING),
        once("storage", jobs::STORAGE),
        once("mail", jobs::MAIL),
        once("people", jobs::PEOPLE),
        once("groups", jobs::GROUPS),
        once("providers", jobs::PROVIDERS),
        everywhere("webhooks", jobs::WEBHOOKS),
        everywhere("self-test", jobs::SELF_TEST),
        everywhere("usage", jobs::USAGE),
    ]
};

/// Those that there is something to do for.
pub fn known(app: &App) -> impl Iterator<Item = Known> {
    let directory = app.config.ldap.as_ref();
    let people = directory.is_some();
    let groups = directory.is_some_and(|it| it.group_sync.is_some());
    let oauth = &app.config.oauth;
    let providers = oauth.recheck.is_some() && !oauth.providers.is_empty();
    KNOWN.into_iter().filter(move |it| match it.name {
        jobs::PEOPLE => people,
        jobs::GROUPS => groups,
        jobs::PROVIDERS => providers,
        _ => true,
    })
}

/// How it stands with a job.
#[derive(Serialize)]
pub struct Job {
    /// As its messages are named.
    slug: &'static str,
    shared: bool,
    started_at: Option<Moment>,
    finished_at: Option<Moment>,
    next_run_at: Option<Moment>,
    /// The last time.
    took: Option<Took>,
    error: Option<String>,
    running: bool,
    failed_lately: bool,
}

impl Job {
    /// By its lease where it has one, and else by the newest row of its history.
    pub fn new(
        known: Known,
        lease: Option<&lease::Model>,
        newest: Option<&job_run::Model>,
        now: NaiveDateTime,
    ) -> Self {
        let none = Self {
            slug: known.slug,
            shared: known.shared,
            started_at: None,
            finished_at: None,
            next_run_at: None,
            took: None,
            error: None,
            running: false,
            failed_lately: false,
        };
        match (lease, newest) {
            (Some(it), _) if known.shared => {
                let running = it.holder.is_some() && it.expires_at > Some(now);
                // While it runs the end is that of the time before.
                let ended = Some(it).filter(|_| !running);
                Self {
                    running,
                    started_at: it.started_at.map(Moment),
                    finished_at: it.finished_at.map(Moment),
                    next_run_at: it.next_run_at.map(Moment),
                    took: ended.and_then(|it| Took::between(it.started_at, it.finished_at)),
                    error: it.last_error.clone(),
                    ..none
                }
            }
            (_, Some(it)) => Self {
                started_at: Some(Moment(it.ended_at)),
                finished_at: Some(Moment(it.ended_at)),
                took: took(it),
                error: it
                    .message
                    .clone()
                    .filter(|_| it.outcome == JobOutcome::Failed),
                ..none
            },
            _ => none,
        }
    }

    /// The same with a word about a failure since when it may be well again.
    pub fn noting(self, failed_lately: bool) -> Self {
        Self {
            failed_lately,
            ..self
        }
    }

    /// All of them, with much to say or nothing.
    pub fn samples(full: bool) -> Vec<Self> {
        let then = || full.then_some(Moment(NaiveDateTime::default()));
        let sample = |it: Known| Self {
            slug: it.slug,
            shared: it.shared,
            started_at: then(),
            finished_at: then().filter(|_| it.slug != "sync"),
            next_run_at: then(),
            took: Took::samples().pop().filter(|_| full),
            error: full.then(|| "<canary>".to_owned()),
            running: full && it.slug == "sync",
            failed_lately: full,
        };
        KNOWN.map(sample).into()
    }
}

/// How long a run took; of several in a row it would say nothing.
fn took(row: &job_run::Model) -> Option<Took> {
    let alone = row.times == 1;
    Took::between(Some(row.began_at), Some(row.ended_at).filter(|_| alone))
}

/// What `admin/job.html` shows.
#[derive(Serialize)]
pub struct History {
    job: Job,
    runs: Table<Ran>,
    /// Whether only failures are shown.
    failed: bool,
}

/// A row of a job's history.
#[derive(Serialize)]
struct Ran {
    outcome: &'static str,
    times: i64,
    did: i64,
    message: Option<String>,
    wanted_by: Option<String>,
    /// The page about whoever that is.
    wanter: Option<String>,
    replica: String,
    began_at: Moment,
    ended_at: Moment,
    took: Option<Took>,
}

impl From<job_run::Model> for Ran {
    fn from(row: job_run::Model) -> Self {
        Self {
            took: took(&row),
            outcome: row.outcome.as_str(),
            times: row.times,
            did: row.did,
            message: row.message,
            wanted_by: row.wanted_by,
            wanter: None,
            replica: row.replica,
            began_at: Moment(row.began_at),
            ended_at: Moment(row.ended_at),
        }
    }
}

impl Page for History {
    const VIEW: &'static str = "admin/job.html";

    fn samples() -> Vec<Self> {
        let ran = |outcome, times| Ran {
            outcome,
            times,
            did: times - 1,
            message: Some("<canary>".to_owned()).filter(|_| outcome == "failed"),
            wanted_by: Some("<canary>".to_owned()).filter(|_| times == 1),
            wanter: (outcome == "failed").then(|| "/users/edit".to_owned()),
            replica: "<canary>:1".to_owned(),
            began_at: Moment(NaiveDateTime::default()),
            ended_at: Moment(NaiveDateTime::default()),
            took: Took::samples().pop().filter(|_| times == 1),
        };
        let full = Job::samples(true).into_iter().map(|job| Self {
            job,
            runs: Table::sample(
                RUNS,
                vec![ran("failed", 1), ran("failed", 3), ran("done", 12)],
            ),
            failed: false,
        });
        let empty = Job::samples(false).into_iter().map(|job| Self {
            job,
            runs: Table::sample(RUNS, Vec::new()),
            failed: true,
        });
        full.chain(empty).collect()
    }
}

/// The job that the path names.
fn named(visit: &Admin) -> Result<Known> {
    let slug = visit.segment("name");
    let mut all = known(&visit.app);
    all.find(|it| it.slug == slug).ok_or(Error::NotFound)
}

async fn show(visit: Admin) -> PageResult {
    let known = named(&visit)?;
    let app = &visit.app;
    let failed = visit.text("only") == "failed";
    let leases = jobs::all(app).await?;
    let newest = jobs::newest_runs(app).await?;
    let list = JobRuns {
        name: known.name,
        failed,
    };
    let mut runs = visit.plain_table(RUNS, list, Ran::from).await?;
    let names = runs.rows.iter().filter_map(|it| it.wanted_by.as_deref());
    let pages = people::pages(&visit, names).await?;
    for run in &mut runs.rows {
        let name = run.wanted_by.as_ref();
        run.wanter = name.and_then(|it| pages.get(it).cloned());
    }
    let page = History {
        job: Job::new(
            known,
            leases.iter().find(|row| row.name == known.name),
            newest.iter().find(|row| row.name == known.name),
            visit.now(),
        ),
        runs,
        failed,
    };
    visit.show("jobs", &page).await
}

/// Whichever process runs the job begins it.
async fn run(visit: Admin) -> PageResult {
    let known = named(&visit)?;
    if !known.shared {
        return Err(Error::NotFound.into());
    }
    let asked = if known.name == jobs::SYNC {
        let registries = queries::sync::wanted_registries(&visit.app, None).await?;
        let ids: Vec<i64> = registries.iter().map(|it| it.id).collect();
        sync_runs::request(&visit.app, &visit.actor, &ids, None)
            .await
            .map(drop)
    } else {
        deeds::want(&visit.app, &visit.actor, known.name).await
    };
    let page = visit.back_to("/admin/jobs");
    match asked {
        Ok(()) => Ok(visit.go_telling(&page, visit.say("job-asked-for"))),
        Err(error) => visit.go_refused(&page, error),
    }
}

#[cfg(test)]
mod tests {
    use super::History;

    crate::web::pages::view::renders!(History);
}
