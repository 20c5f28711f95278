//! The inbox: what registries tell, on disk before it is acknowledged, and taken in once however often it is told.
//!
//! Several senders at a time share one transaction: the first to come writes for all who wait behind it.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
    time::Duration,
};

use anyhow::anyhow;
use chrono::{NaiveDateTime, TimeDelta};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait as _,
    sea_query::{Expr, OnConflict, Query},
};
use tokio::sync::oneshot;

use super::change::Change;
use crate::{
    activity::Activity,
    app::App,
    entities::{EventState, registry, registry_event, registry_instance},
    error::{Error, Result, wordings},
    identity::actor::Actor,
    intake::Delivery,
    policy::registries::{CreateRegistry, ManageRegistry},
    protocol::event::Event,
};

/// An event that fails this often is given up until somebody replays it.
pub const ATTEMPTS: i16 = 5;
/// Handled events are kept this long, so that a late repetition is known.
const KEEP_DONE: TimeDelta = TimeDelta::days(7);
/// Dead events are kept this long.
const KEEP_DEAD: TimeDelta = TimeDelta::days(30);
/// Rows removed by one statement.
const PURGED_AT_ONCE: u64 = 1000;
/// How often a writing that collided with another process is begun anew.
const COLLISIONS: usize = 5;
/// Rows inserted by one statement.
const INSERTED_AT_ONCE: usize = 500;

/// Keeps events of one registry; when this returns they are on disk, and the worker has been woken. Returns how many
/// were new.
///
/// The work goes on when the caller goes away, since others may wait for it.
pub async fn take_in(app: &Arc<App>, registry_id: i64, events: Vec<Event>) -> Result<u64> {
    if events.is_empty() {
        return Ok(0);
    }
    let (answer, answered) = oneshot::channel();
    app.inbox.wait(Delivery {
        registry_id,
        events,
        answer,
    });
    let task_app = Arc::clone(app);
    let task = tokio::spawn(async move { write_waiting(&task_app).await });
    let gone = |_| Error::Internal(anyhow!("the inbox was interrupted while it wrote"));
    let stored = answered.await;
    // Ends at once: the answer is the last thing it does.
    drop(task);
    stored
        .map_err(gone)?
        .map_err(|text| Error::Internal(anyhow!(text)))
}

async fn write_waiting(app: &App) {
    let _turn = app.inbox.turn().await;
    let waiting = app.inbox.take();
    if waiting.is_empty() {
        return;
    }
    let (deliveries, answers): (Vec<_>, Vec<_>) = waiting
        .into_iter()
        .map(|it| ((it.registry_id, it.events), it.answer))
        .unzip();
    let mut stored = store(app, &deliveries).await;
    for _ in 0..COLLISIONS {
        if !stored.as_ref().is_err_and(Error::is_collision) {
            break;
        }
        stored = store(app, &deliveries).await;
    }
    if stored.is_ok() {
        app.wake.events.notify_one();
    }
    for (index, answer) in answers.into_iter().enumerate() {
        let own = match &stored {
            Ok(counts) => Ok(counts.get(index).copied().unwrap_or(0)),
            Err(error) => Err(error.to_string()),
        };
        // Whoever asked may have hung up.
        let _ = answer.send(own);
    }
}

