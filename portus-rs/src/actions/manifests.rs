//! What has been read of manifests, written down: by a synchronisation, and by the job that fetches what events lack.

use std::collections::{HashMap, HashSet};

use chrono::{NaiveDateTime, TimeDelta};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect as _, QueryTrait as _,
};

use super::change::Change;
use crate::{
    app::App,
    entities::{Details, manifest, manifest_child, tag},
    error::Result,
    identity::actor::Actor,
    policy::guard::Authority,
    protocol::{
        digest::Digest,
        manifest::{Manifest, ManifestKind, Platform, total_size},
    },
};

/// Tries before a manifest counts as unavailable.
const TRIES: i16 = 5;
/// The registry must have denied it for this long, too.
const PATIENCE: TimeDelta = TimeDelta::hours(1);

/// A manifest as it was read.
#[derive(Clone, Debug)]
pub struct Read {
    pub manifest: Manifest,
    /// Bytes of the manifest itself.
    pub length: usize,
    pub runs_on: RunsOn,
}

/// What a single image runs on. Its manifest does not say; its config does, and so may the index that lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunsOn {
    Unread,
    Read(Option<Platform>),
}

/// The manifests of an index, as far as the registry has them, by digest.
pub type Children = HashMap<Digest, Read>;

impl Change<'_> {
    /// Notes that a repository holds a manifest of which nothing is known but its digest. Returns whether it is new.
    pub(super) async fn await_manifest<P: Authority>(
        &mut self,
        permit: &P,
        repository_id: i64,
        digest: &Digest,
        media_type: &str,
    ) -> Result<bool> {
        if self.find_manifest(repository_id, digest).await?.is_some() {
            return Ok(false);
        }
        let row = manifest::ActiveModel {
            id: NotSet,
            repository_id: Set(repository_id),
            digest: Set(digest.to_string()),
            media_type: Set(media_type.to_owned()),
            details: Set(Details::Pending),
            attempts: Set(0),
            next_attempt_at: Set(None),
            pull_count: Set(0),
            created_at: Set(self.now()),
            updated_at: Set(self.now()),
            ..Default::default()
        };
        self.insert(permit, row).await?;
        Ok(true)
    }

    async fn find_manifest(
        &self,
        repository_id: i64,
        digest: &Digest,
    ) -> Result<Option<manifest::Model>> {
        Ok(manifest::Entity::find()
            .filter(manifest::Column::RepositoryId.eq(repository_id))
            .filter(manifest::Column::Digest.eq(digest.as_str()))
            .one(self.reader())
            .await?)
    }

    /// Writes what a manifest says. An index whose children have not been read, and an image whose config has not,
    /// stay pending, so that size and platform are found out later.
    pub(super) async fn keep_manifest<P: Authority>(
        &mut self,
        permit: &P,
        repository_id: i64,
        read: &Read,
        children: Option<&Children>,
    ) -> Result<()> {
        let known = self
            .find_manifest(repository_id, &read.manifest.digest)
            .await?;
        let complete = is_complete(read, children);
        if let Some(row) = &known
            && (row.details == Details::Known || (!complete && row.manifest_size.is_some()))
        {
            return Ok(());
        }
        let it = &read.manifest;
        let mut row = row_of(read, children, self.now());
        let id = if let Some(known) = known {
            row.id = Set(known.id);
            self.update(permit, row).await?.id
        } else {
            let row = new_row(row, repository_id, read);
            self.insert(permit, row).await?.id
        };
        if it.kind == ManifestKind::Index {
            self.keep_children(permit, id, it, children).await?;
        }
        Ok(())
    }

    /// The same for many images at once, with few statements.
    pub(super) async fn keep_images<P: Authority>(
        &mut self,
        permit: &P,
        repository_id: i64,
        images: &[&Read],
    ) -> Result<()> {
        let known: Vec<String> = manifest::Entity::find()
            .select_only()
            .column(manifest::Column::Digest)
            .filter(manifest::Column::RepositoryId.eq(repository_id))
            .filter(
                manifest::Column::Digest
                    .is_in(images.iter().map(|read| read.manifest.digest.as_str())),
            )
            .into_tuple()
            .all(self.reader())
            .await?;
        let mut seen: HashSet<&str> = known.iter().map(String::as_str).collect();
        let mut rows = Vec::with_capacity(images.len());
        for read in images {
            if known.iter().any(|it| it == read.manifest.digest.as_str()) {
                self.keep_manifest(permit, repository_id, read, None)
                    .await?;
            } else if seen.insert(read.manifest.digest.as_str()) {
                rows.push(new_row(row_of(read, None, self.now()), repository_id, read));
            }
        }
        if !rows.is_empty() {
            let statement = manifest::Entity::insert_many(rows).into_query();
            self.execute::<manifest::Entity, _, _>(permit, &statement)
                .await?;
        }
        Ok(())
    }

    /// Notes in the indexes of a repository whether manifests they list are gone.
    pub(super) async fn mark_children<P: Authority>(
        &mut self,
        permit: &P,
        repository_id: i64,
        digests: &[&str],
        dangling: bool,
    ) -> Result<()> {
        let parents = manifest::Entity::find()
            .select_only()
            .column(manifest::Column::Id)
            .filter(manifest::Column::RepositoryId.eq(repository_id))
            .into_query();
        let statement = manifest_child::Entity::update_many()
            .set(manifest_child::ActiveModel {
                dangling: Set(dangling),
                ..Default::default()
            })
            .filter(manifest_child::Column::Digest.is_in(digests.iter().copied()))
            .filter(manifest_child::Column::Dangling.eq(!dangling))
            .filter(manifest_child::Column::ManifestId.in_subquery(parents))
            .into_query();
        self.execute::<manifest_child::Entity, _, _>(permit, &statement)
            .await?;
        Ok(())
    }

    /// Writes what a tag points to, if that was unknown.
    pub(super) async fn fill_digest<P: Authority>(
        &mut self,
        permit: &P,
        tag_id: i64,
        digest: &str,
    ) -> Result<()> {
        let unknown = Condition::any()
            .add(tag::Column::Digest.is_null())
            .add(tag::Column::Digest.eq(""));
        let statement = tag::Entity::update_many()
            .set(tag::ActiveModel {
                digest: Set(Some(digest.to_owned())),
                ..Default::default()
            })
            .filter(tag::Column::Id.eq(tag_id))
            .filter(unknown)
            .into_query();
        self.execute::<tag::Entity, _, _>(permit, &statement)
            .await?;
        Ok(())
    }

    async fn keep_children<P: Authority>(
        &mut self,
        permit: &P,
        manifest_id: i64,
        index: &Manifest,
        children: Option<&Children>,
    ) -> Result<()> {
        self.delete_where::<manifest_child::Entity, _>(
            permit,
            manifest_child::Column::ManifestId.eq(manifest_id),
        )
        .await?;
        for (position, child) in (0_i16..).zip(&index.children) {
            let digest = &child.descriptor.digest;
            let row = manifest_child::ActiveModel {
                id: NotSet,
                manifest_id: Set(manifest_id),
                position: Set(position),
                digest: Set(digest.to_string()),
                media_type: Set(child.descriptor.media_type.clone()),
                platform: Set(child.platform.as_ref().map(ToString::to_string)),
                size: Set(children
                    .and_then(|all| all.get(digest))
                    .and_then(|read| read.manifest.size)),
                dangling: Set(children.is_some_and(|all| !all.contains_key(digest))),
            };
            self.insert(permit, row).await?;
        }
        Ok(())
    }
}

