//! What a synchronisation writes: repositories and tags that the registry has, and those that it has no longer.

mod authors;

use std::collections::HashMap;

use chrono::NaiveDateTime;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, QueryFilter, QuerySelect as _, QueryTrait as _,
};

use authors::Authors;

use super::{change::Change, deletion::Remover, manifests::Read};
use crate::{
    activity::Activity,
    app::App,
    config::OrphanPolicy,
    entities::{Visibility, namespace, registry, repository, tag, team},
    error::{Error, Result, is_taken},
    identity::actor::Actor,
    policy::guard::Authority,
    protocol::{
        digest::Digest, image_name::ImageName, manifest::ManifestKind, sync_plan::KnownTag as _,
    },
    queries::sync::{self, KnownTag},
};

/// Tags written by one statement.
const WRITTEN: usize = 100;

/// A tag that the registry has and we do not, or that points elsewhere by now.
#[derive(Clone, Debug)]
pub struct Found {
    pub tag: String,
    pub digest: Digest,
    /// Missing when it is known already, or could not be read and must be fetched later.
    pub read: Option<Read>,
}

/// What a comparison found out about one repository.
#[derive(Debug, Default)]
pub struct Findings {
    /// Full name.
    pub repository: String,
    pub found: Vec<Found>,
    /// Tags whose absence the registry has attested.
    pub gone: Vec<String>,
    /// The registry has attested that the repository is gone or empty: it goes with everything in it.
    pub repository_gone: bool,
}

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a remark of its own, and any of them may go with any other"
)]
pub struct Applied {
    pub repository_id: Option<i64>,
    pub added: Vec<String>,
    pub changed: Vec<String>,
    pub removed: Vec<String>,
    pub repository_removed: bool,
    /// Something newer than the listing was known; the next comparison looks again.
    pub postponed: bool,
    /// Its namespace does not exist and is not to be made.
    pub skipped: bool,
    /// Manifests wait for their details.
    pub details_pending: bool,
}

/// Writes findings about one repository in one transaction. What has become known since `read_at` stays.
pub async fn apply(
    app: &App,
    registry: &registry::Model,
    findings: &Findings,
    read_at: NaiveDateTime,
) -> Result<Applied> {
    match attempt(app, registry, findings, read_at).await {
        // An event made the same row in the same moment: now it is seen.
        Err(error) if is_clash(&error) => attempt(app, registry, findings, read_at).await,
        done => done,
    }
}

fn is_clash(error: &Error) -> bool {
    let Error::Internal(error) = error else {
        return false;
    };
    error.downcast_ref::<sea_orm::DbErr>().is_some_and(is_taken)
}

/// Writes findings about several repositories in one transaction, all of them or none.
pub async fn apply_all(
    app: &App,
    registry: &registry::Model,
    findings: &[(Findings, NaiveDateTime)],
) -> Result<Vec<Applied>> {
    let actor = Actor::Portus;
    let mut change = Change::begin_redoable(app, &actor).await?;
    let mut activities = Vec::new();
    let mut all = Vec::with_capacity(findings.len());
    for (findings, read_at) in findings {
        let (same, applied) =
            write(app, registry, findings, *read_at, change, &mut activities).await?;
        change = same;
        all.push(applied);
    }
    change.commit(activities).await?;
    Ok(all)
}

async fn attempt(
    app: &App,
    registry: &registry::Model,
    findings: &Findings,
    read_at: NaiveDateTime,
) -> Result<Applied> {
    let actor = Actor::Portus;
    let change = Change::begin_redoable(app, &actor).await?;
    let mut activities = Vec::new();
    let (change, applied) =
        write(app, registry, findings, read_at, change, &mut activities).await?;
    change.commit(activities).await?;
    Ok(applied)
}

