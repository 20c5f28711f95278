//! How the inbox stands: what waits, what was given up, whom nobody knows.

use std::sync::Arc;

use chrono::{DateTime, NaiveDateTime, TimeDelta};
use sea_orm::{
    ActiveEnum as _, ColumnTrait, DatabaseBackend, EntityTrait, FromQueryResult, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect, QueryTrait as _,
    sea_query::{Alias, Expr, Func, Query, SelectStatement, UnionType},
};

use crate::{
    app::App,
    entities::{EventState, dialect, registry, registry_event, traffic::day},
    error::Result,
    intake::{Counts, Stranger},
};

/// How the inbox stands.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Events that wait to be applied.
    pub waiting: u64,
    /// When the oldest of them came.
    pub oldest: Option<NaiveDateTime>,
    /// Events that were given up.
    pub dead: u64,
    /// Of this process alone.
    pub counts: Counts,
}

pub async fn standing(app: &App) -> Result<Standing> {
    let reader = app.database.reader();
    let of = |state| registry_event::Entity::find().filter(registry_event::Column::State.eq(state));
    let oldest = of(EventState::Fresh)
        .order_by_asc(registry_event::Column::Id)
        .one(reader)
        .await?;
    Ok(Standing {
        waiting: of(EventState::Fresh).count(reader).await?,
        oldest: oldest.map(|row| row.created_at),
        dead: of(EventState::Dead).count(reader).await?,
        counts: app.inbox.counts(),
    })
}

/// Days for which applied events are kept, and so counted.
pub const DAYS: i64 = 7;
/// As many events of a day are counted, so that a page waits for no more.
pub const MOST: i64 = 2_000;

/// A day's events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Day {
    /// Days since 1970 in UTC.
    pub day: i64,
    /// At most [`MOST`].
    pub applied: i64,
    /// At most [`MOST`].
    pub given_up: i64,
}

#[derive(FromQueryResult)]
struct Counted {
    day: i64,
    state: i64,
    events: i64,
}

/// The last [`DAYS`], the oldest first and today last, by when events were done with.
pub async fn last_days(app: &App) -> Result<Vec<Day>> {
    let today = day(app.clock.now());
    let days: Vec<i64> = (today - DAYS + 1..=today).collect();
    let backend = app.database.backend();
    let mut parts = days.iter().flat_map(|day| {
        [EventState::Done, EventState::Dead].map(|state| events_of(*day, state, backend))
    });
    let Some(mut all) = parts.next() else {
        return Ok(Vec::new());
    };
    for part in parts {
        all.union(UnionType::All, part);
    }
    let counted = Counted::find_by_statement(backend.build(&all))
        .all(app.database.reader())
        .await?;
    let of = |day: i64, state: EventState| {
        let state = i64::from(state.to_value());
        let found = counted.iter().find(|it| it.day == day && it.state == state);
        found.map_or(0, |it| it.events)
    };
    let each = days.into_iter().map(|day| Day {
        day,
        applied: of(day, EventState::Done),
        given_up: of(day, EventState::Dead),
    });
    Ok(each.collect())
}

/// How many came to this end on this day, in one row.
fn events_of(day: i64, state: EventState, backend: DatabaseBackend) -> SelectStatement {
    use registry_event::Column as C;
    let whole = |it: i64| Func::cast_as(Expr::val(it), dialect::whole_number(backend));
    let begin = DateTime::UNIX_EPOCH.naive_utc() + TimeDelta::days(day);
    let some = registry_event::Entity::find()
        .select_only()
        .column(C::Id)
        .filter(C::State.eq(state))
        .filter(C::UpdatedAt.gte(begin))
        .filter(C::UpdatedAt.lt(begin + TimeDelta::days(1)))
        .limit(MOST.unsigned_abs())
        .into_query();
    Query::select()
        .expr_as(whole(day), Alias::new("day"))
        .expr_as(whole(i64::from(state.to_value())), Alias::new("state"))
        .expr_as(
            Func::count(Expr::col((Alias::new("some"), C::Id))),
            Alias::new("events"),
        )
        .from_subquery(some, Alias::new("some"))
        .to_owned()
}

/// Events that were given up, the latest first, `limit` from `offset` on.
pub async fn dead(app: &App, offset: u64, limit: u64) -> Result<Vec<registry_event::Model>> {
    Ok(registry_event::Entity::find()
        .filter(registry_event::Column::State.eq(EventState::Dead))
        .order_by_desc(registry_event::Column::Id)
        .offset(offset)
        .limit(limit.min(1000))
        .all(app.database.reader())
        .await?)
}

/// When a registry last told something that was applied, and under which host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastEvent {
    pub registry_id: i64,
    pub at: Option<NaiveDateTime>,
    pub host: Option<String>,
    /// Whether events without the registry's secret are refused.
    pub enforced: bool,
}

pub async fn last_per_registry(app: &App) -> Result<Vec<LastEvent>> {
    let rows = registry::Entity::find()
        .order_by_asc(registry::Column::Id)
        .all(app.database.reader())
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| LastEvent {
            registry_id: row.id,
            at: row.last_event_at,
            host: row.last_event_host,
            enforced: row.events_enforced,
        })
        .collect())
}

/// A host that sends events and is no registry of ours, and the registry that may be meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownHost {
    pub stranger: Stranger,
    /// Name of the registry that this may be.
    pub perhaps: Option<String>,
}

/// Hosts that this process has turned away, the latest first.
pub async fn unknown_hosts(app: &App) -> Result<Vec<UnknownHost>> {
    let registries = app.present.facts().await?.all_registries().await?;
    let strangers = app.inbox.strangers().into_iter();
    Ok(strangers
        .map(|stranger| UnknownHost {
            perhaps: nearest(&registries, &stranger.host),
            stranger,
        })
        .collect())
}

/// The only registry; else the one whose name shares a label with the host, such as `registry` and
/// `registry.example.com`.
fn nearest(registries: &[Arc<registry::Model>], host: &str) -> Option<String> {
    if let [only] = registries {
        return Some(only.name.clone());
    }
    let first = |text: &str| {
        let label = text.split(['.', ':']).next().unwrap_or_default();
        label.to_ascii_lowercase()
    };
    let mut alike = registries.iter().filter(|registry| {
        let external = registry.external_hostname.as_deref();
        [Some(registry.hostname.as_str()), external]
            .into_iter()
            .flatten()
            .any(|known| first(known) == first(host))
    });
    alike.next().map(|registry| registry.name.clone())
}
