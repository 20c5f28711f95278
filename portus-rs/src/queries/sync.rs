//! What a synchronisation must know of our own rows, and what the console shows of past ones.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDateTime;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait as _, FromQueryResult, JoinType,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, RelationTrait as _,
};

use crate::{
    app::App,
    entities::{
        Details, EventState, SyncState, manifest, namespace, registry, registry_event, repository,
        sync_run, tag,
    },
    error::{Error, Result, wordings},
    identity::actor::PORTUS,
    protocol::{digest::Digest, image_name::ImageName, sync_plan},
};

/// Ids or names in one statement: SQLite and PostgreSQL have limits.
pub const BATCH: usize = 500;

/// A tag as far as a comparison needs it.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct KnownTag {
    pub id: i64,
    pub repository_id: i64,
    pub name: String,
    pub digest: Option<String>,
    pub username: Option<String>,
    pub observed_at: NaiveDateTime,
    pub created_at: NaiveDateTime,
}

impl sync_plan::KnownTag for KnownTag {
    fn name(&self) -> &str {
        &self.name
    }

    fn observed_at(&self) -> NaiveDateTime {
        self.observed_at
    }

    fn created_at(&self) -> NaiveDateTime {
        self.created_at
    }

    fn is_found(&self) -> bool {
        self.username.as_deref() == Some(PORTUS)
    }
}

/// A repository with its tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    pub id: i64,
    pub created_at: NaiveDateTime,
    pub tags: Vec<KnownTag>,
}

/// What is known of some repositories, by full name.
#[derive(Clone, Debug, Default)]
pub struct Page {
    pub known: HashMap<String, Known>,
    /// Repositories of which the inbox holds events that have not been applied.
    pub queued: HashSet<String>,
}

/// Loads what is known of the repositories with these full names.
pub async fn page(app: &App, registry_id: i64, names: &[String]) -> Result<Page> {
    let reader = app.database.reader();
    let mut page = Page::default();
    for names in names.chunks(BATCH) {
        let parsed: Vec<ImageName> = names
            .iter()
            .filter_map(|name| ImageName::parse(name).ok())
            .collect();
        let first: HashSet<&str> = parsed.iter().filter_map(ImageName::namespace).collect();
        let spaces: HashMap<i64, Option<String>> = namespace::Entity::find()
            .filter(namespace::Column::RegistryId.eq(registry_id))
            .filter(
                namespace::Column::Name
                    .is_in(first)
                    .or(namespace::Column::Global.eq(true)),
            )
            .all(reader)
            .await?
            .into_iter()
            .map(|row| (row.id, (!row.global).then_some(row.name)))
            .collect();
        let wanted: HashSet<&str> = names.iter().map(String::as_str).collect();
        let rows = repository::Entity::find()
            .filter(repository::Column::NamespaceId.is_in(spaces.keys().copied()))
            .filter(
                repository::Column::Name.is_in(
                    parsed
                        .iter()
                        .map(ImageName::repository)
                        .collect::<HashSet<_>>(),
                ),
            )
            .all(reader)
            .await?;
        let found: Vec<(String, repository::Model)> = rows
            .into_iter()
            .filter_map(|row| {
                let space = spaces.get(&row.namespace_id)?;
                let name = full_name(space.as_deref(), &row.name);
                wanted.contains(name.as_str()).then_some((name, row))
            })
            .collect();
        let ids: Vec<i64> = found.iter().map(|(_, row)| row.id).collect();
        let mut tags = tags_of(reader, &ids).await?;
        for (name, row) in found {
            let known = Known {
                id: row.id,
                created_at: row.created_at,
                tags: tags.remove(&row.id).unwrap_or_default(),
            };
            page.known.insert(name, known);
        }
        page.queued
            .extend(queued(reader, registry_id, names.iter().cloned()).await?);
    }
    Ok(page)
}

/// As a client writes it.
pub fn full_name(namespace: Option<&str>, repository: &str) -> String {
    namespace.map_or_else(
        || repository.to_owned(),
        |space| format!("{space}/{repository}"),
    )
}

