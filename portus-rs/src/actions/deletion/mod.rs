//! Deleting through the registry: tags, repositories, namespaces, teams.
//!
//! The registry is asked first, while no transaction is open; then rows follow what it did, and nothing but that. What
//! it refuses stays, and so does what somebody pushes meanwhile. Its notifications of what we asked for come back as
//! events by our own account: they, a synchronisation and this room may find a row gone in any order, and whoever is
//! first writes the same entry, by whoever asked (see `intents`).

mod asking;
mod intents;
mod manifests;
mod namespaces;
mod repositories;
mod tags;
mod teams;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use anyhow::anyhow;

use crate::{
    app::App,
    error::{Error, Result},
    identity::actor::Actor,
};

pub(super) use intents::Remover;
pub use teams::{disable_ldap_check, remove as team};

/// Digests that one call deletes.
pub const MOST_DIGESTS: usize = 100;

/// What became of several manifests of one repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Tags that are gone, sorted.
    pub removed: Vec<String>,
    /// Tags that stay, and why.
    pub kept: BTreeMap<String, String>,
    /// Why manifests stay that no tag points to.
    pub stuck: BTreeSet<String>,
    /// The last tag is gone, and the repository with it.
    pub repository_removed: bool,
}

/// Deletes what a tag points to, and so every tag of its repository that points to it too.
pub async fn tag(app: &Arc<App>, actor: &Actor, id: i64) -> Result<()> {
    let (app, actor) = (Arc::clone(app), actor.clone());
    detached(async move { tags::one(&app, &actor, id).await }).await
}

/// Deletes manifests of a repository with all their tags. Digests that no tag of it points to are passed over.
pub async fn digests(
    app: &Arc<App>,
    actor: &Actor,
    repository_id: i64,
    digests: Vec<String>,
) -> Result<Report> {
    let (app, actor) = (Arc::clone(app), actor.clone());
    detached(async move { tags::several(&app, &actor, repository_id, &digests, &[]).await }).await
}

/// Deletes what somebody chose in a repository: manifests with all their tags, and tags whose digest is not known,
/// by their ids. What has gone meanwhile is passed over.
pub async fn chosen(
    app: &Arc<App>,
    actor: &Actor,
    repository_id: i64,
    digests: Vec<String>,
    ids: Vec<i64>,
) -> Result<Report> {
    let (app, actor) = (Arc::clone(app), actor.clone());
    detached(async move { tags::several(&app, &actor, repository_id, &digests, &ids).await }).await
}

/// Deletes a repository with everything in it that is known.
pub async fn repository(app: &Arc<App>, actor: &Actor, id: i64) -> Result<()> {
    let (app, actor) = (Arc::clone(app), actor.clone());
    detached(async move { repositories::one(&app, &actor, id).await }).await
}

/// Removes a namespace after all its repositories.
pub async fn namespace(app: &Arc<App>, actor: &Actor, id: i64) -> Result<()> {
    let (app, actor) = (Arc::clone(app), actor.clone());
    detached(async move { namespaces::one(&app, &actor, id).await }).await
}

/// Goes on to the end even if the caller hangs up: what the registry has deleted must be written down.
async fn detached<T: Send + 'static>(
    work: impl Future<Output = Result<T>> + Send + 'static,
) -> Result<T> {
    tokio::spawn(work)
        .await
        .map_err(|error| Error::Internal(anyhow!(error).context("a deletion was interrupted")))?
}
