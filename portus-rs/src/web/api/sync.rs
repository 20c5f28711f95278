//! Comparing registries with their catalogs: asking for it, looking at it, confirming what it holds back. For admins.

use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{
    operation::{Noun, get, noun, post},
    reply::{Answered, Paged, Shown},
    respond::{Time, ok, paged},
    words,
};
use crate::{
    actions::sync_runs,
    config::SyncStrategy,
    entities::registry,
    queries::{
        sync,
        sync_runs::{self as queries, Row, SyncRuns},
    },
    web::{
        error::{ApiError, ApiResult},
        extract::{
            caller::Admin,
            declare::{Parameter, params},
            filters::Filters,
            page::Page,
            params::Reader,
        },
    },
};

pub fn operations() -> Noun {
    noun(
        "sync",
        "Comparing registries with their catalogs, for admins.",
        vec![
            get(
                "/v1/sync",
                "Lists comparisons, how far they came and how they ended",
                list,
            )
            .ours(),
            post(
                "/v1/sync",
                "Asks for a comparison of every registry, or of one",
                create,
            )
            .may(&[404])
            .about(
                "Whichever process runs the jobs begins it within seconds. While one waits for the same registry, \
                 that one is the answer.",
            )
            .ours(),
            get(
                "/v1/sync/{id}",
                "Shows a comparison with the removals that it holds back",
                show,
            )
            .ours(),
            post(
                "/v1/sync/{id}/confirm",
                "Asks for the removals that a comparison held back",
                confirm,
            )
            .about("Each is removed only if the registry, asked once more, still says that it is gone.")
            .ours(),
        ],
    )
}

params! {
    /// What is to be compared.
    struct SyncWish {
        /// Name or hostname; all registries unless given.
        registry: Option<String>,
        /// As configured unless given.
        strategy: Option<SyncStrategy>,
    }
}

impl Parameter for Option<SyncStrategy> {
    fn read(read: &mut Reader<'_>, name: &str) -> Self {
        let word = read.string(name)?;
        let strategy = SyncStrategy::parse(&word);
        if strategy.is_none() {
            read.reject(name);
        }
        strategy
    }

    fn schema() -> Value {
        json!({"type": "string", "enum": SyncStrategy::ALL.map(SyncStrategy::as_str)})
    }
}

/// A registry where it is not what is asked about.
#[derive(Serialize, ToSchema)]
pub struct RegistryName {
    id: i64,
    name: String,
    hostname: String,
}

impl From<registry::Model> for RegistryName {
    fn from(row: registry::Model) -> Self {
        Self {
            id: row.id,
            name: row.name,
            hostname: row.hostname,
        }
    }
}

#[derive(Serialize, ToSchema)]
struct SyncRun {
    id: i64,
    registry: RegistryName,
    strategy: String,
    #[schema(schema_with = words::sync_state)]
    state: &'static str,
    /// Who wanted it; null where it was the schedule.
    requested_by: Option<String>,
    /// The comparison whose held removals it carries out.
    confirms: Option<i64>,
    /// What was looked at so far.
    repositories: i64,
    tags: i64,
    added: i64,
    changed: i64,
    removed: i64,
    errors: i64,
    message: Option<String>,
    /// While it waits, when it was wanted.
    started_at: Time,
    updated_at: Time,
    finished_at: Option<Time>,
}

/// A comparison with what it holds back.
#[derive(Serialize, ToSchema)]
struct SyncRunWithPlan {
    #[serde(flatten)]
    run: SyncRun,
    plan: Option<SyncPlan>,
}

/// What is to go once somebody confirms it.
#[derive(Serialize, serde::Deserialize, ToSchema)]
struct SyncPlan {
    repositories: Vec<String>,
}

impl From<Row> for SyncRun {
    fn from(row: Row) -> Self {
        let Row { run, registry } = row;
        Self {
            id: run.id,
            registry: RegistryName::from(registry),
            strategy: run.strategy,
            state: run.state.as_str(),
            requested_by: run.requested_by,
            confirms: run.confirms,
            repositories: run.repositories,
            tags: run.tags,
            added: run.added,
            changed: run.changed,
            removed: run.removed,
            errors: run.errors,
            message: run.message,
            started_at: Time(run.started_at),
            updated_at: Time(run.updated_at),
            finished_at: run.finished_at.map(Time),
        }
    }
}

async fn list(call: Admin, page: Page, filters: Filters<SyncRuns>) -> ApiResult<Paged<SyncRun>> {
    let list = filters.narrow(&call.app, SyncRuns);
    paged(&call, &page, list, SyncRun::from).await
}

async fn create(call: Admin, wish: SyncWish) -> ApiResult<Answered<202, Vec<SyncRun>>> {
    let registries = sync::wanted_registries(&call.app, wish.registry.as_deref()).await?;
    let ids: Vec<i64> = registries.iter().map(|it| it.id).collect();
    let runs = sync_runs::request(&call.app, &call.actor, &ids, wish.strategy).await?;
    let rows = queries::dressed(&call.app, runs).await?;
    Ok(Answered(rows.into_iter().map(SyncRun::from).collect()))
}

async fn show(call: Admin) -> ApiResult<Shown<SyncRunWithPlan>> {
    let row = queries::show(&call.app, call.id("id")?).await?;
    let plan = row.run.plan.as_deref();
    // Only we write it.
    let plan = plan.and_then(|text| serde_json::from_str(text).ok());
    let run = SyncRun::from(row);
    ok(SyncRunWithPlan { run, plan })
}

async fn confirm(call: Admin) -> ApiResult<Answered<202, SyncRun>> {
    let run = sync_runs::confirm(&call.app, &call.actor, call.id("id")?).await?;
    let mut rows = queries::dressed(&call.app, vec![run]).await?;
    let row = rows.pop().ok_or(ApiError::NOT_FOUND)?;
    Ok(Answered(SyncRun::from(row)))
}
