//! Comparisons that somebody asked for: their rows wait in the database, and whichever process comes first takes them.

use std::sync::Arc;

use super::{NAME, Options, Report, conduct, holding, wait_for_lease};
use crate::{
    actions::sync_runs,
    app::App,
    config::SyncStrategy,
    entities::sync_run,
    error::Result,
    jobs::{Stop, is_stopped},
    queries::sync,
};

/// Carries out what waits, one after the other. Where another process compares for long, what waits goes on waiting.
pub async fn run_requested(app: &Arc<App>, stop: &Stop) -> Result<Vec<Report>> {
    let mut reports = Vec::new();
    while !is_stopped(stop) && sync::waiting(app).await?.is_some() {
        let Some(lease) = wait_for_lease(app).await? else {
            tracing::debug!("'{NAME}' is under way elsewhere: what was asked for waits");
            break;
        };
        // Asked again under the lease: the process that held it may have done it.
        let done = holding(app, lease, async {
            match sync::waiting(app).await? {
                Some(run) => Box::pin(carry_out(app, run, stop)).await,
                None => Ok(None),
            }
        });
        reports.extend(done.await?);
    }
    Ok(reports)
}

async fn carry_out(app: &App, run: sync_run::Model, stop: &Stop) -> Result<Option<Report>> {
    let registries = sync::registries(app, None).await?;
    let Some(registry) = registries.iter().find(|it| it.id == run.registry_id) else {
        // It has just been removed, and its runs with it.
        return Ok(None);
    };
    let run = sync_runs::begin(app, &run).await?;
    let options = Options {
        strategy: SyncStrategy::parse(&run.strategy),
        confirm: run.confirms.is_some(),
        plan_of: run.confirms,
        stop: Some(stop.clone()),
        ..Options::default()
    };
    let report = conduct(app, registry, &options, &(), Some(run.id)).await?;
    Ok(Some(report))
}
