//! The worker that applies what lies in the inbox: in the order in which it came, per repository.
//!
//! A batch is applied whole. If that fails, each of its events is tried alone, so that one that cannot be applied holds
//! up nothing but its own repository, and that only until it is given up.

use std::{collections::HashMap, sync::Arc, time::Duration};

use chrono::{NaiveDateTime, TimeDelta};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use tokio::sync::watch;

use crate::{
    actions::{
        inbox,
        tags::{self, Applied},
    },
    app::App,
    entities::{EventState, registry_event},
    error::Result,
};

/// Events applied in one transaction.
const BATCH: u64 = 256;
/// What comes within this time is applied together: a registry that sends one event after the other then waits for its
/// own writing only, and not for ours as well.
const GATHER: Duration = Duration::from_millis(20);
/// What another process has stored is found within this time.
const POLL: Duration = Duration::from_millis(500);
/// Repositories that wait at a time for one of their events to be tried again; with more, all else waits too.
const WAITING: usize = 200;
/// First and longest pause while the database is away.
const PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_mins(5);
const PURGE_EVERY: TimeDelta = TimeDelta::hours(1);

/// Works until told to stop; finishes the batch in hand.
pub async fn run(app: &Arc<App>, mut stop: watch::Receiver<bool>) {
    if !app.config.background.registry {
        tracing::warn!("Registry integration has been disabled. This is highly discouraged!");
        stopped(&mut stop).await;
        return;
    }
    let mut worker = Worker::default();
    let mut pause = PAUSE;
    while !*stop.borrow() {
        let wait = match worker.step(app).await {
            Ok(More::Waits) => {
                pause = PAUSE;
                continue;
            }
            Ok(More::MayCome) => {
                pause = PAUSE;
                tokio::select! {
                    () = tokio::time::sleep(GATHER) => {}
                    () = stopped(&mut stop) => {}
                }
                continue;
            }
            Ok(More::No) => {
                pause = PAUSE;
                POLL
            }
            Err(error) => {
                tracing::error!(
                    "Registry events: {error}; next attempt in {} s",
                    pause.as_secs()
                );
                worker.forget();
                let wait = pause;
                pause = (pause * 2).min(LONGEST_PAUSE);
                wait
            }
        };
        tokio::select! {
            () = app.wake.events.notified() => tokio::time::sleep(GATHER).await,
            () = tokio::time::sleep(wait) => {}
            () = stopped(&mut stop) => {}
        }
    }
}

async fn stopped(stop: &mut watch::Receiver<bool>) {
    // An error means that whoever could stop us is gone.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// What is left after a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum More {
    /// The inbox was empty.
    No,
    /// All that there was has been applied.
    MayCome,
    /// There was more than one batch takes.
    Waits,
}

/// What the worker remembers between batches.
#[derive(Default)]
struct Worker {
    /// Repositories with an event that failed, by registry and name, and when that is tried again.
    waiting: Option<HashMap<(i64, String), NaiveDateTime>>,
    purged_at: Option<NaiveDateTime>,
}

impl Worker {
    /// After trouble, nothing remembered is to be relied on.
    fn forget(&mut self) {
        self.waiting = None;
    }

    /// Applies one batch.
    async fn step(&mut self, app: &Arc<App>) -> Result<More> {
        let now = app.clock.now();
        if self.purged_at.is_none_or(|at| now - at >= PURGE_EVERY) {
            self.purged_at = Some(now);
            let gone = inbox::purge(app).await?;
            if gone > 0 {
                tracing::info!("removed {gone} old registry events");
            }
        }
        let rows = self.next(app, now).await?;
        if rows.is_empty() {
            return Ok(More::No);
        }
        let more = if rows.len() as u64 >= BATCH {
            More::Waits
        } else {
            More::MayCome
        };
        match tags::apply(app, &rows).await {
            Ok(Applied::Settled { .. } | Applied::Raced) => return Ok(more),
            Err(error) if rows.len() > 1 => {
                tracing::warn!(
                    "a batch of {} registry events failed, each is tried alone: {error}",
                    rows.len()
                );
            }
            Err(_) => {}
        }
        for row in &rows {
            self.alone(app, row).await?;
        }
        Ok(more)
    }

    async fn alone(&mut self, app: &Arc<App>, row: &registry_event::Model) -> Result<()> {
        let key = (row.registry_id, row.repository.clone());
        let waiting = self.waiting.get_or_insert_default();
        if waiting.contains_key(&key) {
            return Ok(());
        }
        let Err(error) = tags::apply(app, std::slice::from_ref(row)).await else {
            return Ok(());
        };
        let text = error.to_string();
        // If this fails too the database is away, which is not the event's fault.
        match inbox::note_failure(app, row, &text).await? {
            Some(next) => {
                tracing::warn!(
                    registry.event = row.event_id,
                    repository.name = row.repository,
                    "a registry event could not be applied and is tried again at {next}: {text}"
                );
                waiting.insert(key, next);
            }
            None => tracing::error!(
                registry.event = row.event_id,
                repository.name = row.repository,
                "a registry event was given up after {} attempts: {text}",
                inbox::ATTEMPTS
            ),
        }
        Ok(())
    }

    /// The oldest events of repositories that are not waiting.
    async fn next(&mut self, app: &App, now: NaiveDateTime) -> Result<Vec<registry_event::Model>> {
        let fresh = || {
            registry_event::Entity::find()
                .filter(registry_event::Column::State.eq(EventState::Fresh))
                .order_by_asc(registry_event::Column::Id)
        };
        if self.waiting.is_none() {
            let failed = fresh()
                .filter(registry_event::Column::Attempts.gt(0))
                .filter(registry_event::Column::NextAttemptAt.gt(now))
                .limit(WAITING as u64)
                .all(app.database.reader())
                .await?;
            let failed = failed
                .into_iter()
                .map(|row| ((row.registry_id, row.repository), row.next_attempt_at));
            self.waiting = Some(failed.collect());
        }
        let waiting = self.waiting.get_or_insert_default();
        waiting.retain(|_, until| *until > now);
        if waiting.len() >= WAITING {
            return Ok(Vec::new());
        }
        let mut elsewhere = Condition::all();
        for (registry_id, repository) in waiting.keys() {
            let here = Condition::all()
                .add(registry_event::Column::RegistryId.eq(*registry_id))
                .add(registry_event::Column::Repository.eq(repository.as_str()));
            elsewhere = elsewhere.add(here.not());
        }
        Ok(fresh()
            .filter(elsewhere)
            .limit(BATCH)
            .all(app.database.reader())
            .await?)
    }
}