/// The tags of some repositories, by repository.
pub async fn tags_of(
    reader: &impl ConnectionTrait,
    ids: &[i64],
) -> Result<HashMap<i64, Vec<KnownTag>>> {
    let mut tags: HashMap<i64, Vec<KnownTag>> = HashMap::new();
    for ids in ids.chunks(BATCH) {
        let rows = tag::Entity::find()
            .select_only()
            .columns([
                tag::Column::Id,
                tag::Column::RepositoryId,
                tag::Column::Name,
                tag::Column::Digest,
                tag::Column::Username,
                tag::Column::ObservedAt,
                tag::Column::CreatedAt,
            ])
            .filter(tag::Column::RepositoryId.is_in(ids.iter().copied()))
            .into_model::<KnownTag>()
            .all(reader)
            .await?;
        for row in rows {
            tags.entry(row.repository_id).or_default().push(row);
        }
    }
    Ok(tags)
}

/// Which of these repositories have events in the inbox that have not been applied.
pub async fn queued(
    reader: &impl ConnectionTrait,
    registry_id: i64,
    names: impl IntoIterator<Item = String>,
) -> Result<Vec<String>> {
    Ok(registry_event::Entity::find()
        .select_only()
        .column(registry_event::Column::Repository)
        .filter(registry_event::Column::State.eq(EventState::Fresh))
        .filter(registry_event::Column::RegistryId.eq(registry_id))
        .filter(registry_event::Column::Repository.is_in(names))
        .distinct()
        .into_tuple()
        .all(reader)
        .await?)
}

/// Some repositories of a registry in order of their ids: id, full name, when they were made.
pub async fn repositories_after(
    app: &App,
    registry_id: i64,
    after: i64,
) -> Result<Vec<(i64, String, NaiveDateTime)>> {
    let rows: Vec<(i64, String, NaiveDateTime, String, bool)> = repository::Entity::find()
        .select_only()
        .columns([
            repository::Column::Id,
            repository::Column::Name,
            repository::Column::CreatedAt,
        ])
        .column_as(namespace::Column::Name, "namespace_name")
        .column(namespace::Column::Global)
        .join(JoinType::InnerJoin, repository::Relation::Namespace.def())
        .filter(namespace::Column::RegistryId.eq(registry_id))
        .filter(repository::Column::Id.gt(after))
        .order_by_asc(repository::Column::Id)
        .limit(BATCH as u64)
        .into_tuple()
        .all(app.database.reader())
        .await?;
    Ok(rows
        .into_iter()
        .map(|(id, name, created_at, space, global)| {
            let space = (!global).then_some(space.as_str());
            (id, full_name(space, &name), created_at)
        })
        .collect())
}

/// How many repositories of a registry are known.
pub async fn repository_count(app: &App, registry_id: i64) -> Result<u64> {
    Ok(repository::Entity::find()
        .join(JoinType::InnerJoin, repository::Relation::Namespace.def())
        .filter(namespace::Column::RegistryId.eq(registry_id))
        .count(app.database.reader())
        .await?)
}

/// Whether no repository of any registry is known.
pub async fn is_empty(app: &App) -> Result<bool> {
    let any = repository::Entity::find()
        .select_only()
        .column(repository::Column::Id)
        .limit(1)
        .into_tuple::<i64>()
        .one(app.database.reader())
        .await?;
    Ok(any.is_none())
}

/// All registries, or the one with this name or hostname.
pub async fn registries(app: &App, named: Option<&str>) -> Result<Vec<registry::Model>> {
    let mut find = registry::Entity::find().order_by_asc(registry::Column::Id);
    if let Some(name) = named {
        find = find.filter(
            registry::Column::Name
                .eq(name)
                .or(registry::Column::Hostname.eq(name)),
        );
    }
    Ok(find.all(app.database.reader()).await?)
}

/// The same, where none is an error that says so.
pub async fn wanted_registries(app: &App, named: Option<&str>) -> Result<Vec<registry::Model>> {
    let found = registries(app, named).await?;
    if found.is_empty() {
        return Err(Error::Unknown(match named {
            Some(name) => wordings::NO_REGISTRY_CALLED.with(&[&name]),
            None => "No registry has been configured!".to_owned(),
        }));
    }
    Ok(found)
}

