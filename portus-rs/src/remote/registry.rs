//! What can be asked of a registry.

use reqwest::{Method, Response, StatusCode, header};
use url::Url;

use super::{
    RegistryClients,
    error::{RegistryError, Result},
    exchange,
    pages::Pages,
};
use crate::{
    app::App,
    entities::registry,
    protocol::{
        digest::Digest,
        image_name::{self, ImageName},
        manifest::{ACCEPT, Manifest},
        scope::{Access, Action},
    },
};

/// Registries refuse manifests above 4 MiB; a little more is read, so that the error is theirs.
const MANIFEST: usize = 4 * 1024 * 1024 + 64 * 1024;
/// Configs of images are a few KiB; what is larger is not read.
const CONFIG: usize = 4 * 1024 * 1024;
/// Tags of one repository that are read.
const MOST_TAGS: usize = 1_000_000;

/// Speaks to one registry.
#[derive(Clone, Copy)]
pub struct RegistryClient<'a> {
    pub(super) app: &'a App,
    pub(super) row: &'a registry::Model,
}

/// What a registry says of a manifest without sending it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    pub digest: Digest,
    pub media_type: Option<String>,
}

/// A manifest as it came.
#[derive(Clone, Debug)]
pub struct Fetched {
    pub digest: Digest,
    pub body: Vec<u8>,
    pub manifest: Manifest,
}

impl<'a> RegistryClient<'a> {
    pub fn new(app: &'a App, row: &'a registry::Model) -> Self {
        Self { app, row }
    }