/// Writes findings about one repository. Hands the change back, to be continued or committed.
async fn write<'a>(
    app: &App,
    registry: &registry::Model,
    findings: &Findings,
    read_at: NaiveDateTime,
    mut change: Change<'a>,
    activities: &mut Vec<Activity>,
) -> Result<(Change<'a>, Applied)> {
    let books = change.books()?;
    let mut applied = Applied::default();
    let queued = app.config.background.registry
        && !sync::queued(change.reader(), registry.id, [findings.repository.clone()])
            .await?
            .is_empty();
    if queued {
        applied.postponed = true;
        return Ok((change, applied));
    }
    let place = place(&mut change, &books, registry, findings, app, activities).await?;
    let Some((space, repository)) = place else {
        applied.skipped = !findings.found.is_empty();
        return Ok((change, applied));
    };
    applied.repository_id = Some(repository.id);
    let mut desk = Desk {
        change,
        books,
        space,
        repository,
        read_at,
        applied,
        activities,
    };
    if findings.repository_gone {
        desk.remove_repository().await?;
    } else {
        desk.write_tags(findings).await?;
        desk.remove_tags(&findings.gone).await?;
    }
    Ok((desk.change, desk.applied))
}

/// The namespace and repository of a full name; made when something was found in it.
async fn place<P: Authority>(
    change: &mut Change<'_>,
    books: &P,
    registry: &registry::Model,
    findings: &Findings,
    app: &App,
    activities: &mut Vec<Activity>,
) -> Result<Option<(namespace::Model, repository::Model)>> {
    let name = ImageName::parse(&findings.repository)
        .map_err(|error| Error::Remote(format!("{}: {error}", findings.repository)))?;
    let find = namespace::Entity::find().filter(namespace::Column::RegistryId.eq(registry.id));
    let find = match name.namespace() {
        Some(space) => find
            .filter(namespace::Column::Name.eq(space))
            .filter(namespace::Column::Global.eq(false)),
        None => find.filter(namespace::Column::Global.eq(true)),
    };
    let creating = !findings.found.is_empty();
    let space = match (find.one(change.reader()).await?, name.namespace()) {
        (Some(space), _) => space,
        (None, Some(space))
            if creating && app.config.background.sync.orphans == OrphanPolicy::Create =>
        {
            make_orphan(change, books, registry, space, activities).await?
        }
        _ => return Ok(None),
    };
    let known = repository::Entity::find()
        .filter(repository::Column::NamespaceId.eq(space.id))
        .filter(repository::Column::Name.eq(name.repository()))
        .one(change.reader())
        .await?;
    let repository = match known {
        Some(known) => known,
        None if creating => {
            let row = repository::ActiveModel {
                id: NotSet,
                namespace_id: Set(space.id),
                name: Set(name.repository().to_owned()),
                description: Set(None),
                marked: Set(false),
                created_at: Set(change.now()),
                updated_at: Set(change.now()),
            };
            change.insert(books, row).await?
        }
        None => return Ok(None),
    };
    Ok(Some((space, repository)))
}

/// A namespace that nobody made: private, in the hidden team of the registry's global namespace.
async fn make_orphan<P: Authority>(
    change: &mut Change<'_>,
    books: &P,
    registry: &registry::Model,
    name: &str,
    activities: &mut Vec<Activity>,
) -> Result<namespace::Model> {
    let global = change.global_namespace(registry.id).await?.ok_or_else(|| {
        anyhow::anyhow!(
            "the registry {} has lost its global namespace",
            registry.name
        )
    })?;
    let team = team::Entity::find_by_id(global.team_id)
        .one(change.reader())
        .await?
        .ok_or(Error::NotFound)?;
    let row = namespace::ActiveModel {
        id: NotSet,
        registry_id: Set(registry.id),
        name: Set(name.to_owned()),
        team_id: Set(team.id),
        global: Set(false),
        personal_user_id: Set(None),
        visibility: Set(Visibility::Private),
        description: Set(None),
        created_at: Set(change.now()),
        updated_at: Set(change.now()),
    };
    let made = change.insert(books, row).await?;
    activities.push(Activity::namespace_created(&made, &team.name));
    Ok(made)
}

