//! Fetches what events lack: sizes, platforms, configurations. By digest, outside any transaction.

use std::{collections::HashMap, sync::Arc};

use futures_util::{StreamExt as _, stream};

use super::{Stop, is_stopped};
use crate::{
    actions::manifests::{self, Children, Described, Read, RunsOn},
    app::App,
    entities::registry,
    error::Result,
    protocol::{
        digest::Digest,
        manifest::{Child, ManifestKind, Platform},
    },
    queries::sync::{self, Pending},
    remote::{RegistryClient, RegistryError},
};

/// Manifests fetched at a time, and loaded at a time.
const PARALLEL: usize = 4;
const BATCH: u64 = 100;
/// Manifests written together; few, since an index brings hundreds of others along.
const WRITTEN: usize = 16;
/// Children of one index read at a time.
const CHILDREN: usize = 4;

/// What one pass did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Done {
    pub described: usize,
    pub failed: usize,
}

/// Fetches everything that is due.
pub async fn run(app: &Arc<App>, stop: &Stop) -> Result<Done> {
    let mut done = Done::default();
    while !is_stopped(stop) {
        let pending = sync::pending_manifests(app, app.clock.now(), BATCH).await?;
        if pending.is_empty() {
            break;
        }
        let registries: HashMap<i64, registry::Model> = sync::registries(app, None)
            .await?
            .into_iter()
            .map(|row| (row.id, row))
            .collect();
        let each: Vec<_> = pending
            .iter()
            .map(|pending| describe(app, registries.get(&pending.registry_id), pending))
            .collect();
        let mut results = stream::iter(each)
            .buffer_unordered(PARALLEL)
            .chunks(WRITTEN);
        while let Some(results) = results.next().await {
            let (mut described, mut platforms) = (Vec::new(), Vec::new());
            for result in results {
                match result? {
                    Some(Learnt::Whole(it)) => described.push(*it),
                    Some(Learnt::Platform(id, platform)) => platforms.push((id, platform)),
                    None => done.failed += 1,
                }
            }
            manifests::describe(app, &described).await?;
            manifests::note_platforms(app, &platforms).await?;
            done.described += described.len() + platforms.len();
        }
    }
    Ok(done)
}

/// What the registry told of a manifest.
enum Learnt {
    Whole(Box<Described>),
    /// Of an image whose manifest was read before.
    Platform(i64, Option<Platform>),
}

/// Nothing where it could not be read now.
async fn describe(
    app: &App,
    registry: Option<&registry::Model>,
    pending: &Pending,
) -> Result<Option<Learnt>> {
    // It went while we read the list.
    let Some(registry) = registry else {
        return Ok(None);
    };
    let client = RegistryClient::new(app, registry);
    let learnt = match pending.missing_config() {
        Some(config) => platform(&client, &pending.name(), &config)
            .await
            .map(|platform| Learnt::Platform(pending.id, platform)),
        None => read(&client, &pending.name(), &pending.digest)
            .await
            .map(|(read, children)| {
                Learnt::Whole(Box::new(Described {
                    repository_id: pending.repository_id,
                    read,
                    children,
                }))
            }),
    };
    match learnt {
        Ok(learnt) => Ok(Some(learnt)),
        Err(error) => {
            tracing::warn!(
                "Could not fetch manifest for '{}' with digest '{}': {error}",
                pending.name(),
                pending.digest
            );
            manifests::postpone(app, pending.id, error.is_absence()).await?;
            Ok(None)
        }
    }
}

/// Reads a manifest with what belongs to it: the config of an image, the children of an index that the registry has.
pub async fn read(
    client: &RegistryClient<'_>,
    repository: &str,
    digest: &str,
) -> Result<(Read, Children), RegistryError> {
    let fetched = client.manifest(repository, digest).await?;
    let mut read = Read {
        length: fetched.body.len(),
        manifest: fetched.manifest,
        runs_on: RunsOn::Unread,
    };
    if let Some(config) = &read.manifest.config
        && read.manifest.kind == ManifestKind::Image
    {
        read.runs_on = RunsOn::Read(platform(client, repository, &config.digest).await?);
    }
    if read.manifest.kind != ManifestKind::Index {
        return Ok((read, Children::new()));
    }
    let mut listed: Vec<&Child> = read.manifest.children.iter().collect();
    listed.sort_by(|a, b| a.descriptor.digest.cmp(&b.descriptor.digest));
    listed.dedup_by(|a, b| a.descriptor.digest == b.descriptor.digest);
    let each: Vec<_> = listed
        .into_iter()
        .map(|child| read_child(client, repository, child))
        .collect();
    let fetched: Vec<Result<Option<Read>, RegistryError>> = stream::iter(each)
        .buffer_unordered(CHILDREN)
        .collect()
        .await;
    let mut children = Children::new();
    for child in fetched {
        if let Some(child) = child? {
            children.insert(child.manifest.digest.clone(), child);
        }
    }
    Ok((read, children))
}

/// What an image runs on, from its config.
async fn platform(
    client: &RegistryClient<'_>,
    repository: &str,
    config: &Digest,
) -> Result<Option<Platform>, RegistryError> {
    let config = match client.config(repository, config).await {
        // An image without its config is broken, but there it is.
        Err(error) if error.is_absence() => None,
        config => config?,
    };
    Ok(config.as_deref().and_then(Platform::of_config))
}

async fn read_child(
    client: &RegistryClient<'_>,
    repository: &str,
    child: &Child,
) -> Result<Option<Read>, RegistryError> {
    let digest: &Digest = &child.descriptor.digest;
    match client.manifest(repository, digest.as_str()).await {
        Ok(fetched) => Ok(Some(Read {
            length: fetched.body.len(),
            manifest: fetched.manifest,
            // What the index leaves open the config tells later.
            runs_on: child
                .platform
                .clone()
                .map_or(RunsOn::Unread, |platform| RunsOn::Read(Some(platform))),
        })),
        // The index outlives its children: that one is dangling.
        Err(error) if error.is_absence() => Ok(None),
        Err(error) => Err(error),
    }
}
