//! What the registry is asked while things are deleted.

use std::collections::{BTreeSet, HashSet};

use crate::{
    app::App,
    entities::registry,
    remote::{RegistryClient, RegistryError},
};

/// Tags asked for one by one; for more of them, the whole list is read.
const FEW: usize = 10;

/// A refusal, and whether the registry was asked for this very thing.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    pub error: RegistryError,
    asked: bool,
}

impl Refusal {
    /// Whether it may have been done, or be done later, all the same.
    pub fn is_uncertain(&self) -> bool {
        self.asked && self.error.is_uncertain()
    }
}

/// One registry during one deletion. Once it has refused on principle it is not asked again.
pub(super) struct Asking<'a> {
    client: RegistryClient<'a>,
    refuses: Option<RegistryError>,
}

impl<'a> Asking<'a> {
    pub fn of(app: &'a App, registry: &'a registry::Model) -> Self {
        Self {
            client: RegistryClient::new(app, registry),
            refuses: None,
        }
    }

    /// Deletes a manifest. What is not there any more counts as deleted.
    pub async fn delete(&mut self, repository: &str, digest: &str) -> Result<(), Refusal> {
        if let Some(error) = self.refuses.clone() {
            return Err(Refusal {
                error,
                asked: false,
            });
        }
        let error = match self.client.delete_manifest(repository, digest).await {
            Ok(()) => return Ok(()),
            Err(error) if error.is_absence() => return Ok(()),
            Err(error) => error,
        };
        // It may have done so before it failed.
        if error.is_uncertain() && !error.is_timeout() && self.lacks(repository, digest).await {
            return Ok(());
        }
        tracing::warn!(
            repository.name = repository,
            "Could not delete tag on the registry: {repository}@{digest}: {error}"
        );
        if error.is_general() {
            self.refuses = Some(error.clone());
        }
        Err(Refusal { error, asked: true })
    }

    async fn lacks(&self, repository: &str, digest: &str) -> bool {
        let asked = self.client.manifest(repository, digest).await;
        asked.is_err_and(|error| error.is_absence())
    }

    /// The digest behind a tag; `None` if there is no such tag.
    pub async fn digest(
        &mut self,
        repository: &str,
        tag: &str,
    ) -> Result<Option<String>, RegistryError> {
        if let Some(error) = self.refuses.clone() {
            return Err(error);
        }
        match self.client.head_manifest(repository, tag).await {
            Ok(head) => Ok(Some(head.digest.to_string())),
            Err(error) if error.is_absence() => Ok(None),
            Err(error) => {
                if error.is_general() {
                    self.refuses = Some(error.clone());
                }
                Err(error)
            }
        }
    }

    /// Those of the tags that the registry has all the same: somebody has pushed them meanwhile. Silence counts as no,
    /// since it has said already that it deleted them.
    pub async fn still_has(&self, repository: &str, tags: &BTreeSet<String>) -> HashSet<String> {
        if self.refuses.is_some() {
            return HashSet::new();
        }
        if tags.len() > FEW {
            let listed = self.client.tags(repository).await.unwrap_or_default();
            return listed
                .into_iter()
                .filter(|tag| tags.contains(tag))
                .collect();
        }
        let mut found = HashSet::new();
        for tag in tags {
            if self.client.manifest(repository, tag).await.is_ok() {
                found.insert(tag.clone());
            }
        }
        found
    }
}
