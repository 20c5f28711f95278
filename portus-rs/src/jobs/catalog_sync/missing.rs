//! Repositories that we know and the registry seems not to have: proved one by one, and held back when they are many.

use futures_util::{StreamExt as _, stream};
use serde::Deserialize;

use super::pass::{PARALLEL, Pass, stopped};
use crate::{
    actions::catalog::Findings,
    error::{Error, Result, wordings},
    protocol::sync_plan::{self, KnownTag as _},
    queries::sync::{self, Known},
    remote::{Absence, RegistryError},
};

#[derive(Deserialize)]
struct Plan {
    repositories: Vec<String>,
}

impl Pass<'_> {
    /// Removes what is proved to be gone; returns it instead when it is too much.
    pub(super) async fn remove_missing(&self) -> Result<Vec<String>> {
        let mut gone = Vec::new();
        let mut after = 0;
        loop {
            let rows = sync::repositories_after(self.app, self.registry.id, after).await?;
            let Some((last, _, _)) = rows.last() else {
                break;
            };
            after = *last;
            let missing: Vec<String> = rows
                .into_iter()
                .filter(|(id, _, created_at)| !self.is_seen(*id) && *created_at < self.started_at)
                .map(|(_, name, _)| name)
                .collect();
            gone.extend(self.proved(missing).await?);
            self.note().await?;
        }
        let known = sync::repository_count(self.app, self.registry.id).await?;
        if sync_plan::brakes(gone.len(), usize::try_from(known).unwrap_or(usize::MAX)) {
            return Ok(gone);
        }
        self.remove(gone).await?;
        Ok(Vec::new())
    }

    /// Carries out the plan that was held back, as far as it is still true.
    pub(super) async fn carry_out_plan(&self) -> Result<Vec<String>> {
        let held = sync::held(self.app, self.registry.id).await?;
        let held = held.filter(|run| self.options.plan_of.is_none_or(|id| id == run.id));
        let Some(plan) = held.and_then(|run| run.plan) else {
            return Err(Error::Refused(
                wordings::NOTHING_TO_CONFIRM.with(&[&self.registry.name]),
            ));
        };
        let plan: Plan = serde_json::from_str(&plan)
            .map_err(|error| anyhow::anyhow!("the plan that was held back is damaged: {error}"))?;
        for names in plan.repositories.chunks(sync::BATCH) {
            let gone = self.proved(names.to_vec()).await?;
            self.remove(gone).await?;
            self.note().await?;
        }
        Ok(Vec::new())
    }

    async fn remove(&self, names: Vec<String>) -> Result<()> {
        for repository in names {
            if self.options.is_stopped() {
                return Err(stopped());
            }
            let findings = Findings {
                repository: repository.clone(),
                repository_gone: true,
                ..Findings::default()
            };
            if let Err(error) = self.settle(findings, self.started_at).await {
                self.failed(&repository, &error);
            }
        }
        Ok(())
    }

    /// Those of which the registry itself says that they do not exist, or that none of their tags does.
    async fn proved(&self, names: Vec<String>) -> Result<Vec<String>> {
        let mut proved = Vec::new();
        for names in names.chunks(super::pass::BATCH) {
            if self.options.is_stopped() {
                return Err(stopped());
            }
            let page = sync::page(self.app, self.registry.id, names).await?;
            let each: Vec<_> = names.iter().map(|name| self.prove(name, &page)).collect();
            let gone: Vec<Option<String>> = stream::iter(each)
                .buffer_unordered(PARALLEL)
                .collect()
                .await;
            proved.extend(gone.into_iter().flatten());
        }
        proved.sort_unstable();
        Ok(proved)
    }

    async fn prove(&self, name: &str, page: &sync::Page) -> Option<String> {
        let known = page.known.get(name)?;
        let queued = page.queued.contains(name) && self.app.config.background.registry;
        let now = self.started_at;
        if queued || !known.tags.iter().all(|tag| tag.is_removable(now)) {
            return None;
        }
        match self.is_gone(name, known).await {
            Ok(gone) => gone.then(|| name.to_owned()),
            Err(error) => {
                self.failed(name, &error);
                None
            }
        }
    }

    async fn is_gone(&self, name: &str, known: &Known) -> Result<bool> {
        match self.list(name).await {
            Err(RegistryError::Absent(Absence::Repository)) => Ok(true),
            Err(error) => Err(error.into()),
            // The list may be empty for other reasons: each tag must be denied.
            Ok(tags) if tags.is_empty() && !known.tags.is_empty() => {
                let tags: Vec<&str> = known.tags.iter().map(|tag| tag.name.as_str()).collect();
                Ok(self.denied(name, &tags).await.len() == tags.len())
            }
            Ok(_) => Ok(false),
        }
    }
}
