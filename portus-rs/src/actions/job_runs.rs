//! The history of jobs. Runs that came to nothing are not in it, and those that are alike share a row, so that a job
//! that runs every few seconds neither floods it nor writes each time.

use chrono::{NaiveDateTime, TimeDelta};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder as _,
    QuerySelect as _,
};

use super::change::Change;
use crate::{
    app::App,
    entities::{JobOutcome, job_run},
    error::Result,
    identity::actor::Actor,
    policy::{Permit, guard::KeepBooks},
};

/// Rows kept of each job.
pub const KEPT: u64 = 100;
/// Runs that did something share a row for so long.
pub const TOGETHER: TimeDelta = TimeDelta::hours(1);
/// Characters kept of a message.
const LONGEST: usize = 2000;

/// What a run came to.
#[derive(Clone, Debug)]
pub struct Run<'a> {
    pub name: &'a str,
    /// Whether any process may have run it before, or each has runs of its own.
    pub shared: bool,
    pub outcome: JobOutcome,
    pub did: u64,
    pub message: Option<String>,
    pub wanted_by: Option<String>,
    pub replica: String,
    pub began_at: NaiveDateTime,
}

impl Run<'_> {
    /// Whether anybody would look for it.
    fn is_news(&self) -> bool {
        self.outcome == JobOutcome::Failed
            || self.did > 0
            || self.message.is_some()
            || self.wanted_by.is_some()
    }

    /// Whether it is one more of what a row stands for.
    fn is_like(&self, row: &job_run::Model) -> bool {
        row.outcome == self.outcome
            && row.replica == self.replica
            && row.wanted_by.is_none()
            && self.wanted_by.is_none()
            && match self.outcome {
                JobOutcome::Failed => row.message == self.message,
                JobOutcome::Done => self.began_at - row.began_at < TOGETHER,
            }
    }
}

/// Writes down what a run that has just ended came to. One that came to nothing is news only after a failure: it works
/// again.
pub async fn record(app: &App, mut run: Run<'_>) -> Result<()> {
    run.message = run.message.map(|it| it.chars().take(LONGEST).collect());
    if !run.is_news() {
        let newest = newest(app.database.reader(), &run).await?;
        if newest.is_none_or(|it| it.outcome == JobOutcome::Done) {
            return Ok(());
        }
    }
    let actor = Actor::Portus;
    let mut change = Change::begin_redoable(app, &actor).await?;
    let books = change.books()?;
    let newest = newest(change.reader(), &run).await?;
    match newest.filter(|it| run.is_like(it)) {
        Some(row) => {
            let row = job_run::ActiveModel {
                id: Set(row.id),
                times: Set(row.times + 1),
                did: Set(row.did.saturating_add_unsigned(run.did)),
                message: Set(run.message.or(row.message)),
                ended_at: Set(change.now()),
                ..Default::default()
            };
            change.update(&books, row).await?;
        }
        None => add(&mut change, &books, run).await?,
    }
    change.commit_unrecorded("a run is its own record").await
}

/// Adds a row that ends now, and removes the oldest above [`KEPT`].
pub async fn add(change: &mut Change<'_>, books: &Permit<KeepBooks>, run: Run<'_>) -> Result<()> {
    use job_run::Column;
    let name = run.name;
    let row = job_run::ActiveModel {
        id: NotSet,
        name: Set(name.to_owned()),
        outcome: Set(run.outcome),
        times: Set(1),
        did: Set(i64::try_from(run.did).unwrap_or(i64::MAX)),
        message: Set(run.message),
        wanted_by: Set(run.wanted_by),
        replica: Set(run.replica),
        began_at: Set(run.began_at),
        ended_at: Set(change.now()),
    };
    change.insert(books, row).await?;
    let surplus: Option<i64> = job_run::Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::Name.eq(name))
        .order_by_desc(Column::Id)
        .offset(KEPT)
        .limit(1)
        .into_tuple()
        .one(change.reader())
        .await?;
    if let Some(id) = surplus {
        let old = Condition::all()
            .add(Column::Name.eq(name))
            .add(Column::Id.lte(id));
        change.purge::<job_run::Entity, _>(books, old).await?;
    }
    Ok(())
}

async fn newest(
    connection: &impl ConnectionTrait,
    run: &Run<'_>,
) -> Result<Option<job_run::Model>> {
    use job_run::Column;
    let mut rows = job_run::Entity::find().filter(Column::Name.eq(run.name));
    if !run.shared {
        rows = rows.filter(Column::Replica.eq(run.replica.as_str()));
    }
    Ok(rows.order_by_desc(Column::Id).one(connection).await?)
}
