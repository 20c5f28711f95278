//! The door for everything that happens by itself: one table of jobs, each with a name, a schedule and one function.
//!
//! Jobs run beside each other; one that fails or panics is logged by name and tried again, the others never notice.

pub mod catalog_sync;
mod clockwork;
pub mod ldap_sync;
pub mod lease;
pub mod manifest_details;
pub mod provider_check;
pub mod registry_events;
pub mod storage;
mod work;

use std::{sync::Arc, time::Duration};

use tokio::{sync::watch, task::JoinHandle};
use tokio_cron_scheduler::JobScheduler;

use crate::{
    app::App,
    config::{Schedule, SyncStrategy},
    entities::SyncState,
    error::{Error, Result},
    identity::actor::Actor,
    queries::{
        jobs::{
            DETAILS, GROUPS, HOUSEKEEPING, MAIL, PEOPLE, PROVIDERS, SELF_TEST, STORAGE, USAGE,
            WEBHOOKS,
        },
        sync,
    },
};
use work::Work;

/// Becomes true when the process is to end.
pub type Stop = watch::Receiver<bool>;

/// How long the end waits for steps in hand.
pub const LAST_STEPS: Duration = Duration::from_secs(10);

/// Which jobs a process runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Jobs {
    All,
    /// `crono`: comparing with the registry and removing what is gone, nothing else.
    OnlySync,
    /// `serve --no-jobs`: writing down when logins were last used, which nobody else knows.
    OnlyUsage,
}

pub fn is_stopped(stop: &Stop) -> bool {
    *stop.borrow()
}

