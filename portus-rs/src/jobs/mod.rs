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

use std::{pin::Pin, sync::Arc, time::Duration};

use tokio::{sync::watch, task::JoinHandle};
use tokio_cron_scheduler::JobScheduler;

use crate::{
    actions::{
        identities, mails, passkeys, password_resets, refresh_tokens, sessions, sync_runs, webhooks,
    },
    app::App,
    config::{Schedule, SyncStrategy},
    entities::SyncState,
    error::{Error, Result},
    identity::{seen, throttle},
    queries::{
        self,
        jobs::{DETAILS, GROUPS, HOUSEKEEPING, MAIL, PEOPLE, PROVIDERS},
        sync,
    },
    remote::{Deletes, RegistryClient, Trust},
};

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

/// What a job does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Work {
    Sync(Option<SyncStrategy>),
    /// What somebody asked for, whatever is configured.
    Requested,
    /// Looking for jobs that somebody wants run.
    Wanted,
    Details,
    SelfTest,
    Mail,
    /// Telling other servers what happened.
    Webhooks,
    Usage,
    Housekeeping,
    /// Who of the directory's people is still there.
    People,
    /// Who of them is in which group.
    Groups,
    /// Who of the identity providers' people is still theirs.
    Providers,
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

const USAGE: Job = Job {
    name: "Usage",
    schedule: every(15),
    shared: false,
    work: Work::Usage,
};

/// How a run ended that did not fail.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Ran {
    Done,
    /// There is nothing left to do until the next start.
    Over(&'static str),
}

const EVENTS: &str = "Registry events";
const ONCE: &str = "task was ordered to execute once, and this has already been performed";
const NOT_EMPTY: &str = "`Registry synchronization` was disabled because strategy is set to 'initial' and the database is not empty";

const fn every(seconds: u64) -> Schedule {
    Schedule::Every(Duration::from_secs(seconds))
}

/// Every job besides the events, whose worker has its own rhythm.
async fn table(app: &App, which: Jobs) -> Result<Vec<Job>> {
    let settings = &app.config.background.sync;
    let mut jobs = Vec::new();
    if which == Jobs::OnlyUsage {
        return Ok(vec![USAGE]);
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
        jobs.push(job(
            "Registry self-test",
            every(3600),
            false,
            Work::SelfTest,
        ));
        jobs.push(job(MAIL, every(15), true, Work::Mail));
        jobs.push(job("Outgoing mail", every(15), true, Work::Mail));
        // Senders share the queue.
        jobs.push(job("Webhooks", every(5), false, Work::Webhooks));
        jobs.push(USAGE);
        jobs.push(job(HOUSEKEEPING, every(3600), true, Work::Housekeeping));
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
        if let Err(error) = run(app, job.work, &stopped).await {
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
    "ldap-accounts",
    "ldap-groups",
    "identity-providers",
];

/// Runs one of [`NAMES`] once, beside whatever a server does.
pub async fn run_by_hand(app: &Arc<App>, name: &str) -> Result<()> {
    let (_stop, stopped) = watch::channel(false);
    let work = match name {
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
        "identity-providers" => {
            return provider_check::run(app, provider_check::Whom::Everybody, &stopped).await;
        }
        "manifest-details" => Work::Details,
        "registry-self-test" => Work::SelfTest,
        "mail" => Work::Mail,
        "webhooks" => Work::Webhooks,
        "housekeeping" => Work::Housekeeping,
        "ldap-accounts" => Work::People,
        "ldap-groups" => Work::Groups,
        other => return Err(Error::Unknown(format!("there is no job '{other}'"))),
    };
    run(app, work, &stopped).await.map(drop)
}

/// Boxed one by one, since the compiler cannot see through all of them at once.
fn run<'a>(
    app: &'a Arc<App>,
    work: Work,
    stop: &'a Stop,
) -> Pin<Box<dyn Future<Output = Result<Ran>> + Send + 'a>> {
    match work {
        Work::Sync(strategy) => Box::pin(synchronise(app, strategy, stop)),
        Work::Requested => Box::pin(answer_requests(app, stop)),
        Work::Wanted => Box::pin(ring(app)),
        Work::Details => Box::pin(describe(app, stop)),
        Work::SelfTest => Box::pin(test_registries(app)),
        Work::Mail => Box::pin(send_mail(app)),
        Work::Webhooks => Box::pin(tell_webhooks(app)),
        Work::Usage => Box::pin(write_usage(app)),
        Work::Housekeeping => Box::pin(keep_house(app)),
        Work::People => Box::pin(async move {
            ldap_sync::check_people(app, stop).await?;
            Ok(Ran::Done)
        }),
        Work::Groups => Box::pin(async move {
            ldap_sync::check_groups(app, stop).await?;
            Ok(Ran::Done)
        }),
        Work::Providers => Box::pin(async move {
            provider_check::run(app, provider_check::Whom::Due, stop).await?;
            Ok(Ran::Done)
        }),
    }
}