/// Digests of a repository whose manifests have been read.
pub async fn read_digests(
    app: &App,
    repository_id: i64,
    digests: &[String],
) -> Result<HashSet<String>> {
    let mut found = HashSet::new();
    for digests in digests.chunks(BATCH) {
        let rows: Vec<String> = manifest::Entity::find()
            .select_only()
            .column(manifest::Column::Digest)
            .filter(manifest::Column::RepositoryId.eq(repository_id))
            .filter(manifest::Column::Digest.is_in(digests.iter().map(String::as_str)))
            .filter(manifest::Column::Details.eq(Details::Known))
            .into_tuple()
            .all(app.database.reader())
            .await?;
        found.extend(rows);
    }
    Ok(found)
}

/// A registry's synchronisations, the latest first.
pub async fn runs(app: &App, registry_id: i64, limit: u64) -> Result<Vec<sync_run::Model>> {
    Ok(sync_run::Entity::find()
        .filter(sync_run::Column::RegistryId.eq(registry_id))
        .order_by_desc(sync_run::Column::Id)
        .limit(limit)
        .all(app.database.reader())
        .await?)
}

/// The run that has waited longest for a process to begin it.
pub async fn waiting(app: &App) -> Result<Option<sync_run::Model>> {
    Ok(sync_run::Entity::find()
        .filter(sync_run::Column::State.eq(SyncState::Waiting))
        .order_by_asc(sync_run::Column::Id)
        .one(app.database.reader())
        .await?)
}

/// The plan of a registry that waits for somebody's word.
pub async fn held(app: &App, registry_id: i64) -> Result<Option<sync_run::Model>> {
    Ok(sync_run::Entity::find()
        .filter(sync_run::Column::RegistryId.eq(registry_id))
        .filter(sync_run::Column::State.eq(SyncState::Held))
        .order_by_desc(sync_run::Column::Id)
        .one(app.database.reader())
        .await?)
}

/// Manifests whose content is to be fetched now, with their registry and full repository name.
pub async fn pending_manifests(app: &App, now: NaiveDateTime, limit: u64) -> Result<Vec<Pending>> {
    let rows = manifest::Entity::find()
        .select_only()
        .columns([
            manifest::Column::Id,
            manifest::Column::RepositoryId,
            manifest::Column::Digest,
            manifest::Column::ConfigDigest,
            manifest::Column::ManifestSize,
        ])
        .column_as(repository::Column::Name, "repository")
        .column_as(namespace::Column::Name, "namespace")
        .column_as(namespace::Column::Global, "global")
        .column_as(namespace::Column::RegistryId, "registry_id")
        .join(JoinType::InnerJoin, manifest::Relation::Repository.def())
        .join(JoinType::InnerJoin, repository::Relation::Namespace.def())
        .filter(manifest::Column::Details.eq(Details::Pending))
        .filter(
            manifest::Column::NextAttemptAt
                .is_null()
                .or(manifest::Column::NextAttemptAt.lte(now)),
        )
        .order_by_asc(manifest::Column::NextAttemptAt)
        .order_by_asc(manifest::Column::Id)
        .limit(limit)
        .into_model::<Pending>()
        .all(app.database.reader())
        .await?;
    Ok(rows)
}

/// A manifest whose content is not known yet.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Pending {
    pub id: i64,
    pub repository_id: i64,
    pub digest: String,
    config_digest: Option<String>,
    manifest_size: Option<i64>,
    repository: String,
    namespace: String,
    global: bool,
    pub registry_id: i64,
}

impl Pending {
    /// The config of an image whose manifest has been read: nothing else is missing.
    pub fn missing_config(&self) -> Option<Digest> {
        self.manifest_size?;
        Digest::parse(self.config_digest.as_deref()?).ok()
    }

    /// The repository's full name.
    pub fn name(&self) -> String {
        let space = (!self.global).then_some(self.namespace.as_str());
        full_name(space, &self.repository)
    }
}