/// Whether nothing is left to be read about a manifest.
fn is_complete(read: &Read, children: Option<&Children>) -> bool {
    match read.manifest.kind {
        ManifestKind::Index => children.is_some(),
        ManifestKind::Image => read.runs_on != RunsOn::Unread,
        _ => true,
    }
}

/// What a manifest says, as columns.
fn row_of(read: &Read, children: Option<&Children>, now: NaiveDateTime) -> manifest::ActiveModel {
    let it = &read.manifest;
    let config = it.config.as_ref();
    manifest::ActiveModel {
        media_type: Set(it.media_type.clone()),
        artifact_type: Set(it.artifact_type.clone()),
        config_digest: Set(config.map(|config| config.digest.to_string())),
        config_media_type: Set(config.map(|config| config.media_type.clone())),
        manifest_size: Set(i64::try_from(read.length).ok()),
        image_size: Set(size(it, children)),
        platforms: Set(platforms(read)),
        subject: Set(it.subject.as_ref().map(|about| about.digest.to_string())),
        details: Set(if is_complete(read, children) {
            Details::Known
        } else {
            Details::Pending
        }),
        next_attempt_at: Set(None),
        updated_at: Set(now),
        ..Default::default()
    }
}

/// The same for a manifest that has no row yet.
fn new_row(row: manifest::ActiveModel, repository_id: i64, read: &Read) -> manifest::ActiveModel {
    manifest::ActiveModel {
        repository_id: Set(repository_id),
        digest: Set(read.manifest.digest.to_string()),
        attempts: Set(0),
        pull_count: Set(0),
        created_at: row.updated_at.clone(),
        ..row
    }
}

