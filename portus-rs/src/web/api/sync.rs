//! Comparing registries with their catalogs: asking for it, looking at it, confirming what it holds back. For admins.

use actix_web::HttpResponse;
use serde::Serialize;
use serde_json::Value;

use super::respond::{Time, ok, paged};
use crate::{
    actions::sync_runs,
    config::SyncStrategy,
    entities::{SyncState, registry},
    queries::{
        sync,
        sync_runs::{self as queries, Row, SyncRuns},
    },
    web::{
        error::{ApiError, ApiResult},
        extract::caller::Call,
    },
};

/// A registry where it is not what is asked about.
#[derive(Serialize)]
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

#[derive(Serialize)]
struct Run {
    id: i64,
    registry: RegistryName,
    strategy: String,
    state: &'static str,
    /// Who wanted it; nobody but the schedule without.
    requested_by: Option<String>,
    /// The run whose plan it carries out.
    confirms: Option<i64>,
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

/// A run with what it holds back.
#[derive(Serialize)]
struct RunWithPlan {
    #[serde(flatten)]
    run: Run,
    /// `{"repositories": [...]}`: what would be removed.
    plan: Option<Value>,
}

impl From<Row> for Run {
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

pub async fn list(call: Call) -> ApiResult<HttpResponse> {
    call.admin()?;
    let mut read = call.params.read();
    let registry = read.string("registry");
    let state = read.string("state");
    let state = state.and_then(|word| {
        let state = word.parse::<SyncState>().ok();
        if state.is_none() {
            read.reject("state");
        }
        state
    });
    read.finish()?;
    let list = SyncRuns {
        registry_id: registry_id(&call, registry.as_deref()).await?,
        state,
    };
    paged(&call, list, Run::from).await
}

/// The one registry that a list is narrowed to.
pub async fn registry_id(call: &Call, named: Option<&str>) -> ApiResult<Option<i64>> {
    let Some(named) = named else { return Ok(None) };
    let found = sync::wanted_registries(&call.app, Some(named)).await?;
    Ok(found.first().map(|it| it.id))
}

pub async fn create(call: Call) -> ApiResult<HttpResponse> {
    call.admin()?;
    let mut read = call.params.read();
    let registry = read.string("registry");
    let strategy = read.string("strategy");
    let strategy = strategy.and_then(|word| {
        let strategy = SyncStrategy::parse(&word);
        if strategy.is_none() {
            read.reject("strategy");
        }
        strategy
    });
    read.finish()?;
    let registries = sync::wanted_registries(&call.app, registry.as_deref()).await?;
    let ids: Vec<i64> = registries.iter().map(|it| it.id).collect();
    let runs = sync_runs::request(&call.app, &call.actor, &ids, strategy).await?;
    let rows = queries::dressed(&call.app, runs).await?;
    let runs: Vec<Run> = rows.into_iter().map(Run::from).collect();
    Ok(HttpResponse::Accepted().json(runs))
}

pub async fn show(call: Call) -> ApiResult<HttpResponse> {
    call.admin()?;
    let row = queries::show(&call.app, call.id("id")?).await?;
    let plan = row.run.plan.as_deref();
    // Only we write it.
    let plan = plan.and_then(|text| serde_json::from_str(text).ok());
    ok(RunWithPlan {
        run: Run::from(row),
        plan,
    })
}

pub async fn confirm(call: Call) -> ApiResult<HttpResponse> {
    call.admin()?;
    let run = sync_runs::confirm(&call.app, &call.actor, call.id("id")?).await?;
    let mut rows = queries::dressed(&call.app, vec![run]).await?;
    let row = rows.pop().ok_or(ApiError::NOT_FOUND)?;
    Ok(HttpResponse::Accepted().json(Run::from(row)))
}
