//! When jobs run: schedules, back-off, leases, and the isolation of one job from the others.

use std::{pin::Pin, sync::Arc, time::Duration};

use chrono::{Local, NaiveDateTime, TimeDelta};
use croner::parser::{CronParser, Seconds};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use tokio::{
    sync::{Notify, watch},
    task::JoinSet,
};
use tokio_cron_scheduler::Job as JobLocked;

use super::{
    EVENTS, Job, Stop, is_stopped, lease, registry_events, stopped,
    work::{Ran, Work, run},
};
use crate::{
    actions::job_runs::{self, Run},
    app::App,
    config::Schedule,
    entities::{EventState, JobOutcome, registry_event},
    error::{Error, Result},
};

/// First and longest pause after a failure.
const PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_mins(5);
/// How often a lease that somebody else holds is looked at.
const LOOK: Duration = Duration::from_secs(5);

/// A bell may ring this much before the job is due, for clocks count in steps of their own.
const EARLY: TimeDelta = TimeDelta::milliseconds(1500);

/// What came of one attempt.
enum Attempt {
    Ran(Ran),
    /// Another process does it.
    Busy,
    /// Another process has done it; it is due again then.
    NotDue(NaiveDateTime),
    Failed(Error),
}

/// Rings for a job whenever it may be due: at each of its periods, or for a cron line at each full minute, because such
/// a line knows nothing finer and its reading in `TZ` is our own.
pub(super) fn bell(job: &Job) -> Result<(JobLocked, Arc<Notify>)> {
    let bell = Arc::new(Notify::new());
    let struck = Arc::clone(&bell);
    let strike = move |_, _| -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let struck = Arc::clone(&struck);
        Box::pin(async move { struck.notify_one() })
    };
    let entry = match &job.schedule {
        Schedule::Every(period) => JobLocked::new_repeated_async(*period, strike),
        Schedule::Cron(_) => JobLocked::new_async("0 * * * * *", strike),
    };
    let entry = entry.map_err(|error| {
        Error::Internal(anyhow::anyhow!("the clock for '{}': {error}", job.name))
    })?;
    Ok((entry, bell))
}

/// Runs a job again and again until the end: at once, when its bell rings and it is due, when there is work for it, when
/// somebody has made it due, and after a failure.
pub(super) async fn turn(app: Arc<App>, job: Job, bell: Arc<Notify>, mut stop: Stop) {
    let watch = lease::Watch::default();
    let mut pause = PAUSE;
    // Until when nothing is to be done, and the moment to look again although no bell rings.
    let mut due = app.clock.now();
    let mut retry = Some(Duration::ZERO);
    // What was missed while no process ran is caught up with at once.
    let mut forced = true;
    while !is_stopped(&stop) {
        tokio::select! {
            () = sleep(retry) => {}
            () = bell.notified() => {
                if app.clock.now() + EARLY < due {
                    continue;
                }
            }
            () = rung(&app, job.work) => forced = true,
            // Its lease says whether it is due.
            () = app.wake.looked_at(job.name) => {}
            () = stopped(&mut stop) => break,
        }
        let now = app.clock.now();
        retry = match attempt(&app, &job, &watch, forced, &stop).await {
            Attempt::Ran(Ran {
                over: Some(reason), ..
            }) => {
                tracing::info!("Disabling '{}'. Reason: {reason}.", job.name);
                return;
            }
            Attempt::Ran(_) => {
                (pause, forced) = (PAUSE, false);
                due = next(&job.schedule, now);
                None
            }
            Attempt::Busy => {
                // What it was forced for, the other process is doing.
                forced = false;
                Some(LOOK)
            }
            Attempt::NotDue(at) => Some(until(&app, at).clamp(LOOK, LONGEST_PAUSE)),
            Attempt::Failed(error) => {
                forced = true;
                let wait = pause;
                pause = (pause * 2).min(LONGEST_PAUSE);
                tracing::error!(
                    "{}: {error}; next attempt in {} s",
                    job.name,
                    wait.as_secs()
                );
                Some(wait)
            }
        };
    }
    if job.work == Work::Usage
        && let Err(error) = run(&app, job.work, &stop).await
    {
        tracing::error!("{}: {error}", job.name);
    }
}

async fn sleep(time: Option<Duration>) {
    match time {
        Some(time) => tokio::time::sleep(time).await,
        None => std::future::pending().await,
    }
}

async fn rung(app: &App, work: Work) {
    match work {
        Work::Sync(_) => app.wake.sync.notified().await,
        Work::Requested => app.wake.requests.notified().await,
        Work::Mail => app.wake.mail.notified().await,
        Work::Webhooks => app.wake.webhooks.notified().await,
        Work::Details => app.wake.details.notified().await,
        Work::Wanted => app.wake.wanted.notified().await,
        _ => std::future::pending().await,
    }
}

async fn attempt(
    app: &Arc<App>,
    job: &Job,
    watch: &lease::Watch,
    forced: bool,
    stop: &Stop,
) -> Attempt {
    if !job.shared {
        let began_at = app.clock.now();
        let result = isolated(app, job.work, stop).await;
        record(app, job, began_at, None, &result).await;
        return match result {
            Ok(ran) => Attempt::Ran(ran),
            Err(error) => Attempt::Failed(error),
        };
    }
    match leased(app, job, watch, forced, stop).await {
        Ok(attempt) => attempt,
        Err(error) => Attempt::Failed(error),
    }
}