/// One repository being written.
struct Desk<'a, 'b, P> {
    change: Change<'a>,
    books: P,
    space: namespace::Model,
    repository: repository::Model,
    read_at: NaiveDateTime,
    applied: Applied,
    activities: &'b mut Vec<Activity>,
}

impl<P: Authority> Desk<'_, '_, P> {
    async fn tags(&self) -> Result<Vec<KnownTag>> {
        let id = self.repository.id;
        let mut tags = sync::tags_of(self.change.reader(), &[id]).await?;
        Ok(tags.remove(&id).unwrap_or_default())
    }

    async fn write_tags(&mut self, findings: &Findings) -> Result<()> {
        if findings.found.is_empty() {
            return Ok(());
        }
        let rows = self.tags().await?;
        let known: HashMap<&str, &KnownTag> =
            rows.iter().map(|row| (row.name.as_str(), row)).collect();
        let authors = Authors::load(&self.change, self.repository.id, &findings.found).await?;
        let mut new = Vec::new();
        for found in &findings.found {
            let row = known.get(found.tag.as_str()).copied();
            let same = row.is_some_and(|row| row.digest.as_deref() == Some(found.digest.as_str()));
            if same || row.is_some_and(|row| row.is_newer_than(self.read_at)) {
                self.applied.postponed |= !same;
                continue;
            }
            let Some(row) = row else {
                new.push(found);
                continue;
            };
            self.write_manifest(found).await?;
            self.applied.changed.push(found.tag.clone());
            if row.username.is_some() && row.digest.as_deref().is_none_or(str::is_empty) {
                self.complete_tag(found, row.id).await?;
                continue;
            }
            self.rewrite_tag(found, row.id, &authors).await?;
            self.record(row.id, &found.tag);
        }
        for new in new.chunks(WRITTEN) {
            self.add_tags(new, &authors).await?;
        }
        self.note_pushes().await
    }

    /// Tags that nobody told of are pushes, too, and make their repository as new as they are.
    async fn note_pushes(&mut self) -> Result<()> {
        let (now, known) = (self.change.now(), &self.repository);
        let wrote = !self.applied.added.is_empty() || !self.applied.changed.is_empty();
        if wrote && known.updated_at < now {
            let row = repository::ActiveModel {
                id: Set(known.id),
                updated_at: Set(now),
                ..Default::default()
            };
            self.repository = self.change.update(&self.books, row).await?;
        }
        Ok(())
    }

    fn record(&mut self, id: i64, tag: &str) {
        let activity = Activity::tag_pushed(&self.space, &self.repository, (id, tag));
        self.activities.push(activity);
    }

    /// Writes tags that are new, with few statements for all of them.
    async fn add_tags(&mut self, found: &[&Found], authors: &Authors) -> Result<()> {
        let is_image = |read: &&Read| read.manifest.kind != ManifestKind::Index;
        let mut images = Vec::with_capacity(found.len());
        for found in found {
            match found.read.as_ref().filter(is_image) {
                Some(read) => images.push(read),
                None => self.write_manifest(found).await?,
            }
        }
        let id = self.repository.id;
        self.change.keep_images(&self.books, id, &images).await?;
        let rows = found.iter().map(|found| tag::ActiveModel {
            repository_id: Set(id),
            name: Set(found.tag.clone()),
            marked: Set(false),
            pull_count: Set(0),
            created_at: Set(self.change.now()),
            ..self.columns(found, authors)
        });
        let statement = tag::Entity::insert_many(rows).into_query();
        self.change
            .execute::<tag::Entity, _, _>(&self.books, &statement)
            .await?;
        let written: Vec<(String, i64)> = tag::Entity::find()
            .select_only()
            .columns([tag::Column::Name, tag::Column::Id])
            .filter(tag::Column::RepositoryId.eq(id))
            .filter(tag::Column::Name.is_in(found.iter().map(|it| it.tag.as_str())))
            .into_tuple()
            .all(self.change.reader())
            .await?;
        let ids: HashMap<String, i64> = written.into_iter().collect();
        for found in found {
            if let Some(id) = ids.get(&found.tag) {
                self.record(*id, &found.tag);
            }
            self.applied.added.push(found.tag.clone());
        }
        Ok(())
    }

