//! What the background does: when each job ran, how that ended, and when it is due again.

use chrono::NaiveDateTime;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect as _,
    QueryTrait as _, Select,
};

use super::{
    filter::{Filter, filters},
    list::{Listing, in_order},
};
use crate::{
    app::App,
    database::Database,
    entities::{JobOutcome, job_run, lease},
    error::Result,
};

/// Names of the jobs that one process at a time does; their leases go by them.
pub const SYNC: &str = "Registry synchronization";
pub const DETAILS: &str = "Manifest details";
pub const MAIL: &str = "Outgoing mail";
pub const HOUSEKEEPING: &str = "Housekeeping";
/// How much room images take.
pub const STORAGE: &str = "Storage";
/// Who of the directory's people is still there.
pub const PEOPLE: &str = "LDAP accounts";
/// Who of them is in which group.
pub const GROUPS: &str = "LDAP groups";
/// Who of the identity providers' people is still theirs.
pub const PROVIDERS: &str = "Identity providers";

/// Those of them that somebody can have run before their time; comparisons are asked for by rows of their own.
pub const SHARED: &[&str] = &[
    DETAILS,
    MAIL,
    HOUSEKEEPING,
    STORAGE,
    PEOPLE,
    GROUPS,
    PROVIDERS,
];

/// Names of the jobs that every process does for itself.
pub const SELF_TEST: &str = "Registry self-test";
pub const WEBHOOKS: &str = "Webhooks";
pub const USAGE: &str = "Usage";

/// Every job that one process at a time does, by name; those that have never run are not there.
pub async fn all(app: &App) -> Result<Vec<lease::Model>> {
    Ok(lease::Entity::find()
        .order_by_asc(lease::Column::Name)
        .all(app.database.reader())
        .await?)
}

/// Jobs whose time has come while no process does them, be it by the schedule or because somebody wants them.
pub async fn due(app: &App) -> Result<Vec<String>> {
    Ok(lease::Entity::find()
        .select_only()
        .column(lease::Column::Name)
        .filter(lease::Column::NextRunAt.lte(app.clock.now()))
        .filter(lease::Column::Holder.is_null())
        .into_tuple()
        .all(app.database.reader())
        .await?)
}

/// Why a job failed the last time it ran, if it did.
pub async fn last_error(database: &Database, name: &str) -> Result<Option<String>> {
    let found = lease::Entity::find()
        .filter(lease::Column::Name.eq(name))
        .one(database.reader())
        .await?;
    Ok(found.and_then(|it| it.last_error))
}

/// The newest row of each job's history; those without one are not there.
pub async fn newest_runs(app: &App) -> Result<Vec<job_run::Model>> {
    let newest = job_run::Entity::find()
        .select_only()
        .column_as(job_run::Column::Id.max(), "newest")
        .group_by(job_run::Column::Name)
        .into_query();
    Ok(job_run::Entity::find()
        .filter(job_run::Column::Id.in_subquery(newest))
        .all(app.database.reader())
        .await?)
}

/// The jobs that have failed since then.
pub async fn failed_since(app: &App, then: NaiveDateTime) -> Result<Vec<String>> {
    Ok(job_run::Entity::find()
        .select_only()
        .column(job_run::Column::Name)
        .distinct()
        .filter(job_run::Column::Outcome.eq(JobOutcome::Failed))
        .filter(job_run::Column::EndedAt.gte(then))
        .into_tuple()
        .all(app.database.reader())
        .await?)
}

/// The history of a job, for admins.
#[derive(Clone, Copy, Debug)]
pub struct JobRuns {
    pub name: &'static str,
    /// Only what failed.
    pub failed: bool,
}

impl Listing for JobRuns {
    type Entity = job_run::Entity;
    type Row = job_run::Model;

    fn select(&self) -> Select<job_run::Entity> {
        let of_job = job_run::Entity::find().filter(job_run::Column::Name.eq(self.name));
        if self.failed {
            of_job.filter(job_run::Column::Outcome.eq(JobOutcome::Failed))
        } else {
            of_job
        }
    }

    fn id() -> job_run::Column {
        job_run::Column::Id
    }

    fn sort_column(name: &str) -> Option<job_run::Column> {
        use job_run::Column as C;
        Some(match name {
            "began_at" => C::BeganAt,
            "ended_at" => C::EndedAt,
            "outcome" => C::Outcome,
            "did" => C::Did,
            _ => return None,
        })
    }

    fn filters() -> &'static [Filter] {
        use job_run::Column as C;
        filters! {
            "outcome" word(JobOutcome::WORDS, |it| it.parse::<JobOutcome>().map_or_else(
                |()| Condition::all(),
                |it| Condition::all().add(C::Outcome.eq(it)),
            )) "What they came to.";
            "wanted_by" is(C::WantedBy) "Asked for by the account of this name.";
            "replica" is(C::Replica) "Of this process.";
            "began_after" after(C::BeganAt) "Begun after this moment, ISO 8601.";
            "began_before" before(C::BeganAt) "Begun before this moment.";
            "ended_after" after(C::EndedAt) "Ended after this moment.";
            "ended_before" before(C::EndedAt) "Ended before this moment.";
        }
    }

    async fn load(&self, app: &App, ids: &[i64]) -> Result<Vec<job_run::Model>> {
        let rows = job_run::Entity::find()
            .filter(job_run::Column::Id.is_in(ids.iter().copied()))
            .all(app.database.reader())
            .await?;
        Ok(in_order(ids, rows.into_iter().map(|row| (row.id, row))))
    }
}
