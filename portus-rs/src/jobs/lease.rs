//! One process at a time runs a job. A row says which, with a counter that grows with each new holder.
//!
//! Nobody trusts another machine's clock: a lease is dead when its row has not changed for [`LIFE`] by the onlooker's
//! own watch, or at once when its holder was a process of this machine that is no more.

use std::{
    collections::HashMap,
    fs,
    sync::{Mutex, OnceLock, PoisonError},
    time::{Duration, Instant},
};

use chrono::{NaiveDateTime, TimeDelta};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, ExprTrait as _, QueryFilter, QueryTrait as _,
    sea_query::Expr,
};

use crate::{
    actions::{
        change::Change,
        job_runs::{self, Run},
    },
    app::App,
    entities::{JobOutcome, lease},
    error::{Error, Result},
    identity::actor::Actor,
};

/// A row that has not changed for this long has lost its holder.
pub const LIFE: Duration = Duration::from_secs(15);
/// The holder changes the row this often.
pub const RENEWAL: Duration = Duration::from_secs(5);

/// The right to run a job, until it is given back or lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    pub name: String,
    fence: i64,
    holder: String,
    /// When the job is due again, as its last holder wrote.
    pub next_run_at: Option<NaiveDateTime>,
    /// Who had it made due, if it was not its last holder.
    pub wanted_by: Option<String>,
}

/// How a run ended, for the row.
#[derive(Clone, Debug, Default)]
pub struct Ending {
    pub error: Option<String>,
    pub next_run_at: Option<NaiveDateTime>,
}

/// What this process has seen of other processes' leases, and since when.
#[derive(Default)]
pub struct Watch {
    seen: Mutex<HashMap<String, (lease::Model, Instant)>>,
}

impl Watch {
    /// Whether the row has stood still for as long as only a dead holder lets it.
    fn is_stale(&self, row: &lease::Model) -> bool {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        match seen.get(&row.name) {
            Some((last, since)) if last == row => since.elapsed() >= LIFE,
            _ => {
                seen.insert(row.name.clone(), (row.clone(), Instant::now()));
                false
            }
        }
    }
}

/// Takes the lease if it is free, or its holder is dead. Call again and again to find that out.
pub async fn take(app: &App, watch: &Watch, name: &str) -> Result<Option<Lease>> {
    take_as(app, watch, name, own_id()).await
}

/// The same as another process would; for tests.
pub async fn take_as(app: &App, watch: &Watch, name: &str, holder: &str) -> Result<Option<Lease>> {
    let Some(row) = find(app, name).await? else {
        make(app, name).await?;
        return Box::pin(take_as(app, watch, name, holder)).await;
    };
    let free = match &row.holder {
        None => true,
        Some(other) if other == holder => false,
        Some(other) => is_dead(other) || watch.is_stale(&row),
    };
    if !free {
        return Ok(None);
    }
    let actor = Actor::Portus;
    let mut change = Change::begin_redoable(app, &actor).await?;
    let books = change.books()?;
    let now = change.now();
    let statement = lease::Entity::update_many()
        .col_expr(lease::Column::Holder, Expr::value(holder))
        .col_expr(lease::Column::Fence, Expr::col(lease::Column::Fence).add(1))
        .col_expr(lease::Column::ExpiresAt, Expr::value(expiry(now)))
        .col_expr(lease::Column::StartedAt, Expr::value(now))
        .filter(lease::Column::Id.eq(row.id))
        // Whoever was faster has raised it.
        .filter(lease::Column::Fence.eq(row.fence))
        .filter(match &row.holder {
            Some(other) => lease::Column::Holder.eq(other.as_str()),
            None => lease::Column::Holder.is_null(),
        });
    let taken = change
        .execute::<lease::Entity, _, _>(&books, statement.as_query())
        .await?;
    if taken == 1
        && let (Some(other), Some(began_at)) = (&row.holder, row.started_at)
    {
        let cut_off = Run {
            name,
            shared: true,
            outcome: JobOutcome::Failed,
            did: 0,
            message: Some("its process ended before it did".to_owned()),
            wanted_by: row.wanted_by.clone(),
            replica: replica_of(other),
            began_at,
        };
        job_runs::add(&mut change, &books, cut_off).await?;
    }
    change.commit_unrecorded("leases are no deeds").await?;
    Ok((taken == 1).then(|| Lease {
        name: name.to_owned(),
        fence: row.fence + 1,
        holder: holder.to_owned(),
        next_run_at: row.next_run_at,
        wanted_by: row.wanted_by,
    }))
}