fn size(manifest: &Manifest, children: Option<&Children>) -> Option<i64> {
    if manifest.kind != ManifestKind::Index {
        return manifest.size;
    }
    let children = children?;
    let listed = manifest.children.iter();
    Some(total_size(listed.filter_map(|child| {
        children
            .get(&child.descriptor.digest)
            .map(|read| &read.manifest)
    })))
}

/// The platform of an image, or those of an index, each once, in its own order.
fn platforms(read: &Read) -> Option<String> {
    if let RunsOn::Read(platform) = &read.runs_on {
        return platform.as_ref().map(ToString::to_string);
    }
    let mut names: Vec<String> = Vec::new();
    for child in &read.manifest.children {
        let name = child.platform.as_ref().map(ToString::to_string);
        if let Some(name) = name.filter(|name| !names.contains(name)) {
            names.push(name);
        }
    }
    (!names.is_empty()).then(|| names.join(","))
}

/// A manifest that was fetched for its details, with the children of an index.
#[derive(Clone, Debug)]
pub struct Described {
    pub repository_id: i64,
    pub read: Read,
    pub children: Children,
}

/// Writes manifests that were fetched for their details, in one transaction.
pub async fn describe(app: &App, described: &[Described]) -> Result<()> {
    if described.is_empty() {
        return Ok(());
    }
    let actor = Actor::Portus;
    let mut change = Change::begin_redoable(app, &actor).await?;
    let books = change.books()?;
    for it in described {
        for child in it.children.values() {
            change
                .keep_manifest(&books, it.repository_id, child, None)
                .await?;
        }
        change
            .keep_manifest(&books, it.repository_id, &it.read, Some(&it.children))
            .await?;
    }
    change
        .commit_unrecorded("what a manifest holds is no deed of anybody")
        .await
}

/// Writes what images run on whose configs were fetched, by id.
pub async fn note_platforms(app: &App, found: &[(i64, Option<Platform>)]) -> Result<()> {
    if found.is_empty() {
        return Ok(());
    }
    let mut ids: HashMap<Option<String>, Vec<i64>> = HashMap::new();
    for (id, platform) in found {
        let platform = platform.as_ref().map(ToString::to_string);
        ids.entry(platform).or_default().push(*id);
    }
    let actor = Actor::Portus;
    let mut change = Change::begin_redoable(app, &actor).await?;
    let books = change.books()?;
    for (platform, ids) in ids {
        let statement = manifest::Entity::update_many()
            .set(manifest::ActiveModel {
                platforms: Set(platform),
                details: Set(Details::Known),
                next_attempt_at: Set(None),
                updated_at: Set(change.now()),
                ..Default::default()
            })
            .filter(manifest::Column::Id.is_in(ids))
            .into_query();
        change
            .execute::<manifest::Entity, _, _>(&books, &statement)
            .await?;
    }
    change
        .commit_unrecorded("what an image runs on is no deed of anybody")
        .await
}

/// Puts a manifest off that could not be read; `denied` when the registry says that it does not have it. Returns
/// whether it has been given up.
pub async fn postpone(app: &App, id: i64, denied: bool) -> Result<bool> {
    let actor = Actor::Portus;
    let mut change = Change::begin_redoable(app, &actor).await?;
    let books = change.books()?;
    let Some(row) = manifest::Entity::find_by_id(id)
        .one(change.reader())
        .await?
    else {
        return Ok(false);
    };
    let attempts = row.attempts.saturating_add(1);
    // Only the registry's own denial, held up for an hour, ends the trying.
    let given_up = denied && attempts >= TRIES && change.now() - row.created_at >= PATIENCE;
    let pause = TimeDelta::seconds(2 << attempts.clamp(0, 9));
    let update = manifest::ActiveModel {
        id: Set(id),
        attempts: Set(attempts),
        next_attempt_at: Set(Some(change.now() + pause)),
        details: Set(if given_up {
            Details::Unavailable
        } else {
            row.details
        }),
        updated_at: Set(change.now()),
        ..Default::default()
    };
    change.update(&books, update).await?;
    change
        .commit_unrecorded("a failed attempt is no deed of anybody")
        .await?;
    Ok(given_up)
}