    pub(super) fn clients(&self) -> &'a RegistryClients {
        &self.app.registries
    }

    /// The registry this client speaks to.
    pub fn row(&self) -> &'a registry::Model {
        self.row
    }

    /// Walks through the catalog.
    pub fn catalog(&self) -> Result<Pages<'_>> {
        let access = Access::catalog(Action::All);
        Ok(Pages::new(
            self,
            access,
            &self.url("_catalog")?,
            "repositories",
        ))
    }

    /// The repository's tags, each once, sorted. Names that no client could ask for are left out.
    pub async fn tags(&self, repository: &str) -> Result<Vec<String>> {
        check_name(repository)?;
        let url = self.url(&format!("{repository}/tags/list"))?;
        let mut pages = Pages::new(self, pull(repository), &url, "tags");
        let mut tags = Vec::new();
        while let Some(page) = pages.next().await? {
            tags.extend(page.into_iter().filter(|tag| image_name::is_tag(tag)));
            if tags.len() > MOST_TAGS {
                return Err(RegistryError::Malformed(format!(
                    "{repository} has more than {MOST_TAGS} tags"
                )));
            }
        }
        tags.sort_unstable();
        tags.dedup();
        Ok(tags)
    }

    /// The digest behind a tag or digest, without the manifest itself.
    pub async fn head_manifest(&self, repository: &str, reference: &str) -> Result<Head> {
        let url = self.manifest_url(repository, reference)?;
        let answer = self
            .send(Method::HEAD, &url, Some(&pull(repository)), Some(ACCEPT))
            .await?;
        let said = text(&answer, "docker-content-digest").and_then(|it| Digest::parse(&it).ok());
        let known = answer.status().is_success().then_some(said).flatten();
        if let Some(digest) = known {
            return Ok(Head {
                digest,
                media_type: text(&answer, header::CONTENT_TYPE.as_str()),
            });
        }
        // An error without a body proves nothing, and a registry without the header must be read.
        let fetched = self.manifest(repository, reference).await?;
        Ok(Head {
            digest: fetched.digest,
            media_type: Some(fetched.manifest.media_type),
        })
    }

    /// A manifest by tag or digest. What was asked for by digest has that digest.
    pub async fn manifest(&self, repository: &str, reference: &str) -> Result<Fetched> {
        let url = self.manifest_url(repository, reference)?;
        let answer = self
            .send(Method::GET, &url, Some(&pull(repository)), Some(ACCEPT))
            .await?;
        if !answer.status().is_success() {
            return Err(exchange::failure(answer).await);
        }
        let said = text(&answer, "docker-content-digest").and_then(|it| Digest::parse(&it).ok());
        let media_type = text(&answer, header::CONTENT_TYPE.as_str());
        let body = exchange::body(answer, MANIFEST).await?;
        let mut manifest = Manifest::parse(&body, media_type.as_deref());
        // The first format is signed inside: its digest is not that of the bytes.
        let signed = manifest.media_type.contains("manifest.v1+");
        let expected = Digest::parse(reference).ok().or(said);
        if let Some(expected) = expected {
            if !signed && !expected.matches(&body) {
                return Err(RegistryError::Malformed(format!(
                    "what it sent as {repository}@{expected} has another digest"
                )));
            }
            manifest.digest = expected;
        }
        Ok(Fetched {
            digest: manifest.digest.clone(),
            body,
            manifest,
        })
    }

    /// The config of an image; `None` where the registry sends us elsewhere for it, where our token must not go.
    pub async fn config(&self, repository: &str, digest: &Digest) -> Result<Option<Vec<u8>>> {
        check_name(repository)?;
        let url = self.url(&format!("{repository}/blobs/{digest}"))?;
        let answer = self
            .send(Method::GET, &url, Some(&pull(repository)), None)
            .await?;
        if answer.status().is_redirection() {
            return Ok(None);
        }
        if !answer.status().is_success() {
            return Err(exchange::failure(answer).await);
        }
        let body = exchange::body(answer, CONFIG).await?;
        if !digest.matches(&body) {
            return Err(RegistryError::Malformed(format!(
                "what it sent as {repository}@{digest} has another digest"
            )));
        }
        Ok(Some(body))
    }

    /// Deletes by digest, which takes every tag of it along, or on 3.x by tag. What is not there any more is
    /// [`RegistryError::Absent`].
    pub async fn delete_manifest(&self, repository: &str, reference: &str) -> Result<()> {
        let url = self.manifest_url(repository, reference)?;
        self.delete(repository, &url).await
    }

    /// Deletes a blob, whether or not a manifest needs it.
    pub async fn delete_blob(&self, repository: &str, digest: &Digest) -> Result<()> {
        check_name(repository)?;
        let url = self.url(&format!("{repository}/blobs/{digest}"))?;
        self.delete(repository, &url).await
    }

    async fn delete(&self, repository: &str, url: &Url) -> Result<()> {
        let access = Access::repository(repository, [Action::Pull, Action::Delete]);
        let answer = self.send(Method::DELETE, url, Some(&access), None).await?;
        // Whatever else calls itself a success is not a registry's word.
        if answer.status() == StatusCode::ACCEPTED {
            Ok(())
        } else {
            Err(exchange::failure(answer).await)
        }
    }

    fn manifest_url(&self, repository: &str, reference: &str) -> Result<Url> {
        check_name(repository)?;
        if !image_name::is_tag(reference) && Digest::parse(reference).is_err() {
            return Err(RegistryError::BadName(reference.to_owned()));
        }
        self.url(&format!("{repository}/manifests/{reference}"))
    }

    pub(super) fn url(&self, path: &str) -> Result<Url> {
        let base = super::reach::base(&self.row.hostname, self.row.use_ssl)?;
        base.join(path)
            .map_err(|_| RegistryError::BadName(path.to_owned()))
    }
}

fn pull(repository: &str) -> Access {
    Access::repository(repository, [Action::Pull])
}

fn check_name(repository: &str) -> Result<()> {
    ImageName::parse(repository)
        .map(drop)
        .map_err(|_| RegistryError::BadName(repository.to_owned()))
}

fn text(answer: &Response, name: &str) -> Option<String> {
    let value = answer.headers().get(name)?.to_str().ok()?.trim();
    (!value.is_empty()).then(|| value.to_owned())
}
