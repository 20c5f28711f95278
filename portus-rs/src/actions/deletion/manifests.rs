//! Some manifests of one repository: asked for at the registry, then taken out of the rows.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::NaiveDateTime;
use sea_orm::{
    ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder as _, QuerySelect,
};

use super::{
    Report,
    asking::{Asking, Refusal},
};
use crate::{
    actions::change::Change,
    activity::Activity,
    app::App,
    entities::{manifest, namespace, registry, repository, tag},
    error::{Error, Result},
    identity::actor::Actor,
    policy::guard::Authority,
    queries::sync::{self, BATCH},
};

/// Attempts at writing what the registry did, where two changes stand in each other's way.
const TRIES: usize = 5;
const PUSHED_AGAIN: &str = "it has been pushed again meanwhile";

/// Where the manifests lie.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub namespace: namespace::Model,
    pub repository: repository::Model,
}

impl Place {
    /// The repository's full name.
    pub fn name(&self) -> String {
        let space = (!self.namespace.global).then_some(self.namespace.name.as_str());
        sync::full_name(space, &self.repository.name)
    }

    pub async fn registry(&self, app: &App) -> Result<registry::Model> {
        registry_of(app, &self.namespace).await
    }
}

pub(super) async fn registry_of(
    app: &App,
    namespace: &namespace::Model,
) -> Result<registry::Model> {
    registry::Entity::find_by_id(namespace.registry_id)
        .one(app.database.reader())
        .await?
        .ok_or(Error::NotFound)
}

/// What is to go: tags as they were found, and manifests that no tag points to.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    pub tags: Vec<tag::Model>,
    pub untagged: Vec<String>,
    /// The repository itself, once it is empty, and not only if its last tag went just now.
    pub whole: bool,
}

/// One deletion under way.
pub(super) struct Deletion<'a, P> {
    pub app: &'a App,
    pub actor: &'a Actor,
    pub permit: &'a P,
    pub place: &'a Place,
}

/// What the registry said.
#[derive(Default)]
struct Answers {
    deleted: HashSet<String>,
    refused: HashMap<String, Refusal>,
    /// Tags without a digest here that the registry has never heard of.
    unknown: HashSet<i64>,
    /// Tags without a digest here of which the registry does not tell it either.
    unreadable: HashMap<i64, String>,
    still_there: HashSet<String>,
    /// What has been pushed since this moment was pushed after the deletion.
    asked_at: NaiveDateTime,
}

impl Answers {
    fn reason(&self, row: &tag::Model) -> String {
        if let Some(reason) = self.unreadable.get(&row.id) {
            return reason.clone();
        }
        let refusal = row.digest.as_ref().and_then(|it| self.refused.get(it));
        refusal.map_or_else(
            || PUSHED_AGAIN.to_owned(),
            |refusal| refusal.error.with_remedy(),
        )
    }
}