async fn leased(
    app: &Arc<App>,
    job: &Job,
    watch: &lease::Watch,
    forced: bool,
    stop: &Stop,
) -> Result<Attempt> {
    let Some(lease) = lease::take(app, watch, job.name).await? else {
        return Ok(Attempt::Busy);
    };
    let now = app.clock.now();
    if let Some(due) = lease.next_run_at.filter(|due| *due > now && !forced) {
        lease.decline(app).await?;
        return Ok(Attempt::NotDue(due));
    }
    let wanted_by = lease.wanted_by.clone();
    // Whoever takes the lease away writes that down.
    let result = lease.hold(app, isolated(app, job.work, stop)).await?;
    record(app, job, now, wanted_by, &result).await;
    let ending = lease::Ending {
        error: result.as_ref().err().map(ToString::to_string),
        next_run_at: result.is_ok().then(|| next(&job.schedule, now)),
    };
    lease.release(app, ending).await?;
    result.map(Attempt::Ran)
}

/// One run beside whatever the clock does.
pub(super) async fn once(
    app: &Arc<App>,
    job: &Job,
    wanted_by: Option<String>,
    stop: &Stop,
) -> Result<()> {
    let began_at = app.clock.now();
    let result = run(app, job.work, stop).await;
    record(app, job, began_at, wanted_by, &result).await;
    result.map(drop)
}

/// Adds a run to the history. What cannot be written down is still done.
async fn record(
    app: &App,
    job: &Job,
    began_at: NaiveDateTime,
    wanted_by: Option<String>,
    result: &Result<Ran>,
) {
    // These are about other runs, which are written down where they happen.
    if matches!(job.work, Work::Requested | Work::Wanted) {
        return;
    }
    let (did, message, outcome) = match result {
        Ok(ran) => (ran.did, None, JobOutcome::Done),
        Err(error) => (0, Some(error.to_string()), JobOutcome::Failed),
    };
    let run = Run {
        name: job.name,
        shared: job.shared,
        outcome,
        did,
        message,
        wanted_by,
        replica: lease::replica(),
        began_at,
    };
    if let Err(error) = job_runs::record(app, run).await {
        tracing::warn!(
            "the run of '{}' is missing in its history: {error}",
            job.name
        );
    }
}

/// Runs the work in a task of its own, so that its panic is no more than its failure. Dropping this ends the task.
async fn isolated(app: &Arc<App>, work: Work, stop: &Stop) -> Result<Ran> {
    let (app, stop) = (Arc::clone(app), stop.clone());
    let mut task = JoinSet::new();
    task.spawn(async move { run(&app, work, &stop).await });
    match task.join_next().await {
        Some(Ok(result)) => result,
        Some(Err(error)) => Err(Error::Internal(anyhow::anyhow!("{error}"))),
        None => Err(Error::Internal(anyhow::anyhow!("the task was never begun"))),
    }
}

/// The worker for events, begun anew when it panics.
pub(super) async fn keep_alive(app: Arc<App>, stop: Stop) {
    while !is_stopped(&stop) {
        let (app, stop) = (Arc::clone(&app), stop.clone());
        let mut task = JoinSet::new();
        task.spawn(async move { registry_events::run(&app, stop).await });
        if let Some(Err(error)) = task.join_next().await {
            tracing::error!("{EVENTS}: {error}; next attempt in {} s", PAUSE.as_secs());
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// Lets the worker for events run until nothing is due any more.
pub(super) async fn drain_events(app: &Arc<App>) -> Result<()> {
    if !app.config.background.registry {
        return Ok(());
    }
    let (stop, stopped) = watch::channel(false);
    let worker = tokio::spawn(keep_alive(Arc::clone(app), stopped));
    for _ in 0..600 {
        let due = registry_event::Entity::find()
            .filter(registry_event::Column::State.eq(EventState::Fresh))
            .filter(registry_event::Column::NextAttemptAt.lte(app.clock.now()))
            .count(app.database.reader())
            .await?;
        if due == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    // The worker may have ended already.
    let _ = stop.send(true);
    worker
        .await
        .map_err(|error| Error::Internal(anyhow::anyhow!("{EVENTS}: {error}")))
}

/// When a schedule is due after `now`. Cron lines are read in the zone that `TZ` names.
pub(super) fn next(schedule: &Schedule, now: NaiveDateTime) -> NaiveDateTime {
    let soon = now + TimeDelta::minutes(10);
    match schedule {
        Schedule::Every(period) => TimeDelta::from_std(*period)
            .ok()
            .and_then(|period| now.checked_add_signed(period))
            .unwrap_or(soon),
        Schedule::Cron(line) => {
            let parser = CronParser::builder().seconds(Seconds::Disallowed).build();
            let here = now.and_utc().with_timezone(&Local);
            // The line was checked when the configuration was read.
            parser
                .parse(line)
                .ok()
                .and_then(|cron| cron.find_next_occurrence(&here, false).ok())
                .map_or(soon, |due| due.naive_utc())
        }
    }
}

fn until(app: &App, due: NaiveDateTime) -> Duration {
    (due - app.clock.now()).to_std().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> NaiveDateTime {
        text.parse().unwrap()
    }

    #[test]
    fn intervals_and_cron_lines_come_due() {
        let now = at("2026-01-01T00:07:30");
        let every = Schedule::Every(Duration::from_secs(10));
        assert_eq!(next(&every, now), at("2026-01-01T00:07:40"));
        let quarter = Schedule::Cron("*/15 * * * *".to_owned());
        assert_eq!(next(&quarter, now), at("2026-01-01T00:15:00"));
        assert_eq!(
            next(&quarter, at("2026-01-01T00:15:00")),
            at("2026-01-01T00:30:00")
        );
    }
}
