//! Comparing one repository: which of its tags are new, point elsewhere, or are denied by the registry.

use chrono::NaiveDateTime;
use futures_util::{StreamExt as _, stream};

use super::pass::{PARALLEL, Pass};
use crate::{
    actions::{
        catalog::{Findings, Found},
        manifests::{Read, RunsOn},
    },
    error::{Error, Result},
    protocol::sync_plan::{self, Look},
    queries::sync::{self, Known, KnownTag},
    remote::{Absence, RegistryError},
};

/// Tags read before they are written.
const BATCH: usize = 200;

impl Pass<'_> {
    /// Compares a repository that the catalog lists.
    pub(super) async fn compare(
        &self,
        name: &str,
        known: Option<&Known>,
        queued: bool,
    ) -> Result<()> {
        // Events are nearer to the truth; the next pass looks again.
        if queued {
            return Ok(());
        }
        let read_at = self.app.clock.now();
        let listed = match self.list(name).await {
            Ok(tags) => tags,
            Err(RegistryError::Absent(Absence::Repository)) => Vec::new(),
            Err(error) => return Err(error.into()),
        };
        if listed.is_empty() {
            match known {
                Some(known) if !known.tags.is_empty() => self.note_emptied(known.id),
                _ => tracing::info!("skipping repo with no tags: {name}"),
            }
            return Ok(());
        }
        self.count(|counts| counts.tags += i64::try_from(listed.len()).unwrap_or(i64::MAX));
        let rows = known.map_or(&[][..], |known| &known.tags);
        let plan = sync_plan::plan(&listed, rows, read_at);
        for looks in plan.looks.chunks(BATCH) {
            let found = self.look(name, known, looks).await;
            if !found.is_empty() {
                let findings = Findings {
                    repository: name.to_owned(),
                    found,
                    ..Findings::default()
                };
                self.settle(findings, read_at).await?;
            }
        }
        if self.deletions {
            self.drop_denied(name, &plan.doubtful, read_at).await?;
        }
        Ok(())
    }

    pub(super) async fn list(&self, name: &str) -> Result<Vec<String>, RegistryError> {
        let _turn = self.turn().await;
        self.client.tags(name).await
    }

    async fn look(
        &self,
        name: &str,
        known: Option<&Known>,
        looks: &[Look<'_, KnownTag>],
    ) -> Vec<Found> {
        let each: Vec<_> = looks
            .iter()
            .map(|look| self.look_at(name, known, look))
            .collect();
        let found: Vec<Option<Found>> = stream::iter(each)
            .buffer_unordered(PARALLEL)
            .collect()
            .await;
        found.into_iter().flatten().collect()
    }

    async fn look_at(
        &self,
        name: &str,
        known: Option<&Known>,
        look: &Look<'_, KnownTag>,
    ) -> Option<Found> {
        let (tag, looked) = match look {
            Look::First(tag) => (*tag, self.look_first(name, tag).await.map(Some)),
            Look::Again(row) => (&*row.name, self.look_again(name, known, row).await),
        };
        looked.unwrap_or_else(|error| {
            self.failed(&format!("{name}:{tag}"), &error);
            None
        })
    }

    /// A tag that is new to us: its manifest tells everything at once.
    async fn look_first(&self, name: &str, tag: &str) -> Result<Found> {
        let fetched = {
            let _turn = self.turn().await;
            self.client.manifest(name, tag).await?
        };
        Ok(Found {
            tag: tag.to_owned(),
            digest: fetched.digest,
            read: Some(Read {
                length: fetched.body.len(),
                manifest: fetched.manifest,
                runs_on: RunsOn::Unread,
            }),
        })
    }

    /// A tag that we know: only its digest is asked for, unless it has changed.
    async fn look_again(
        &self,
        name: &str,
        known: Option<&Known>,
        row: &KnownTag,
    ) -> Result<Option<Found>> {
        let head = {
            let _turn = self.turn().await;
            self.client.head_manifest(name, &row.name).await?
        };
        if row.digest.as_deref() == Some(head.digest.as_str()) {
            return Ok(None);
        }
        let digest = head.digest;
        let digests = [digest.to_string()];
        let is_read = match known {
            Some(known) => !sync::read_digests(self.app, known.id, &digests)
                .await?
                .is_empty(),
            None => false,
        };
        let read = if is_read {
            None
        } else {
            let _turn = self.turn().await;
            let fetched = self.client.manifest(name, digest.as_str()).await;
            // What cannot be read now is fetched later, by the job that does so for events.
            fetched.ok().map(|fetched| Read {
                length: fetched.body.len(),
                manifest: fetched.manifest,
                runs_on: RunsOn::Unread,
            })
        };
        Ok(Some(Found {
            tag: row.name.clone(),
            digest,
            read,
        }))
    }

    /// Removes those of the tags that the list lacks which the registry, asked for each of them, denies.
    async fn drop_denied(
        &self,
        name: &str,
        doubtful: &[&KnownTag],
        read_at: NaiveDateTime,
    ) -> Result<()> {
        let tags: Vec<&str> = doubtful.iter().map(|row| row.name.as_str()).collect();
        let gone = self.denied(name, &tags).await;
        if gone.is_empty() {
            return Ok(());
        }
        let findings = Findings {
            repository: name.to_owned(),
            gone,
            ..Findings::default()
        };
        self.settle(findings, read_at).await
    }

    /// Which of these tags the registry says it does not have.
    pub(super) async fn denied(&self, name: &str, tags: &[&str]) -> Vec<String> {
        let each: Vec<_> = tags.iter().map(|tag| self.is_denied(name, tag)).collect();
        let answers: Vec<bool> = stream::iter(each).buffered(PARALLEL).collect().await;
        let denied = tags.iter().zip(answers).filter(|(_, denied)| *denied);
        denied.map(|(tag, _)| (*tag).to_owned()).collect()
    }

    async fn is_denied(&self, name: &str, tag: &str) -> bool {
        let asked = {
            let _turn = self.turn().await;
            self.client.manifest(name, tag).await
        };
        match asked {
            Err(error) if error.is_absence() => true,
            Err(error) => {
                self.failed(&format!("{name}:{tag}"), &Error::from(error));
                false
            }
            Ok(_) => false,
        }
    }
}