/// One transaction for all; returns how many rows each delivery added.
async fn store(app: &App, deliveries: &[(i64, Vec<Event>)]) -> Result<Vec<u64>> {
    let mut change = Change::begin(app, &Actor::Portus).await?;
    let permit = change.books()?;
    let now = change.now();
    let mut added = Vec::with_capacity(deliveries.len());
    let mut instances = BTreeMap::new();
    for (registry_id, events) in deliveries {
        let mut new = 0;
        for part in events.chunks(INSERTED_AT_ONCE) {
            let unknown = unknown(&change, *registry_id, part).await?;
            if unknown.is_empty() {
                continue;
            }
            let statement = insertion(*registry_id, &unknown, now)?;
            let inserted = change
                .execute::<registry_event::Entity, _, _>(&permit, &statement)
                .await?;
            // MySQL counts a row that another process was quicker with as well.
            new += inserted.min(unknown.len() as u64);
        }
        added.push(new);
        for instance in events
            .iter()
            .filter_map(|it| it.source.instance_id.as_ref())
        {
            if instance.len() <= 255 && !app.inbox.knows_instance(*registry_id, instance) {
                instances.insert((*registry_id, instance.clone()), false);
            }
        }
    }
    for ((registry_id, instance), restarted) in &mut instances {
        let statement = Query::insert()
            .into_table(registry_instance::Entity)
            .columns([
                registry_instance::Column::RegistryId,
                registry_instance::Column::Instance,
                registry_instance::Column::CreatedAt,
            ])
            .values([
                Expr::value(*registry_id),
                Expr::value(instance.as_str()),
                Expr::value(now),
            ])
            .map_err(|error| Error::Internal(error.into()))?
            .on_conflict(once(
                [
                    registry_instance::Column::RegistryId,
                    registry_instance::Column::Instance,
                ],
                registry_instance::Column::Id,
            ))
            .to_owned();
        let of_registry = registry_instance::Entity::find()
            .filter(registry_instance::Column::RegistryId.eq(*registry_id));
        let is_known = of_registry
            .clone()
            .filter(registry_instance::Column::Instance.eq(instance.as_str()))
            .one(change.reader())
            .await?
            .is_some();
        if is_known {
            continue;
        }
        *restarted = of_registry.limit(1).one(change.reader()).await?.is_some();
        change
            .execute::<registry_instance::Entity, _, _>(&permit, &statement)
            .await?;
    }
    change
        .commit_unrecorded("what an event means is recorded when it is applied")
        .await?;
    for ((registry_id, instance), restarted) in instances {
        if restarted {
            tracing::info!(
                registry.id = registry_id,
                "the registry has been restarted: comparing, since it may have lost events"
            );
            app.wake.sync.notify_one();
        }
        app.inbox.learn_instance(registry_id, instance);
    }
    Ok(added)
}

/// Those that are not in the inbox yet, each once. A repetition is told from news without touching its row, which the
/// worker may be busy with.
async fn unknown<'e>(
    change: &Change<'_>,
    registry_id: i64,
    events: &'e [Event],
) -> Result<Vec<&'e Event>> {
    let known: Vec<String> = registry_event::Entity::find()
        .select_only()
        .column(registry_event::Column::EventId)
        .filter(registry_event::Column::RegistryId.eq(registry_id))
        .filter(registry_event::Column::EventId.is_in(events.iter().map(|it| it.id.as_str())))
        .into_tuple()
        .all(change.reader())
        .await?;
    let mut seen: HashSet<&str> = known.iter().map(String::as_str).collect();
    Ok(events
        .iter()
        .filter(|it| seen.insert(it.id.as_str()))
        .collect())
}

fn insertion(
    registry_id: i64,
    events: &[&Event],
    now: NaiveDateTime,
) -> Result<sea_orm::sea_query::InsertStatement> {
    use registry_event::Column;
    let mut statement = Query::insert();
    statement.into_table(registry_event::Entity).columns([
        Column::RegistryId,
        Column::EventId,
        Column::Action,
        Column::Repository,
        Column::Data,
        Column::State,
        Column::Attempts,
        Column::NextAttemptAt,
        Column::CreatedAt,
        Column::UpdatedAt,
    ]);
    for event in events {
        statement
            .values([
                Expr::value(registry_id),
                Expr::value(event.id.as_str()),
                Expr::value(event.action.as_str()),
                Expr::value(event.target.repository.as_str()),
                Expr::value(event.raw.as_str()),
                Expr::value(EventState::Fresh),
                Expr::value(0_i16),
                Expr::value(now),
                Expr::value(now),
                Expr::value(now),
            ])
            .map_err(|error| Error::Internal(error.into()))?;
    }
    statement.on_conflict(once([Column::RegistryId, Column::EventId], Column::Id));
    Ok(statement)
}

/// A row that is there already stays as it is.
fn once<C: sea_orm::Iden + Copy + 'static>(unique: [C; 2], id: C) -> OnConflict {
    // MySQL has no such clause and sets the id to itself instead.
    OnConflict::columns(unique).do_nothing_on([id]).to_owned()
}

/// The registry has shown that it knows its secret: from now on nothing without it is taken.
pub async fn enforce(app: &App, registry_id: i64) -> Result<()> {
    let mut change = Change::begin(app, &Actor::Portus).await?;
    let permit = change.books()?;
    let row = registry::Entity::find_by_id(registry_id)
        .one(change.reader())
        .await?
        .ok_or(Error::NotFound)?;
    if row.events_enforced {
        return Ok(());
    }
    let row = registry::ActiveModel {
        id: Set(registry_id),
        events_enforced: Set(true),
        updated_at: Set(change.now()),
        ..Default::default()
    };
    let updated = change.update(&permit, row).await?;
    change
        .commit([Activity::registry_updated(&updated, &["events_enforced"])])
        .await?;
    tracing::info!(
        registry.name = updated.name,
        "the registry has sent its secret: from now on its events are refused without it"
    );
    Ok(())
}