/// Begins what is due, whichever process was told that somebody wants it.
async fn ring(app: &Arc<App>) -> Result<Ran> {
    for name in queries::jobs::due(app).await? {
        if let Some(bell) = app.wake.bell(&name) {
            bell.notify_one();
        }
    }
    Ok(Ran::Done)
}

/// A pass that failed says so in its row, and is not tried again by itself.
async fn answer_requests(app: &Arc<App>, stop: &Stop) -> Result<Ran> {
    catalog_sync::run_requested(app, stop).await?;
    Ok(Ran::Done)
}

async fn describe(app: &Arc<App>, stop: &Stop) -> Result<Ran> {
    manifest_details::run(app, stop).await?;
    Ok(Ran::Done)
}

/// A letter that fails is put off by itself; the others go out all the same.
async fn send_mail(app: &Arc<App>) -> Result<Ran> {
    let done = mails::send_due(app).await?;
    if done.sent > 0 {
        tracing::debug!("sent {} letters", done.sent);
    }
    Ok(Ran::Done)
}

/// What fails is put off by itself, or given up.
async fn tell_webhooks(app: &Arc<App>) -> Result<Ran> {
    webhooks::sending::send_due(app).await?;
    Ok(Ran::Done)
}

async fn write_usage(app: &Arc<App>) -> Result<Ran> {
    app.usage.write(app).await?;
    Ok(Ran::Done)
}

async fn synchronise(app: &Arc<App>, strategy: Option<SyncStrategy>, stop: &Stop) -> Result<Ran> {
    let reports = catalog_sync::run_all(app, strategy, stop).await?;
    if let Some(failed) = reports
        .iter()
        .find(|report| report.state == SyncState::Failed)
    {
        let message = failed.message.as_deref().unwrap_or_default();
        return Err(Error::Remote(format!("{}: {message}", failed.registry)));
    }
    let strategy = strategy.unwrap_or(app.config.background.sync.strategy);
    let once = matches!(strategy, SyncStrategy::OnStart | SyncStrategy::Initial);
    let whole = !reports.is_empty() && reports.iter().all(|report| report.counts.errors == 0);
    Ok(if once && whole {
        Ran::Over(ONCE)
    } else {
        Ran::Done
    })
}

/// Asks each registry whether it takes our tokens, and whether it deletes; the health page shows the answers.
async fn test_registries(app: &Arc<App>) -> Result<Ran> {
    for registry in sync::registries(app, None).await? {
        if !registry.events_enforced && app.config.background.registry {
            tracing::warn!(
                "Until the registry {} has sent its secret once, anybody may tell events in its name: give it the \
                 Authorization header that `portus-rs registry-config` prints",
                registry.name
            );
        }
        let client = RegistryClient::new(app, &registry);
        match client.check_token().await {
            Trust::Accepted => {
                tracing::debug!("The registry {} accepts our tokens", registry.name);
            }
            Trust::Open => tracing::warn!(
                "The registry {} asks nobody for a token: whoever reaches it may do everything",
                registry.name
            ),
            Trust::Failed(error) => {
                tracing::warn!("The registry {}: {error}", registry.name);
                continue;
            }
        }
        let wanted = app.config.delete.enabled && !registry.proxy;
        if client.check_deletion().await == Deletes::No && wanted {
            tracing::warn!(
                "The registry {} deletes nothing, although delete.enabled is on here: start it with \
                 REGISTRY_STORAGE_DELETE_ENABLED=true",
                registry.name
            );
        }
    }
    Ok(Ran::Done)
}

async fn keep_house(app: &Arc<App>) -> Result<Ran> {
    let logins = refresh_tokens::expire(app).await?;
    let sessions = sessions::expire(app).await?;
    let runs = sync_runs::purge(app).await?;
    throttle::expire(app).await?;
    password_resets::expire(app).await?;
    mails::expire(app).await?;
    identities::expire(app).await?;
    identities::upkeep::expire(app).await?;
    passkeys::expire(app).await?;
    seen::expire(app).await?;
    let deliveries = webhooks::deliveries::purge(app).await?;
    if logins + sessions + runs + deliveries > 0 {
        tracing::debug!(
            "removed {logins} unused logins, {sessions} ended sessions, {runs} old synchronization runs and {deliveries} \
             old deliveries of webhooks"
        );
    }
    Ok(Ran::Done)
}