    async fn write_manifest(&mut self, found: &Found) -> Result<()> {
        let id = self.repository.id;
        if let Some(read) = &found.read {
            let kind = read.manifest.kind;
            self.applied.details_pending |=
                matches!(kind, ManifestKind::Index | ManifestKind::Image);
            self.change.keep_manifest(&self.books, id, read, None).await
        } else {
            self.applied.details_pending |= self
                .change
                .await_manifest(&self.books, id, &found.digest, "")
                .await?;
            Ok(())
        }
    }

    /// What any write of a tag sets.
    fn columns(&self, found: &Found, authors: &Authors) -> tag::ActiveModel {
        let (user_id, username) = authors.of(&found.digest);
        tag::ActiveModel {
            digest: Set(Some(found.digest.to_string())),
            user_id: Set(user_id),
            username: Set(Some(username)),
            scanned: Set(0),
            observed_at: Set(self.read_at),
            pushed_at: Set(self.change.now()),
            updated_at: Set(self.change.now()),
            ..Default::default()
        }
    }

    async fn rewrite_tag(&mut self, found: &Found, id: i64, authors: &Authors) -> Result<()> {
        let row = tag::ActiveModel {
            id: Set(id),
            ..self.columns(found, authors)
        };
        self.change.update(&self.books, row).await?;
        Ok(())
    }

    /// Learns where a tag points that somebody once pushed: that is no push of its own.
    async fn complete_tag(&mut self, found: &Found, id: i64) -> Result<()> {
        let row = tag::ActiveModel {
            id: Set(id),
            digest: Set(Some(found.digest.to_string())),
            scanned: Set(0),
            observed_at: Set(self.read_at),
            updated_at: Set(self.change.now()),
            ..Default::default()
        };
        self.change.update(&self.books, row).await?;
        Ok(())
    }

    async fn remove_tags(&mut self, gone: &[String]) -> Result<()> {
        if gone.is_empty() {
            return Ok(());
        }
        for row in self.tags().await? {
            if !gone.contains(&row.name) {
                continue;
            }
            if !row.is_removable(self.read_at) {
                self.applied.postponed = true;
                continue;
            }
            self.remove_tag(row).await?;
        }
        Ok(())
    }

    /// Removes a tag. Returns whose doing that is, if somebody had it deleted and that was cut off.
    async fn remove_tag(&mut self, row: KnownTag) -> Result<Option<Remover>> {
        let digest = row.digest.as_deref();
        let by = self.change.remover(self.repository.id, digest).await?;
        let gone = self
            .change
            .delete_where::<tag::Entity, _>(&self.books, tag::Column::Id.eq(row.id))
            .await?;
        if gone == 0 {
            // Whoever was quicker has told of it.
            return Ok(by);
        }
        let tag = (row.id, row.name.as_str());
        let told = Activity::tag_deleted(&self.space, &self.repository, tag);
        self.activities.push(attributed(told, by.clone()));
        self.applied.removed.push(row.name);
        Ok(by)
    }

    async fn remove_repository(&mut self) -> Result<()> {
        let rows = self.tags().await?;
        let newer = self.repository.created_at >= self.read_at
            || !rows.iter().all(|row| row.is_removable(self.read_at));
        if newer {
            self.applied.postponed = true;
            return Ok(());
        }
        let mut by = None;
        for row in rows {
            by = self.remove_tag(row).await?.or(by);
        }
        let gone = self
            .change
            .delete_where::<repository::Entity, _>(
                &self.books,
                repository::Column::Id.eq(self.repository.id),
            )
            .await?;
        if gone == 0 {
            return Ok(());
        }
        let told = Activity::repository_deleted(&self.space, &self.repository);
        self.activities.push(attributed(told, by));
        self.applied.repository_removed = true;
        Ok(())
    }
}

fn attributed(told: Activity, by: Option<Remover>) -> Activity {
    match by {
        Some((id, name)) => told.by(id, name),
        None => told,
    }
}