/// Notes that applying an event failed. Returns when it is to be tried again; nothing once it is given up.
pub async fn note_failure(
    app: &App,
    event: &registry_event::Model,
    error: &str,
) -> Result<Option<NaiveDateTime>> {
    let mut change = Change::begin(app, &Actor::Portus).await?;
    let permit = change.books()?;
    let now = change.now();
    let attempts = event.attempts.saturating_add(1);
    let dead = attempts >= ATTEMPTS;
    let next = now + backoff(attempts);
    let statement = registry_event::Entity::update_many()
        .set(registry_event::ActiveModel {
            state: Set(if dead {
                EventState::Dead
            } else {
                EventState::Fresh
            }),
            attempts: Set(attempts),
            last_error: Set(Some(error.to_owned())),
            next_attempt_at: Set(next),
            updated_at: Set(now),
            ..Default::default()
        })
        .filter(registry_event::Column::Id.eq(event.id))
        .filter(registry_event::Column::State.eq(EventState::Fresh))
        .into_query();
    change
        .execute::<registry_event::Entity, _, _>(&permit, &statement)
        .await?;
    change
        .commit_unrecorded("a failure changes nothing that people see")
        .await?;
    Ok((!dead).then_some(next))
}

/// 1 s, 4 s, 16 s, 64 s: a database or a race gets time, people do not wait for long.
fn backoff(attempts: i16) -> TimeDelta {
    let exponent = u32::from(attempts.clamp(1, ATTEMPTS).unsigned_abs()) - 1;
    TimeDelta::seconds(4_i64.pow(exponent))
}

/// Puts a dead event back to be applied.
pub async fn replay(app: &App, actor: &Actor, id: i64) -> Result<()> {
    let mut change = Change::begin(app, actor).await?;
    let event = registry_event::Entity::find_by_id(id)
        .one(change.reader())
        .await?
        .ok_or(Error::NotFound)?;
    let permit = change.permit::<ManageRegistry>(event.registry_id).await?;
    if event.state != EventState::Dead {
        return Err(Error::Refused(
            wordings::NOT_GIVEN_UP.with(&[&id, &event.state]),
        ));
    }
    let statement = revival(change.now())
        .filter(registry_event::Column::Id.eq(id))
        .into_query();
    change
        .execute::<registry_event::Entity, _, _>(&permit, &statement)
        .await?;
    change
        .commit_unrecorded("what the event means is recorded when it is applied")
        .await?;
    app.wake.events.notify_one();
    Ok(())
}

/// Puts all dead events back. Returns how many.
pub async fn replay_all(app: &App, actor: &Actor) -> Result<u64> {
    let mut change = Change::begin(app, actor).await?;
    let permit = change.permit_on::<CreateRegistry>(())?;
    let statement = revival(change.now()).into_query();
    let revived = change
        .execute::<registry_event::Entity, _, _>(&permit, &statement)
        .await?;
    change
        .commit_unrecorded("what the events mean is recorded when they are applied")
        .await?;
    app.wake.events.notify_one();
    Ok(revived)
}

fn revival(now: NaiveDateTime) -> sea_orm::UpdateMany<registry_event::Entity> {
    registry_event::Entity::update_many()
        .set(registry_event::ActiveModel {
            state: Set(EventState::Fresh),
            attempts: Set(0),
            next_attempt_at: Set(now),
            updated_at: Set(now),
            ..Default::default()
        })
        .filter(registry_event::Column::State.eq(EventState::Dead))
}

/// Removes events that nobody asks about any more. Returns how many.
pub async fn purge(app: &App) -> Result<u64> {
    let mut gone = 0;
    for (state, keep) in [(EventState::Done, KEEP_DONE), (EventState::Dead, KEEP_DEAD)] {
        loop {
            let ids: Vec<i64> = registry_event::Entity::find()
                .select_only()
                .column(registry_event::Column::Id)
                .filter(registry_event::Column::State.eq(state))
                .filter(registry_event::Column::UpdatedAt.lt(app.clock.now() - keep))
                .order_by_asc(registry_event::Column::UpdatedAt)
                .limit(PURGED_AT_ONCE)
                .into_tuple()
                .all(app.database.reader())
                .await?;
            if ids.is_empty() {
                break;
            }
            let mut change = Change::begin(app, &Actor::Portus).await?;
            let permit = change.books()?;
            gone += change
                .delete_where::<registry_event::Entity, _>(
                    &permit,
                    registry_event::Column::Id.is_in(ids),
                )
                .await?;
            change
                .commit_unrecorded("old notifications, whose effects are recorded")
                .await?;
            // Lets waiting senders through.
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    Ok(gone)
}