impl<P: Authority> Deletion<'_, P> {
    /// Deletes at the registry, then writes down what it did.
    pub async fn run(&self, mut wanted: Wanted, asking: &mut Asking<'_>) -> Result<Report> {
        let name = self.place.name();
        let mut answers = Answers::default();
        self.find_digests(&mut wanted, &mut answers, &name, asking)
            .await?;
        let digests = digests(&wanted);
        let Some(noted_at) = self.note(&digests).await? else {
            return Ok(Report::all_gone(&wanted));
        };
        for digest in digests {
            match asking.delete(&name, &digest).await {
                Ok(()) => drop(answers.deleted.insert(digest)),
                Err(refusal) => drop(answers.refused.insert(digest, refusal)),
            }
        }
        answers.asked_at = self.app.clock.now();
        let gone: BTreeSet<String> = wanted
            .tags
            .iter()
            .filter(|row| is_deleted(row, &answers))
            .map(|row| row.name.clone())
            .collect();
        answers.still_there = asking.still_has(&name, &gone).await;
        self.write(&wanted, &answers, noted_at).await
    }

    /// Asks for the digests of tags that have none here.
    async fn find_digests(
        &self,
        wanted: &mut Wanted,
        answers: &mut Answers,
        name: &str,
        asking: &mut Asking<'_>,
    ) -> Result<()> {
        let mut found = Vec::new();
        for row in wanted.tags.iter_mut().filter(|row| !has_digest(row)) {
            match asking.digest(name, &row.name).await {
                Ok(Some(digest)) => {
                    found.push((row.id, digest.clone()));
                    row.digest = Some(digest);
                }
                Ok(None) => drop(answers.unknown.insert(row.id)),
                Err(error) => drop(answers.unreadable.insert(row.id, error.with_remedy())),
            }
        }
        if found.is_empty() {
            return Ok(());
        }
        let mut change = Change::begin(self.app, self.actor).await?;
        for (id, digest) in found {
            change.fill_digest(self.permit, id, &digest).await?;
        }
        change
            .commit_unrecorded("what a tag has always pointed to is no news")
            .await
    }

    /// Nothing if the repository has gone meanwhile.
    async fn note(&self, digests: &[String]) -> Result<Option<NaiveDateTime>> {
        let mut change = Change::begin(self.app, self.actor).await?;
        let noted_at = change.now();
        if !change.hold_repository(self.place.repository.id).await? {
            return Ok(None);
        }
        change
            .intend(self.permit, self.place.repository.id, digests)
            .await?;
        change
            .commit_unrecorded("nothing is deleted before the registry has done so")
            .await?;
        Ok(Some(noted_at))
    }

    async fn write(
        &self,
        wanted: &Wanted,
        answers: &Answers,
        noted_at: NaiveDateTime,
    ) -> Result<Report> {
        for _ in 1..TRIES {
            match self.attempt(wanted, answers, noted_at).await {
                Err(error) if error.is_collision() => {}
                done => return done,
            }
        }
        self.attempt(wanted, answers, noted_at).await
    }

    async fn attempt(
        &self,
        wanted: &Wanted,
        answers: &Answers,
        noted_at: NaiveDateTime,
    ) -> Result<Report> {
        let (namespace, repository) = (&self.place.namespace, &self.place.repository);
        let mut change = Change::begin(self.app, self.actor).await?;
        let mut report = Report::default();
        if !change.hold_repository(repository.id).await? {
            // The notifications were quicker, and have told of it.
            return Ok(Report::all_gone(wanted));
        }
        let mut activities = Vec::new();
        let mut going = Vec::new();
        for row in change.hold_tags(wanted).await? {
            let newer =
                answers.still_there.contains(&row.name) || row.observed_at >= answers.asked_at;
            if newer || !is_deleted(&row, answers) {
                report.kept.insert(row.name.clone(), answers.reason(&row));
            } else {
                let tag = (row.id, row.name.as_str());
                activities.push(Activity::tag_deleted(namespace, repository, tag));
                going.push((row.id, row.name));
            }
        }
        for going in going.chunks(BATCH) {
            let ids = going.iter().map(|(id, _)| *id);
            change
                .delete_where::<tag::Entity, _>(self.permit, tag::Column::Id.is_in(ids))
                .await?;
        }
        change
            .drop_manifests(self.permit, repository.id, &answers.deleted)
            .await?;
        let uncertain: Vec<String> = answers
            .refused
            .iter()
            .filter(|(_, refusal)| refusal.is_uncertain())
            .map(|(digest, _)| digest.clone())
            .collect();
        change
            .conclude(self.permit, repository.id, noted_at, &uncertain)
            .await?;
        let left = tag::Entity::find()
            .filter(tag::Column::RepositoryId.eq(repository.id))
            .count(change.reader())
            .await?;
        report.stuck = wanted
            .untagged
            .iter()
            .filter_map(|digest| answers.refused.get(digest))
            .map(|refusal| refusal.error.with_remedy())
            .collect();
        if left == 0 && report.stuck.is_empty() && (wanted.whole || !going.is_empty()) {
            activities.push(Activity::repository_deleted(namespace, repository));
            change
                .delete_where::<repository::Entity, _>(
                    self.permit,
                    repository::Column::Id.eq(repository.id),
                )
                .await?;
            report.repository_removed = true;
        }
        if activities.is_empty() {
            change
                .commit_unrecorded("the registry has deleted nothing that was known here")
                .await?;
        } else {
            change.commit(activities).await?;
        }
        self.announce(&going, &report);
        let names = wanted.tags.iter().map(|row| row.name.clone());
        report.removed = names
            .filter(|name| !report.kept.contains_key(name))
            .collect();
        report.removed.sort_unstable();
        Ok(report)
    }

    fn announce(&self, gone: &[(i64, String)], report: &Report) {
        for (_, tag) in gone {
            tracing::info!(
                repository.name = self.place.name(),
                user.name = self.actor.name(),
                "[catalog] Removed the tag '{tag}'."
            );
        }
        if report.repository_removed {
            tracing::info!(
                repository.name = self.place.name(),
                user.name = self.actor.name(),
                "[catalog] Removed the image '{}'.",
                self.place.repository.name
            );
        }
        if report.kept.values().any(|reason| reason == PUSHED_AGAIN) {
            // Its event may have been lost.
            self.app.wake.sync.notify_one();
        }
    }
}