/// Waits for the end.
pub async fn stopped(stop: &mut Stop) {
    // An error means that whoever could stop us is gone.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// A line of the table.
#[derive(Clone, Debug)]
struct Job {
    name: &'static str,
    schedule: Schedule,
    /// Only one process at a time does it.
    shared: bool,
    work: Work,
}

const WRITE_USAGE: Job = Job {
    name: USAGE,
    schedule: every(15),
    shared: false,
    work: Work::Usage,
};

const EVENTS: &str = "Registry events";
const NOT_EMPTY: &str = "`Registry synchronization` was disabled because strategy is set to 'initial' and the database is not empty";

const fn every(seconds: u64) -> Schedule {
    Schedule::Every(Duration::from_secs(seconds))
}

/// Every job besides the events, whose worker has its own rhythm.
async fn table(app: &App, which: Jobs) -> Result<Vec<Job>> {
    let settings = &app.config.background.sync;
    let mut jobs = Vec::new();
    if which == Jobs::OnlyUsage {
        return Ok(vec![WRITE_USAGE]);
    }
    let only = which == Jobs::OnlySync;
    if only || settings.enabled {
        let initial = !only && settings.strategy == SyncStrategy::Initial;
        if initial && !sync::is_empty(app).await? {
            tracing::info!("{NOT_EMPTY}");
        } else {
            jobs.push(Job {
                name: catalog_sync::NAME,
                schedule: settings.schedule.clone(),
                shared: true,
                work: Work::Sync(only.then_some(SyncStrategy::UpdateDelete)),
            });
        }
    }
    let job = |name, schedule, shared, work| Job {
        name,
        schedule,
        shared,
        work,
    };
    // It takes the lease of the above when there is something to do. What is asked on a process without jobs is seen
    // here at the next look.
    jobs.push(job(
        "Requested synchronization",
        every(5),
        false,
        Work::Requested,
    ));
    jobs.push(job("Wanted jobs", every(5), false, Work::Wanted));
    // Whoever finds tags describes them.
    jobs.push(job(DETAILS, every(30), true, Work::Details));
    if !only {
        jobs.push(job(SELF_TEST, every(3600), false, Work::SelfTest));
        jobs.push(job(MAIL, every(15), true, Work::Mail));
        // Senders share the queue.
        jobs.push(job(WEBHOOKS, every(5), false, Work::Webhooks));
        jobs.push(WRITE_USAGE);
        jobs.push(job(HOUSEKEEPING, every(3600), true, Work::Housekeeping));
        jobs.push(job(STORAGE, every(storage::EVERY), true, Work::Storage));
    }
    if !only && let Some(ldap) = &app.config.ldap {
        use ldap_sync::{GROUPS_EVERY, PEOPLE_EVERY};
        jobs.push(job(PEOPLE, every(PEOPLE_EVERY), true, Work::People));
        if ldap.group_sync.is_some() {
            jobs.push(job(GROUPS, every(GROUPS_EVERY), true, Work::Groups));
        }
    }
    let asked = app.config.oauth.recheck;
    if !only && let Some(interval) = asked.filter(|_| app.providers.offered().next().is_some()) {
        let schedule = Schedule::Every(interval);
        jobs.push(job(PROVIDERS, schedule, true, Work::Providers));
    }
    Ok(jobs)
}

/// Tasks that end after [`Stop`] has become true.
pub struct Running {
    tasks: Vec<JoinHandle<()>>,
    clock: JobScheduler,
}

impl Running {
    /// Waits until every job has finished its step, but no longer than [`LAST_STEPS`].
    pub async fn finish(mut self) {
        if let Err(error) = self.clock.shutdown().await {
            tracing::warn!("the clock for background tasks did not stop: {error}");
        }
        let until = tokio::time::Instant::now() + LAST_STEPS;
        for mut task in self.tasks {
            if tokio::time::timeout_at(until, &mut task).await.is_err() {
                task.abort();
                tracing::warn!("a background task did not finish in time; what it began is undone");
            }
        }
    }
}

/// Starts the jobs.
pub async fn start(app: &Arc<App>, which: Jobs, stop: Stop) -> Result<Running> {
    let jobs = table(app, which).await?;
    let mut names = Vec::new();
    let mut tasks = Vec::new();
    if which == Jobs::All {
        if app.config.background.registry {
            names.push(format!("'{EVENTS}'"));
        }
        let (app, stop) = (Arc::clone(app), stop.clone());
        tasks.push(tokio::spawn(clockwork::keep_alive(app, stop)));
    }
    names.extend(
        jobs.iter()
            .filter(|job| job.name == catalog_sync::NAME)
            .map(|job| format!("'{}'", job.name)),
    );
    if names.is_empty() {
        tracing::info!("No background task is enabled");
    } else {
        tracing::info!("[Initialization] Running: {}", names.join(", "));
    }
    let broken =
        |error| Error::Internal(anyhow::anyhow!("the clock for background tasks: {error}"));
    let clock = JobScheduler::new().await.map_err(broken)?;
    for job in jobs {
        let (entry, bell) = clockwork::bell(&job)?;
        clock.add(entry).await.map_err(broken)?;
        let turn = clockwork::turn(Arc::clone(app), job, bell, stop.clone());
        tasks.push(tokio::spawn(turn));
    }
    clock.start().await.map_err(broken)?;
    Ok(Running { tasks, clock })
}

/// One pass of everything: `background --one-shot`.
pub async fn one_shot(app: &Arc<App>) -> Result<()> {
    clockwork::drain_events(app).await?;
    let (_stop, stopped) = watch::channel(false);
    let jobs = table(app, Jobs::All).await?;
    let mut failed = None;
    for job in jobs {
        if let Err(error) = clockwork::once(app, &job, None, &stopped).await {
            tracing::error!("{}: {error}", job.name);
            failed = Some(error);
        }
    }
    failed.map_or(Ok(()), Err)
}

/// The jobs that can be run by hand.
pub const NAMES: &[&str] = &[
    "events",
    "catalog-sync",
    "manifest-details",
    "registry-self-test",
    "mail",
    "webhooks",
    "housekeeping",
    "storage",
    "ldap-accounts",
    "ldap-groups",
    "identity-providers",
];

/// Runs one of [`NAMES`] once, beside whatever a server does.
pub async fn run_by_hand(app: &Arc<App>, name: &str) -> Result<()> {
    let (_stop, stopped) = watch::channel(false);
    let (name, work) = match name {
        "events" => return clockwork::drain_events(app).await,
        "catalog-sync" => {
            let reports =
                catalog_sync::run_once(app, None, catalog_sync::Options::default(), &()).await?;
            return match reports
                .into_iter()
                .find(|report| report.state == SyncState::Failed)
            {
                None => Ok(()),
                Some(failed) => Err(Error::Remote(format!(
                    "{}: {}",
                    failed.registry,
                    failed.message.unwrap_or_default()
                ))),
            };
        }
        "manifest-details" => (DETAILS, Work::Details),
        "registry-self-test" => (SELF_TEST, Work::SelfTest),
        "mail" => (MAIL, Work::Mail),
        "webhooks" => (WEBHOOKS, Work::Webhooks),
        "housekeeping" => (HOUSEKEEPING, Work::Housekeeping),
        "storage" => (STORAGE, Work::Storage),
        "ldap-accounts" => (PEOPLE, Work::People),
        "ldap-groups" => (GROUPS, Work::Groups),
        "identity-providers" => (PROVIDERS, Work::EveryProvider),
        other => return Err(Error::Unknown(format!("there is no job '{other}'"))),
    };
    let job = Job {
        name,
        schedule: every(0),
        shared: false,
        work,
    };
    let operator = Actor::Operator.name().to_owned();
    clockwork::once(app, &job, Some(operator), &stopped).await
}