impl Lease {
    /// Tells the others that we live. `false`: the lease is somebody else's by now.
    pub async fn renew(&self, app: &App) -> Result<bool> {
        let expires = expiry(app.clock.now());
        self.write(app, |update| {
            update.col_expr(lease::Column::ExpiresAt, Expr::value(expires))
        })
        .await
    }

    /// Gives the lease back.
    pub async fn release(self, app: &App, ending: Ending) -> Result<bool> {
        let now = app.clock.now();
        let outcome = if ending.error.is_some() {
            "failed"
        } else {
            "done"
        };
        self.write(app, |update| {
            update
                .col_expr(lease::Column::Holder, Expr::value(None::<String>))
                .col_expr(lease::Column::ExpiresAt, Expr::value(None::<NaiveDateTime>))
                .col_expr(lease::Column::FinishedAt, Expr::value(now))
                .col_expr(lease::Column::Outcome, Expr::value(outcome))
                .col_expr(lease::Column::LastError, Expr::value(ending.error))
                .col_expr(lease::Column::NextRunAt, Expr::value(ending.next_run_at))
                .col_expr(lease::Column::WantedBy, Expr::value(None::<String>))
        })
        .await
    }

    /// Gives the lease back as if it had never been taken: the job was not due.
    pub async fn decline(self, app: &App) -> Result<bool> {
        self.write(app, |update| {
            update
                .col_expr(lease::Column::Holder, Expr::value(None::<String>))
                .col_expr(lease::Column::ExpiresAt, Expr::value(None::<NaiveDateTime>))
        })
        .await
    }

    async fn write(
        &self,
        app: &App,
        set: impl FnOnce(sea_orm::UpdateMany<lease::Entity>) -> sea_orm::UpdateMany<lease::Entity>,
    ) -> Result<bool> {
        let actor = Actor::Portus;
        let mut change = Change::begin_redoable(app, &actor).await?;
        let books = change.books()?;
        let statement = set(lease::Entity::update_many())
            .filter(lease::Column::Name.eq(self.name.as_str()))
            .filter(lease::Column::Fence.eq(self.fence))
            .filter(lease::Column::Holder.eq(self.holder.as_str()));
        let written = change
            .execute::<lease::Entity, _, _>(&books, statement.as_query())
            .await?;
        change.commit_unrecorded("leases are no deeds").await?;
        Ok(written == 1)
    }

    /// Does the work while renewing the lease. Work whose lease was lost is dropped where it stands; its transactions
    /// roll back.
    pub async fn hold<T>(&self, app: &App, work: impl Future<Output = T>) -> Result<T> {
        let mut work = std::pin::pin!(work);
        let mut last = Instant::now();
        loop {
            tokio::select! {
                done = &mut work => return Ok(done),
                () = tokio::time::sleep(RENEWAL) => {}
            }
            match self.renew(app).await {
                Ok(true) => last = Instant::now(),
                // The database may come back before anybody else can take the lease.
                Err(error) if last.elapsed() + RENEWAL < LIFE => {
                    tracing::warn!("cannot renew the lease of '{}': {error}", self.name);
                }
                Ok(false) | Err(_) => return Err(self.lost()),
            }
        }
    }

    fn lost(&self) -> Error {
        Error::Internal(anyhow::anyhow!(
            "the lease of '{}' was lost to another process",
            self.name
        ))
    }
}

fn expiry(now: NaiveDateTime) -> NaiveDateTime {
    now + TimeDelta::from_std(LIFE).unwrap_or_default()
}

async fn find(app: &App, name: &str) -> Result<Option<lease::Model>> {
    Ok(lease::Entity::find()
        .filter(lease::Column::Name.eq(name))
        .one(app.database.reader())
        .await?)
}

