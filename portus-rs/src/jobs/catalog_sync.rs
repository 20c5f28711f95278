//! Compares what we know with what the registries hold, and repairs what events have missed.
//!
//! Nothing is deleted without proof: the registry itself, asked for that very thing, must deny it. A pass that would
//! take away more than half of a registry's repositories stops and waits for somebody's word.

mod desk;
mod missing;
mod pass;
mod repository;
mod requested;

use std::{sync::Arc, time::Duration};

use super::{Stop, lease};
use crate::{
    actions::sync_runs::{self, Counts, Outcome},
    app::App,
    config::SyncStrategy,
    entities::{SyncState, registry},
    error::{Error, Result},
    queries::sync,
};
use pass::Pass;
pub use requested::run_requested;

/// The job's name in logs and in its lease.
pub use crate::queries::jobs::SYNC as NAME;
/// How long a synchronisation by hand waits for one that is under way.
const PATIENCE: Duration = Duration::from_secs(20);

/// How to synchronise; `None` means as configured.
#[derive(Clone, Debug, Default)]
pub struct Options {
    pub strategy: Option<SyncStrategy>,
    /// Only say what would be done.
    pub dry_run: bool,
    /// Carry out the plan that was held back.
    pub confirm: bool,
    /// Only if it is this run's plan.
    pub plan_of: Option<i64>,
    /// Ends the pass after the step in hand.
    pub stop: Option<Stop>,
}

impl Options {
    fn is_stopped(&self) -> bool {
        self.stop.as_ref().is_some_and(super::is_stopped)
    }
}

/// Something that a pass does, or would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    AddTag { repository: String, tag: String },
    ChangeTag { repository: String, tag: String },
    RemoveTag { repository: String, tag: String },
    RemoveRepository { repository: String },
}

/// Who watches a pass: a progress bar, or nobody.
pub trait Progress: Sync {
    fn began(&self, _registry: &registry::Model) {}
    fn advanced(&self, _counts: &Counts) {}
    /// A step of a pass that only looks.
    fn planned(&self, _step: &Step) {}
}

impl Progress for () {}

/// How the pass over one registry ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub registry: String,
    pub counts: Counts,
    pub state: SyncState,
    pub message: Option<String>,
    /// Repositories that are held back.
    pub held: Vec<String>,
}

/// One pass by hand, over all registries or the one with this name or hostname. Waits for a pass that is under way.
pub async fn run_once(
    app: &Arc<App>,
    registry: Option<&str>,
    options: Options,
    progress: &dyn Progress,
) -> Result<Vec<Report>> {
    let registries = sync::wanted_registries(app, registry).await?;
    if options.dry_run {
        return run_registries(app, &registries, &options, progress).await;
    }
    let Some(lease) = wait_for_lease(app).await? else {
        return Err(Error::Refused(
            "another synchronization is under way; try again when it has ended".to_owned(),
        ));
    };
    holding(
        app,
        lease,
        run_registries(app, &registries, &options, progress),
    )
    .await
}

async fn wait_for_lease(app: &App) -> Result<Option<lease::Lease>> {
    let watch = lease::Watch::default();
    let waited = std::time::Instant::now();
    loop {
        if let Some(lease) = lease::take(app, &watch, NAME).await? {
            return Ok(Some(lease));
        }
        if waited.elapsed() > PATIENCE {
            return Ok(None);
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// Does what somebody wants besides the schedule, which goes on as before.
async fn holding<T: Send>(
    app: &Arc<App>,
    lease: lease::Lease,
    work: impl Future<Output = Result<T>> + Send,
) -> Result<T> {
    let next_run_at = lease.next_run_at;
    let result = lease.hold(app, work).await?;
    let ending = lease::Ending {
        error: result.as_ref().err().map(ToString::to_string),
        next_run_at,
    };
    lease.release(app, ending).await?;
    result
}

/// One pass over all registries, by whoever holds the lease.
pub async fn run_all(
    app: &Arc<App>,
    strategy: Option<SyncStrategy>,
    stop: &Stop,
) -> Result<Vec<Report>> {
    let registries = sync::registries(app, None).await?;
    let options = Options {
        strategy,
        stop: Some(stop.clone()),
        ..Options::default()
    };
    run_registries(app, &registries, &options, &()).await
}

async fn run_registries(
    app: &Arc<App>,
    registries: &[registry::Model],
    options: &Options,
    progress: &dyn Progress,
) -> Result<Vec<Report>> {
    let mut reports = Vec::with_capacity(registries.len());
    for registry in registries {
        if options.is_stopped() {
            break;
        }
        reports.push(Box::pin(run_registry(app, registry, options, progress)).await?);
    }
    Ok(reports)
}

async fn run_registry(
    app: &App,
    registry: &registry::Model,
    options: &Options,
    progress: &dyn Progress,
) -> Result<Report> {
    let strategy = strategy(app, options);
    let run = if options.dry_run {
        None
    } else {
        Some(sync_runs::start(app, registry.id, strategy.as_str()).await?)
    };
    conduct(app, registry, options, progress, run).await
}

fn strategy(app: &App, options: &Options) -> SyncStrategy {
    options
        .strategy
        .unwrap_or(app.config.background.sync.strategy)
}

/// One pass over one registry, written down in the row of this run.
async fn conduct(
    app: &App,
    registry: &registry::Model,
    options: &Options,
    progress: &dyn Progress,
    run: Option<i64>,
) -> Result<Report> {
    let begun = std::time::Instant::now();
    let strategy = strategy(app, options);
    progress.began(registry);
    let pass = Pass::new(app, registry, options, strategy, progress, run);
    let done = if options.confirm {
        pass.carry_out_plan().await
    } else {
        pass.walk().await
    };
    let (state, message, held) = match done {
        Ok(held) if held.is_empty() => (SyncState::Done, None, held),
        Ok(held) => (SyncState::Held, Some(held_message(registry, &held)), held),
        Err(error) => (SyncState::Failed, Some(error.to_string()), Vec::new()),
    };
    let counts = pass.counts();
    match state {
        SyncState::Failed => tracing::error!(
            registry.name = registry.name,
            "Exception: {}",
            message.as_deref().unwrap_or_default()
        ),
        SyncState::Held => tracing::warn!(
            registry.name = registry.name,
            "[catalog] {}",
            message.as_deref().unwrap_or_default()
        ),
        _ => {}
    }
    tracing::info!(
        registry.name = registry.name,
        "[catalog] {} repositories, {} tags: +{} ~{} -{} ({} errors) in {:.1} s",
        counts.repositories,
        counts.tags,
        counts.added,
        counts.changed,
        counts.removed,
        counts.errors,
        begun.elapsed().as_secs_f64()
    );
    progress.advanced(&counts);
    if let Some(run) = run {
        let plan =
            (!held.is_empty()).then(|| serde_json::json!({ "repositories": held }).to_string());
        let outcome = Outcome {
            state,
            message: message.clone(),
            plan,
        };
        sync_runs::note(app, run, counts, Some(outcome)).await?;
    }
    Ok(Report {
        registry: registry.name.clone(),
        counts,
        state,
        message,
        held,
    })
}

fn held_message(registry: &registry::Model, held: &[String]) -> String {
    format!(
        "{} repositories are gone from {}, more than half of those known: nothing of them is removed until somebody \
         confirms it with `portus-rs sync --confirm`",
        held.len(),
        registry.name
    )
}