fn has_digest(row: &tag::Model) -> bool {
    row.digest.as_ref().is_some_and(|digest| !digest.is_empty())
}

fn is_deleted(row: &tag::Model, answers: &Answers) -> bool {
    match &row.digest {
        Some(digest) if !digest.is_empty() => answers.deleted.contains(digest),
        _ => answers.unknown.contains(&row.id),
    }
}

/// Each once: first what tags point to, then indexes of which no tag is left, children last.
fn digests(wanted: &Wanted) -> Vec<String> {
    let mut seen = HashSet::new();
    let tagged = wanted.tags.iter().filter(|row| has_digest(row));
    let tagged = tagged.filter_map(|row| row.digest.clone());
    tagged
        .chain(wanted.untagged.iter().cloned())
        .filter(|digest| seen.insert(digest.clone()))
        .collect()
}

impl Report {
    fn all_gone(wanted: &Wanted) -> Self {
        let mut removed: Vec<String> = wanted.tags.iter().map(|row| row.name.clone()).collect();
        removed.sort_unstable();
        Self {
            removed,
            repository_removed: true,
            ..Self::default()
        }
    }
}

impl Change<'_> {
    /// Keeps others from adding tags to a repository until the end. Whether it still exists.
    async fn hold_repository(&self, id: i64) -> Result<bool> {
        let row = repository::Entity::find_by_id(id)
            .lock_exclusive()
            .one(self.reader())
            .await?;
        Ok(row.is_some())
    }

    /// The tags that are wanted, as they are by now, held until the end. Whatever came to point to the same manifests
    /// meanwhile is left to the notifications, which know the order of things.
    async fn hold_tags(&self, wanted: &Wanted) -> Result<Vec<tag::Model>> {
        let ids: Vec<i64> = wanted.tags.iter().map(|row| row.id).collect();
        let mut rows = Vec::with_capacity(ids.len());
        for ids in ids.chunks(BATCH) {
            let found = tag::Entity::find()
                .filter(tag::Column::Id.is_in(ids.iter().copied()))
                .order_by_asc(tag::Column::Id)
                .lock_exclusive()
                .all(self.reader())
                .await?;
            rows.extend(found);
        }
        Ok(rows)
    }

    /// Forgets manifests that the registry has deleted, unless a tag points to one again.
    async fn drop_manifests<P: Authority>(
        &mut self,
        permit: &P,
        repository_id: i64,
        deleted: &HashSet<String>,
    ) -> Result<()> {
        let deleted: Vec<&str> = deleted.iter().map(String::as_str).collect();
        for digests in deleted.chunks(BATCH) {
            let kept: Vec<Option<String>> = tag::Entity::find()
                .select_only()
                .column(tag::Column::Digest)
                .filter(tag::Column::RepositoryId.eq(repository_id))
                .filter(tag::Column::Digest.is_in(digests.iter().copied()))
                .into_tuple()
                .all(self.reader())
                .await?;
            let kept: HashSet<String> = kept.into_iter().flatten().collect();
            let gone: Vec<&str> = digests
                .iter()
                .copied()
                .filter(|digest| !kept.contains(*digest))
                .collect();
            let rows = sea_orm::Condition::all()
                .add(manifest::Column::RepositoryId.eq(repository_id))
                .add(manifest::Column::Digest.is_in(gone.iter().copied()));
            self.delete_where::<manifest::Entity, _>(permit, rows)
                .await?;
            self.mark_children(permit, repository_id, &gone, true)
                .await?;
        }
        Ok(())
    }
}
