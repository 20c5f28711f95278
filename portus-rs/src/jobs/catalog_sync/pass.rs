//! One pass over a registry: page by page, several repositories at a time, never more in memory than a handful.

use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use chrono::NaiveDateTime;
use futures_util::{StreamExt as _, stream};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::{Options, Progress, Step, desk::Desk};
use crate::{
    actions::{
        catalog::{Applied, Findings},
        sync_runs::{self, Counts},
    },
    app::App,
    config::SyncStrategy,
    entities::registry,
    error::{Error, Result},
    protocol::image_name::ImageName,
    queries::sync,
    remote::RegistryClient,
};

/// Requests to the registry at a time, and repositories at a time.
pub(super) const PARALLEL: usize = 8;
/// Repositories whose rows are loaded together.
pub(super) const BATCH: usize = 100;
/// The run's row is written no more often than this.
const NOTES: Duration = Duration::from_secs(1);

pub(super) struct Pass<'a> {
    pub app: &'a App,
    pub registry: &'a registry::Model,
    pub client: RegistryClient<'a>,
    pub options: &'a Options,
    /// Whether anything may be removed.
    pub deletions: bool,
    pub started_at: NaiveDateTime,
    progress: &'a dyn Progress,
    run: Option<i64>,
    requests: Semaphore,
    desk: Desk,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    counts: Counts,
    /// Rows of repositories that the catalog lists.
    seen: HashSet<i64>,
    /// Of these, the ones whose list of tags is empty by now.
    emptied: HashSet<i64>,
    noted_at: Option<Instant>,
}

impl<'a> Pass<'a> {
    pub fn new(
        app: &'a App,
        registry: &'a registry::Model,
        options: &'a Options,
        strategy: SyncStrategy,
        progress: &'a dyn Progress,
        run: Option<i64>,
    ) -> Self {
        Self {
            app,
            registry,
            client: RegistryClient::new(app, registry),
            options,
            // A cache's catalog is what it happens to have.
            deletions: strategy != SyncStrategy::Update && !registry.proxy,
            started_at: app.clock.now(),
            progress,
            run,
            requests: Semaphore::new(PARALLEL),
            desk: Desk::default(),
            state: Mutex::default(),
        }
    }

    /// Compares everything. Returns the repositories whose removal is held back.
    pub async fn walk(&self) -> Result<Vec<String>> {
        let mut pages = self.client.catalog()?;
        let mut listed = 0_usize;
        while let Some(names) = {
            let _turn = self.turn().await;
            pages.next().await?
        } {
            listed += names.len();
            for names in names.chunks(BATCH) {
                if self.options.is_stopped() {
                    return Err(stopped());
                }
                self.compare_all(names).await?;
                self.note().await?;
            }
        }
        if listed == 0 {
            if sync::repository_count(self.app, self.registry.id).await? > 0 {
                tracing::warn!(
                    registry.name = self.registry.name,
                    "[catalog] The catalog is empty, which proves nothing: nothing is removed"
                );
            }
            return Ok(Vec::new());
        }
        if !self.deletions {
            return Ok(Vec::new());
        }
        self.remove_missing().await
    }

    async fn compare_all(&self, names: &[String]) -> Result<()> {
        let names: Vec<String> = names
            .iter()
            .filter(|name| ImageName::parse(name).is_ok())
            .cloned()
            .collect();
        let page = sync::page(self.app, self.registry.id, &names).await?;
        self.state()
            .seen
            .extend(page.known.values().map(|known| known.id));
        let each: Vec<_> = names.iter().map(|name| self.visit(name, &page)).collect();
        stream::iter(each)
            .buffer_unordered(PARALLEL)
            .collect::<Vec<()>>()
            .await;
        Ok(())
    }

    async fn visit(&self, name: &str, page: &sync::Page) {
        let queued = page.queued.contains(name) && self.app.config.background.registry;
        let compared = Box::pin(self.compare(name, page.known.get(name), queued)).await;
        if let Err(error) = compared {
            self.failed(name, &error);
        }
        self.count(|counts| counts.repositories += 1);
    }

