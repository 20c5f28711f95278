//! What a batch of events touches, fetched by a handful of queries however large the batch is, and kept up to date
//! while the events are applied one after another.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};

use super::Told;
use crate::{
    actions::change::Change,
    entities::{manifest, namespace, repository, tag, user},
    error::Result,
    identity::actor::PORTUS,
    protocol::event::{Deleted, EventKind},
};

/// Rows as they are within the batch's transaction.
#[derive(Default)]
pub struct Shelf {
    /// By registry and name; the global one has no name.
    namespaces: HashMap<(i64, Option<String>), namespace::Model>,
    repositories: HashMap<(i64, String), repository::Model>,
    tags: HashMap<i64, BTreeMap<String, tag::Model>>,
    manifests: HashMap<(i64, String), manifest::Model>,
    users: HashMap<String, i64>,
}

impl Shelf {
    pub async fn load<'a>(
        change: &Change<'_>,
        told: impl Iterator<Item = (&'a Told<'a>, &'a EventKind)>,
    ) -> Result<Self> {
        let mut registries = BTreeSet::new();
        let mut namespaces = BTreeSet::new();
        let mut repositories = BTreeSet::new();
        let mut users = BTreeSet::from([PORTUS]);
        let mut tags = BTreeSet::new();
        let mut digests = BTreeSet::new();
        for (it, kind) in told {
            registries.insert(it.registry.id);
            namespaces.extend(it.name.namespace());
            repositories.insert(it.name.repository());
            users.insert(it.actor());
            match kind {
                EventKind::ManifestPushed { tag, digest }
                | EventKind::ManifestPulled { tag, digest } => {
                    tags.extend(tag.as_deref());
                    digests.insert(digest.as_str());
                }
                EventKind::Deleted(Deleted::Tag(tag)) => {
                    tags.insert(tag.as_str());
                }
                EventKind::Deleted(Deleted::Digest(digest)) => {
                    digests.insert(digest.as_str());
                }
                _ => {}
            }
        }
        let mut shelf = Self::default();
        if registries.is_empty() {
            return Ok(shelf);
        }
        shelf.load_users(change, users).await?;
        shelf
            .load_namespaces(change, registries, namespaces)
            .await?;
        shelf.load_repositories(change, repositories).await?;
        shelf.load_contents(change, tags, digests).await?;
        Ok(shelf)
    }

    async fn load_users(&mut self, change: &Change<'_>, names: BTreeSet<&str>) -> Result<()> {
        let rows = user::Entity::find()
            .filter(user::Column::Username.is_in(names))
            .all(change.reader())
            .await?;
        self.users = rows.into_iter().map(|row| (row.username, row.id)).collect();
        Ok(())
    }

    async fn load_namespaces(
        &mut self,
        change: &Change<'_>,
        registries: BTreeSet<i64>,
        names: BTreeSet<&str>,
    ) -> Result<()> {
        let rows = namespace::Entity::find()
            .filter(namespace::Column::RegistryId.is_in(registries))
            .filter(
                Condition::any()
                    .add(namespace::Column::Name.is_in(names))
                    .add(namespace::Column::Global.eq(true)),
            )
            .all(change.reader())
            .await?;
        for row in rows {
            let name = (!row.global).then(|| row.name.clone());
            self.namespaces.insert((row.registry_id, name), row);
        }
        Ok(())
    }

    async fn load_repositories(
        &mut self,
        change: &Change<'_>,
        names: BTreeSet<&str>,
    ) -> Result<()> {
        if self.namespaces.is_empty() {
            return Ok(());
        }
        let namespaces = self.namespaces.values().map(|row| row.id);
        let rows = repository::Entity::find()
            .filter(repository::Column::NamespaceId.is_in(namespaces))
            .filter(repository::Column::Name.is_in(names))
            .all(change.reader())
            .await?;
        for row in rows {
            self.put_repository(row);
        }
        Ok(())
    }

    async fn load_contents(
        &mut self,
        change: &Change<'_>,
        tags: BTreeSet<&str>,
        digests: BTreeSet<&str>,
    ) -> Result<()> {
        let ids: Vec<i64> = self.repositories.values().map(|row| row.id).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let manifests = manifest::Entity::find()
            .filter(manifest::Column::RepositoryId.is_in(ids.iter().copied()))
            .filter(manifest::Column::Digest.is_in(digests.iter().copied()))
            .all(change.reader())
            .await?;
        for row in manifests {
            self.put_manifest(row);
        }
        // Two queries, since an OR over two indexes is often none.
        for wanted in [
            tag::Column::Name.is_in(tags),
            tag::Column::Digest.is_in(digests),
        ] {
            let rows = tag::Entity::find()
                .filter(tag::Column::RepositoryId.is_in(ids.iter().copied()))
                .filter(wanted)
                .all(change.reader())
                .await?;
            for row in rows {
                self.put_tag(row);
            }
        }
        Ok(())
    }

    pub fn user(&self, name: &str) -> Option<i64> {
        self.users.get(name).copied()
    }

    pub fn namespace(&self, told: &Told<'_>) -> Option<&namespace::Model> {
        let name = told.name.namespace().map(str::to_owned);
        self.namespaces.get(&(told.registry.id, name))
    }

    pub fn repository(&self, told: &Told<'_>) -> Option<(&namespace::Model, &repository::Model)> {
        let namespace = self.namespace(told)?;
        let key = (namespace.id, told.name.repository().to_owned());
        Some((namespace, self.repositories.get(&key)?))
    }

    /// A repository and its namespace by the repository's id.
    pub fn repository_by_id(&self, id: i64) -> Option<(&namespace::Model, &repository::Model)> {
        let repository = self.repositories.values().find(|row| row.id == id)?;
        let mut namespaces = self.namespaces.values();
        let namespace = namespaces.find(|row| row.id == repository.namespace_id)?;
        Some((namespace, repository))
    }

    pub fn tag(&self, repository_id: i64, name: &str) -> Option<&tag::Model> {
        self.tags.get(&repository_id)?.get(name)
    }

    /// All tags that point to a digest.
    pub fn tags_of(&self, repository_id: i64, digest: &str) -> Vec<tag::Model> {
        let tags = self.tags.get(&repository_id).into_iter();
        tags.flat_map(BTreeMap::values)
            .filter(|row| row.digest.as_deref() == Some(digest))
            .cloned()
            .collect()
    }

    pub fn manifest(&self, repository_id: i64, digest: &str) -> Option<&manifest::Model> {
        self.manifests.get(&(repository_id, digest.to_owned()))
    }

    pub fn put_repository(&mut self, row: repository::Model) {
        self.repositories
            .insert((row.namespace_id, row.name.clone()), row);
    }

    pub fn put_tag(&mut self, row: tag::Model) {
        let tags = self.tags.entry(row.repository_id).or_default();
        tags.insert(row.name.clone(), row);
    }

    pub fn put_manifest(&mut self, row: manifest::Model) {
        self.manifests
            .insert((row.repository_id, row.digest.clone()), row);
    }

    pub fn drop_tag(&mut self, repository_id: i64, name: &str) {
        if let Some(tags) = self.tags.get_mut(&repository_id) {
            tags.remove(name);
        }
    }

    pub fn drop_manifest(&mut self, repository_id: i64, digest: &str) {
        self.manifests.remove(&(repository_id, digest.to_owned()));
    }
}
