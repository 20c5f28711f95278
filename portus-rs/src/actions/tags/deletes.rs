//! A tag, or a manifest with all its tags, has gone from the registry.

use std::collections::BTreeSet;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

use super::{Batch, Told};
use crate::{
    activity::Activity,
    entities::{manifest, namespace, repository, tag},
    error::Result,
    identity::actor::PORTUS,
};

impl Batch<'_> {
    /// Removes that tag only.
    pub(super) async fn delete_tag(&mut self, told: &Told<'_>, name: &str) -> Result<()> {
        let Some((namespace, repository)) = self.deletable(told) else {
            return Ok(());
        };
        let Some(row) = self.shelf.tag(repository.id, name).cloned() else {
            return Ok(());
        };
        self.remove_tag(told, &namespace, &repository, &row).await?;
        Ok(())
    }

    /// Removes a manifest and the tags that point to it. A digest that is no manifest of ours was a blob's.
    pub(super) async fn delete_digest(&mut self, told: &Told<'_>, digest: &str) -> Result<()> {
        let Some((namespace, repository)) = self.deletable(told) else {
            return Ok(());
        };
        let mut survivors = 0;
        for row in self.shelf.tags_of(repository.id, digest) {
            if !self.remove_tag(told, &namespace, &repository, &row).await? {
                survivors += 1;
            }
        }
        let Some(known) = self.shelf.manifest(repository.id, digest) else {
            return Ok(());
        };
        if survivors > 0 {
            return Ok(());
        }
        let id = known.id;
        self.change
            .delete_where::<manifest::Entity, _>(&self.permit, manifest::Column::Id.eq(id))
            .await?;
        self.shelf.drop_manifest(repository.id, digest);
        self.change
            .mark_children(&self.permit, repository.id, &[digest], true)
            .await
    }

    /// The repository, unless it is unknown or we are deleting it ourselves.
    fn deletable(&self, told: &Told<'_>) -> Option<(namespace::Model, repository::Model)> {
        let (namespace, repository) = self.shelf.repository(told)?;
        (!repository.marked).then(|| (namespace.clone(), repository.clone()))
    }

    /// Removes a tag unless something newer is known of it, or we are deleting it ourselves. Whether it went.
    async fn remove_tag(
        &mut self,
        told: &Told<'_>,
        namespace: &namespace::Model,
        repository: &repository::Model,
        row: &tag::Model,
    ) -> Result<bool> {
        if row.marked || told.at < row.observed_at {
            return Ok(false);
        }
        let by = self.remover(told, repository.id, row).await?;
        let gone = self
            .change
            .delete_where::<tag::Entity, _>(&self.permit, tag::Column::Id.eq(row.id))
            .await?;
        self.shelf.drop_tag(repository.id, &row.name);
        if gone == 0 {
            // Whoever was quicker has told of it.
            return Ok(true);
        }
        self.activities.push(
            Activity::tag_deleted(namespace, repository, (row.id, &row.name))
                .by(by.0, by.1.as_str()),
        );
        self.notes
            .push(format!("[catalog] Removed the tag '{}'.", row.name));
        self.thinned.insert(repository.id, by);
        Ok(true)
    }

    /// Whose doing the event is; behind what we ask of the registry ourselves stands somebody who asked us.
    async fn remover(
        &mut self,
        told: &Told<'_>,
        repository_id: i64,
        row: &tag::Model,
    ) -> Result<(Option<i64>, String)> {
        if told.actor() == PORTUS {
            let digest = row.digest.as_deref();
            if let Some(remover) = self.change.remover(repository_id, digest).await? {
                return Ok(remover);
            }
        }
        Ok((self.author(told), told.actor().to_owned()))
    }

    /// Removes the repositories that have lost their last tag.
    pub(super) async fn remove_empty(&mut self) -> Result<()> {
        if self.thinned.is_empty() {
            return Ok(());
        }
        let tagged: BTreeSet<i64> = tag::Entity::find()
            .select_only()
            .column(tag::Column::RepositoryId)
            .distinct()
            .filter(tag::Column::RepositoryId.is_in(self.thinned.keys().copied()))
            .into_tuple()
            .all(self.change.reader())
            .await?
            .into_iter()
            .collect();
        for (id, (user_id, name)) in std::mem::take(&mut self.thinned) {
            if tagged.contains(&id) {
                continue;
            }
            let Some((namespace, repository)) = self.shelf.repository_by_id(id) else {
                continue;
            };
            let gone = self
                .change
                .delete_where::<repository::Entity, _>(&self.permit, repository::Column::Id.eq(id))
                .await?;
            if gone == 0 {
                continue;
            }
            self.activities
                .push(Activity::repository_deleted(namespace, repository).by(user_id, name));
            self.notes.push(format!(
                "[catalog] Removed the image '{}'.",
                repository.name
            ));
        }
        Ok(())
    }
}