    /// Writes what was found about a repository, or says what would be written.
    pub async fn settle(&self, findings: Findings, read_at: NaiveDateTime) -> Result<()> {
        if self.options.dry_run {
            self.plan(&findings).await?;
            return Ok(());
        }
        let repository = findings.repository.clone();
        let applied = self.desk.write(self.app, self.registry, findings, read_at);
        self.report(&repository, &applied.await?);
        Ok(())
    }

    async fn plan(&self, findings: &Findings) -> Result<()> {
        let repository = &findings.repository;
        let names = [repository.clone()];
        let known = sync::page(self.app, self.registry.id, &names).await?.known;
        let has = |tag: &str| {
            known
                .get(repository)
                .is_some_and(|known| known.tags.iter().any(|row| row.name == tag))
        };
        let of = |tag: &str| (repository.clone(), tag.to_owned());
        for found in &findings.found {
            let (repository, tag) = of(&found.tag);
            if has(&found.tag) {
                self.count(|counts| counts.changed += 1);
                self.progress.planned(&Step::ChangeTag { repository, tag });
            } else {
                self.count(|counts| counts.added += 1);
                self.progress.planned(&Step::AddTag { repository, tag });
            }
        }
        for tag in &findings.gone {
            let (repository, tag) = of(tag);
            self.count(|counts| counts.removed += 1);
            self.progress.planned(&Step::RemoveTag { repository, tag });
        }
        if findings.repository_gone {
            self.count(|counts| counts.removed += 1);
            self.progress.planned(&Step::RemoveRepository {
                repository: repository.clone(),
            });
        }
        Ok(())
    }

    fn report(&self, repository: &str, applied: &Applied) {
        for tag in &applied.added {
            tracing::info!(
                repository.name = repository,
                tag.name = tag,
                "[catalog] Created the tag '{tag}'."
            );
        }
        for tag in &applied.changed {
            tracing::info!(
                repository.name = repository,
                tag.name = tag,
                "[catalog] Updated the tag '{tag}'."
            );
        }
        for tag in &applied.removed {
            tracing::info!(
                repository.name = repository,
                tag.name = tag,
                "[catalog] Removed the tag '{tag}'."
            );
        }
        if applied.repository_removed {
            tracing::info!(
                repository.name = repository,
                "[catalog] Removed the image '{repository}'."
            );
        }
        if applied.skipped {
            tracing::info!(
                "Cannot find namespace {} under registry {}",
                repository.split('/').next().unwrap_or_default(),
                self.registry.hostname
            );
        }
        let number = |list: &[String]| i64::try_from(list.len()).unwrap_or(i64::MAX);
        self.count(|counts| {
            counts.added += number(&applied.added);
            counts.changed += number(&applied.changed);
            counts.removed += number(&applied.removed);
        });
        if let Some(id) = applied.repository_id {
            self.state().seen.insert(id);
        }
        if applied.details_pending {
            self.app.wake.details.notify_one();
        }
    }

    /// Waits for leave to ask the registry something.
    pub async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        // It is never closed.
        self.requests.acquire().await.ok()
    }

    pub fn failed(&self, what: &str, error: &Error) {
        self.count(|counts| counts.errors += 1);
        tracing::warn!(
            registry.name = self.registry.name,
            "[catalog] {what} could not be compared: {error}"
        );
    }

    pub fn count(&self, change: impl FnOnce(&mut Counts)) {
        change(&mut self.state().counts);
    }

    pub fn counts(&self) -> Counts {
        self.state().counts
    }

    pub fn is_seen(&self, id: i64) -> bool {
        let state = self.state();
        state.seen.contains(&id) && !state.emptied.contains(&id)
    }

    /// Remembers a repository that the catalog lists although nothing seems to be in it.
    pub fn note_emptied(&self, id: i64) {
        self.state().emptied.insert(id);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells whoever watches how far we have come.
    pub async fn note(&self) -> Result<()> {
        let counts = {
            let mut state = self.state();
            if state.noted_at.is_some_and(|at| at.elapsed() < NOTES) {
                return Ok(());
            }
            state.noted_at = Some(Instant::now());
            state.counts
        };
        self.progress.advanced(&counts);
        if let Some(run) = self.run {
            sync_runs::note(self.app, run, counts, None).await?;
        }
        Ok(())
    }
}

pub(super) fn stopped() -> Error {
    Error::Refused("stopped before the end; nothing that was missing has been removed".to_owned())
}