async fn make(app: &App, name: &str) -> Result<()> {
    let actor = Actor::Portus;
    let mut change = Change::begin_redoable(app, &actor).await?;
    let books = change.books()?;
    let row = lease::ActiveModel {
        id: NotSet,
        name: Set(name.to_owned()),
        fence: Set(0),
        ..Default::default()
    };
    match change.insert(&books, row).await {
        // Another process was faster; dropping the change undoes nothing of value.
        Err(error) if crate::error::is_taken(&error) => Ok(()),
        made => {
            made?;
            change.commit_unrecorded("leases are no deeds").await
        }
    }
}

/// `machine/boot/process namespace/process id/its start/random`.
fn own_id() -> &'static str {
    static ID: OnceLock<String> = OnceLock::new();
    ID.get_or_init(|| {
        let process = std::process::id();
        let started = started(process).unwrap_or_default();
        let random = uuid::Uuid::new_v4().simple().to_string();
        format!("{}/{process}/{started}/{}", here(), &random[..8])
    })
}

/// This process, as people tell it from others: its machine, and its number there.
pub fn replica() -> String {
    replica_of(own_id())
}

fn replica_of(holder: &str) -> String {
    let mut parts = holder.split('/');
    let machine = parts.next().unwrap_or_default();
    match parts.nth(2) {
        Some(process) => format!("{machine}:{process}"),
        None => machine.to_owned(),
    }
}

/// What processes that can see each other's ids have in common.
fn here() -> &'static str {
    static HERE: OnceLock<String> = OnceLock::new();
    HERE.get_or_init(|| {
        let read = |path: &str| {
            let text = fs::read_to_string(path).unwrap_or_default();
            text.trim()
                .replace('/', "_")
                .chars()
                .take(64)
                .collect::<String>()
        };
        let space = fs::read_link("/proc/self/ns/pid")
            .map(|link| link.to_string_lossy().replace('/', "_"))
            .unwrap_or_default();
        format!(
            "{}/{}/{space}",
            read("/proc/sys/kernel/hostname"),
            read("/proc/sys/kernel/random/boot_id")
        )
    })
}

/// When a process started, in clock ticks since boot; `None` when there is no such process.
fn started(process: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name in parentheses may hold anything.
    let (_, behind) = stat.rsplit_once(')')?;
    let mut fields = behind.split_ascii_whitespace();
    if matches!(fields.next()?, "Z" | "X") {
        return None;
    }
    fields.nth(18).map(str::to_owned)
}

/// Whether a holder is known to be no more. Only a process of this very machine is.
fn is_dead(holder: &str) -> bool {
    let Some(rest) = holder
        .strip_prefix(here())
        .and_then(|it| it.strip_prefix('/'))
    else {
        return false;
    };
    let mut parts = rest.split('/');
    let (Some(Ok(process)), Some(start)) = (parts.next().map(str::parse::<u32>), parts.next())
    else {
        return false;
    };
    fs::exists("/proc/self/stat").unwrap_or(false) && started(process).as_deref() != Some(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_called_by_its_machine_and_number() {
        let own = replica();
        assert!(own.ends_with(&format!(":{}", std::process::id())), "{own}");
        assert_eq!(
            replica_of("portus-1/boot/pid:[4026]/17/99/ab"),
            "portus-1:17"
        );
        assert_eq!(replica_of("elsewhere/3"), "elsewhere");
    }

    #[test]
    fn the_dead_are_told_from_the_living_and_from_strangers() {
        assert!(!is_dead(own_id()));
        assert!(own_id().len() < 255);
        let gone = format!("{}/{}/1/abcdefgh", here(), std::process::id());
        assert!(is_dead(&gone), "another process has this id by now");
        assert!(is_dead(&format!("{}/4194304/1/abcdefgh", here())));
        for stranger in [
            "",
            "elsewhere/boot/ns/4194304/1/x",
            &format!("{}/x/1/y", here()),
        ] {
            assert!(!is_dead(stranger), "{stranger}");
        }
    }
}
