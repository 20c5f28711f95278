//! `sync`: one comparison with the registry, by hand.

use std::sync::Mutex;

use indicatif::ProgressBar;

use crate::{
    actions::sync_runs::Counts,
    config::SyncStrategy,
    entities::{SyncState, registry},
    jobs::{
        self,
        catalog_sync::{self, Progress, Report, Step},
    },
};

use super::{
    console::{complain, say},
    context::Session,
    failure::{Failure, Outcome},
    progress,
};

/// How to compare.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// What to do about differences, when it is not what background.sync.strategy says
    #[arg(long, value_name = "STRATEGY", value_parser = ["update-delete", "update", "on-start", "initial"])]
    strategy: Option<String>,
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
    /// Carry out the removals that the last comparison held back, after asking the registry again about each
    #[arg(long, conflicts_with_all = ["dry_run", "strategy"])]
    confirm: bool,
    /// The registry's name or host name; by default all of them
    #[arg(long, value_name = "HOST")]
    registry: Option<String>,
}

pub async fn run(session: &Session, options: Options) -> Outcome {
    let app = session.app().await?;
    let how = catalog_sync::Options {
        strategy: options.strategy.as_deref().and_then(SyncStrategy::parse),
        dry_run: options.dry_run,
        confirm: options.confirm,
        ..catalog_sync::Options::default()
    };
    let watcher = Watcher {
        bar: progress::bar(None),
        name: Mutex::new(String::new()),
    };
    let reports = catalog_sync::run_once(&app, options.registry.as_deref(), how, &watcher).await;
    watcher.bar.finish_and_clear();
    let reports = reports?;
    for report in &reports {
        tell(report, options.dry_run);
    }
    let bad = reports
        .iter()
        .any(|report| matches!(report.state, SyncState::Failed | SyncState::Held));
    if bad { Err(Failure::Code(1)) } else { Ok(()) }
}

fn tell(report: &Report, dry_run: bool) {
    let counts = &report.counts;
    let would = if dry_run {
        " (nothing was changed)"
    } else {
        ""
    };
    say(format!(
        "{}: {} repositories, {} tags: {} added, {} changed, {} removed, {} errors{would}",
        report.registry,
        counts.repositories,
        counts.tags,
        counts.added,
        counts.changed,
        counts.removed,
        counts.errors
    ));
    match report.state {
        SyncState::Failed => complain(format!(
            "portus-rs: {}: {}",
            report.registry,
            report
                .message
                .as_deref()
                .unwrap_or("it failed; the log says why")
        )),
        SyncState::Held => {
            complain(format!(
                "portus-rs: {}: {}",
                report.registry,
                report
                    .message
                    .as_deref()
                    .unwrap_or("more than half of the repositories would go, so none was removed")
            ));
            for name in &report.held {
                say(format!("  held back: {name}"));
            }
            complain(
                "portus-rs: 'portus-rs sync --confirm' removes them, if the registry still says that they are gone",
            );
        }
        _ => {}
    }
}

struct Watcher {
    bar: ProgressBar,
    name: Mutex<String>,
}

impl Progress for Watcher {
    fn began(&self, registry: &registry::Model) {
        let mut name = self
            .name
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        name.clone_from(&registry.hostname);
        self.bar.set_message(name.clone());
    }

    fn advanced(&self, counts: &Counts) {
        let name = self
            .name
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        self.bar.set_message(format!(
            "{name}: {} repositories, {} tags, {} added, {} changed, {} removed",
            counts.repositories, counts.tags, counts.added, counts.changed, counts.removed
        ));
        self.bar.tick();
    }

    fn planned(&self, step: &Step) {
        let line = match step {
            Step::AddTag { repository, tag } => format!("would add {repository}:{tag}"),
            Step::ChangeTag { repository, tag } => format!("would change {repository}:{tag}"),
            Step::RemoveTag { repository, tag } => format!("would remove {repository}:{tag}"),
            Step::RemoveRepository { repository } => format!("would remove {repository}"),
        };
        self.bar.suspend(|| say(line));
    }
}

/// Jobs by hand.
#[derive(Debug, clap::Subcommand)]
pub enum JobDeed {
    /// Run one, whether or not it is due
    Run {
        /// As 'portus-rs job list' names it
        name: String,
    },
    /// Name them
    List,
}

pub async fn job(session: &Session, deed: JobDeed) -> Outcome {
    match deed {
        JobDeed::List => {
            say(jobs::NAMES.join("\n"));
            Ok(())
        }
        JobDeed::Run { name } => {
            if !jobs::NAMES.contains(&name.as_str()) {
                return Err(Failure::aborted(format!(
                    "there is no job '{name}'; there are {}",
                    jobs::NAMES.join(", ")
                )));
            }
            let app = session.app().await?;
            Ok(jobs::run_by_hand(&app, &name).await?)
        }
    }
}
