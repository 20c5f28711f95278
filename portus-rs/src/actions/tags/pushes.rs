//! A manifest has been written, under a tag or by its digest alone.

use anyhow::anyhow;
use chrono::TimeDelta;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, QueryFilter, QueryTrait as _,
};

use super::{Batch, Told};
use crate::{
    activity::{Activity, Kind},
    entities::{Details, activity, manifest, namespace, repository, tag},
    error::Result,
    identity::actor::PORTUS,
};

/// Manifests of registries that do not name tags in their events begin so.
const SCHEMA_1: &str = "application/vnd.docker.distribution.manifest.v1+";
/// An event that was under way for longer may tell of something that is gone again.
const LATE: TimeDelta = TimeDelta::minutes(1);

impl Batch<'_> {
    /// Records what was pushed, or says why that cannot be.
    pub(super) async fn push(
        &mut self,
        told: &Told<'_>,
        tag: Option<&str>,
        digest: &str,
    ) -> Result<Result<(), String>> {
        let Some(namespace) = self.shelf.namespace(told).cloned() else {
            return Ok(Err(format!(
                "Cannot find namespace {} under registry {}",
                told.name.namespace().unwrap_or("(global)"),
                told.registry.hostname
            )));
        };
        let repository = self.repository_for(told, &namespace).await?;
        self.record_manifest(told, &repository, digest).await?;
        match tag {
            Some(name) => {
                self.record_tag(told, &namespace, &repository, name, digest)
                    .await?;
            }
            None => {
                let media_type = told.event.target.media_type.as_deref();
                self.wants_sync |= media_type.is_some_and(|it| it.starts_with(SCHEMA_1));
            }
        }
        Ok(Ok(()))
    }

    async fn repository_for(
        &mut self,
        told: &Told<'_>,
        namespace: &namespace::Model,
    ) -> Result<repository::Model> {
        if let Some((_, known)) = self.shelf.repository(told) {
            return Ok(known.clone());
        }
        let row = repository::ActiveModel {
            id: NotSet,
            namespace_id: Set(namespace.id),
            name: Set(told.name.repository().to_owned()),
            created_at: Set(self.change.now()),
            updated_at: Set(self.change.now()),
            ..Default::default()
        };
        let made = self.change.insert(&self.permit, row).await?;
        self.shelf.put_repository(made.clone());
        Ok(made)
    }

    async fn record_manifest(
        &mut self,
        told: &Told<'_>,
        repository: &repository::Model,
        digest: &str,
    ) -> Result<()> {
        let now = self.change.now();
        if let Some(known) = self.shelf.manifest(repository.id, digest) {
            if known.details != Details::Unavailable {
                return Ok(());
            }
            let mut known = known.clone();
            known.details = Details::Pending;
            let statement = manifest::Entity::update_many()
                .set(manifest::ActiveModel {
                    details: Set(Details::Pending),
                    attempts: Set(0),
                    next_attempt_at: Set(Some(now)),
                    updated_at: Set(now),
                    ..Default::default()
                })
                .filter(manifest::Column::Id.eq(known.id))
                .into_query();
            self.change
                .execute::<manifest::Entity, _, _>(&self.permit, &statement)
                .await?;
            self.shelf.put_manifest(known);
            self.wants_details = true;
            return Ok(());
        }
        let target = &told.event.target;
        let short = |text: &String| text.chars().take(255).collect::<String>();
        let row = manifest::ActiveModel {
            id: NotSet,
            repository_id: Set(repository.id),
            digest: Set(digest.to_owned()),
            media_type: Set(target.media_type.as_ref().map(short).unwrap_or_default()),
            config_media_type: Set(target.config_media_type.as_ref().map(short)),
            manifest_size: Set(target.size),
            details: Set(Details::Pending),
            attempts: Set(0),
            next_attempt_at: Set(Some(now)),
            created_at: Set(now),
            updated_at: Set(now),
            ..Default::default()
        };
        let made = self.change.insert(&self.permit, row).await?;
        self.shelf.put_manifest(made);
        self.wants_details = true;
        self.change
            .mark_children(&self.permit, repository.id, &[digest], false)
            .await
    }

    async fn record_tag(
        &mut self,
        told: &Told<'_>,
        namespace: &namespace::Model,
        repository: &repository::Model,
        name: &str,
        digest: &str,
    ) -> Result<()> {
        let user_id = self.author(told);
        let username = told.event.actor.clone().map(short_name);
        let id = match self.shelf.tag(repository.id, name).cloned() {
            None => {
                // What was pushed long ago may have been deleted since: let the registry be asked.
                self.wants_sync |= told.came_at - told.at > LATE;
                let row = tag::ActiveModel {
                    id: NotSet,
                    repository_id: Set(repository.id),
                    name: Set(name.to_owned()),
                    digest: Set(Some(digest.to_owned())),
                    user_id: Set(user_id),
                    username: Set(username),
                    observed_at: Set(told.at),
                    pushed_at: Set(told.at),
                    created_at: Set(self.change.now()),
                    updated_at: Set(self.change.now()),
                    ..Default::default()
                };
                let made = self.change.insert(&self.permit, row).await?;
                let id = made.id;
                self.shelf.put_tag(made);
                id
            }
            Some(mut known) => {
                let late = told.at < known.observed_at;
                // A synchronisation saw the tag before its event came, and knew nobody to attribute it to.
                let found_by_sync = known.digest.as_deref() == Some(digest)
                    && (known.username.as_deref() == Some(PORTUS)
                        || (known.user_id.is_some() && known.user_id == self.shelf.user(PORTUS)));
                if late && !found_by_sync {
                    tracing::info!(
                        registry.event = told.event.id,
                        repository.name = told.event.target.repository,
                        tag.name = name,
                        "the tag has changed since: nothing to do"
                    );
                    return Ok(());
                }
                if known.digest.as_deref() != Some(digest) {
                    known.marked = false;
                }
                known.digest = Some(digest.to_owned());
                known.user_id = user_id;
                known.username = username;
                known.pushed_at = told.at;
                known.observed_at = known.observed_at.max(told.at);
                known.scanned = 0;
                let id = known.id;
                // The synchronisation lists tags first and writes them later, so what it wrote may have been pushed
                // in between.
                let same_push = found_by_sync && told.at <= known.updated_at;
                self.rewrite_tag(&known).await?;
                self.shelf.put_tag(known);
                if same_push && self.claim_entry(told, repository.id, id, user_id).await? {
                    return Ok(());
                }
                id
            }
        };
        self.traffic.pushed(namespace.id, told.at);
        if repository.updated_at < self.change.now() {
            self.pushed.insert(repository.id);
        }
        self.activities.push(
            Activity::tag_pushed(namespace, repository, (id, name)).by(user_id, told.actor()),
        );
        Ok(())
    }

    /// A repository is as new as the last push to it: lists show what happened last first.
    pub(super) async fn note_pushes(&mut self) -> Result<()> {
        let pushed = std::mem::take(&mut self.pushed);
        if pushed.is_empty() {
            return Ok(());
        }
        let statement = repository::Entity::update_many()
            .set(repository::ActiveModel {
                updated_at: Set(self.change.now()),
                ..Default::default()
            })
            .filter(repository::Column::Id.is_in(pushed))
            .into_query();
        self.change
            .execute::<repository::Entity, _, _>(&self.permit, &statement)
            .await?;
        Ok(())
    }

    /// Gives the audit log's entry of a push that a synchronisation saw first to whoever really pushed: one push, one
    /// entry. Whether there was one.
    async fn claim_entry(
        &mut self,
        told: &Told<'_>,
        repository_id: i64,
        tag_id: i64,
        user_id: Option<i64>,
    ) -> Result<bool> {
        use activity::Column;
        let statement = activity::Entity::update_many()
            .set(activity::ActiveModel {
                actor_id: Set(user_id),
                actor_name: Set(told.actor().to_owned()),
                ..Default::default()
            })
            .filter(Column::TrackableType.eq(Kind::Repository.as_str()))
            .filter(Column::TrackableId.eq(repository_id))
            .filter(Column::Key.eq("repository.push"))
            .filter(Column::RecipientId.eq(tag_id))
            .filter(Column::ActorName.eq(PORTUS))
            .into_query();
        let claimed = self
            .change
            .execute::<activity::Entity, _, _>(&self.permit, &statement)
            .await?;
        Ok(claimed > 0)
    }

    async fn rewrite_tag(&mut self, row: &tag::Model) -> Result<()> {
        let statement = tag::Entity::update_many()
            .set(tag::ActiveModel {
                digest: Set(row.digest.clone()),
                user_id: Set(row.user_id),
                username: Set(row.username.clone()),
                scanned: Set(row.scanned),
                marked: Set(row.marked),
                observed_at: Set(row.observed_at),
                pushed_at: Set(row.pushed_at),
                updated_at: Set(self.change.now()),
                ..Default::default()
            })
            .filter(tag::Column::Id.eq(row.id))
            .into_query();
        let written = self
            .change
            .execute::<tag::Entity, _, _>(&self.permit, &statement)
            .await?;
        if written == 0 {
            // Tried again, the event finds no tag and makes one.
            return Err(anyhow!("the tag {} was removed meanwhile", row.name).into());
        }
        Ok(())
    }
}

/// As much of a name as a column holds.
fn short_name(name: String) -> String {
    if name.len() <= 255 {
        name
    } else {
        name.chars().take(255).collect()
    }
}
