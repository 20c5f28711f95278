//! Tags, by one of them or by digests.

use std::collections::BTreeSet;

use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};

use super::{
    MOST_DIGESTS, Report,
    asking::Asking,
    manifests::{Deletion, Place, Wanted},
};
use crate::{
    actions::change::Change,
    app::App,
    entities::tag,
    error::{Error, Result, wordings},
    identity::actor::Actor,
    policy::namespaces::{DeleteRepository, DeleteTag},
    protocol::digest::Digest,
};

pub(super) async fn one(app: &App, actor: &Actor, id: i64) -> Result<()> {
    let change = Change::begin(app, actor).await?;
    let permit = change.permit::<DeleteTag>(id).await?;
    let (row, repository, namespace) = permit.on().clone();
    let tags = match row.digest.as_deref().filter(|digest| !digest.is_empty()) {
        Some(digest) => sharing(&change, repository.id, [digest]).await?,
        None => vec![row.clone()],
    };
    drop(change);
    let place = Place {
        namespace,
        repository,
    };
    let registry = place.registry(app).await?;
    let mut asking = Asking::of(app, &registry);
    let wanted = Wanted {
        tags,
        ..Wanted::default()
    };
    let deletion = Deletion {
        app,
        actor,
        permit: &permit,
        place: &place,
    };
    let report = deletion.run(wanted, &mut asking).await?;
    match report.kept.get(&row.name) {
        None => Ok(()),
        Some(reason) => {
            let what = wordings::TAG_STAYS.with(&[&row.name]);
            Err(Error::Refused(format!("{what}: {reason}")))
        }
    }
}

pub(super) async fn several(
    app: &App,
    actor: &Actor,
    repository_id: i64,
    digests: &[String],
    ids: &[i64],
) -> Result<Report> {
    let change = Change::begin(app, actor).await?;
    let permit = change.permit::<DeleteRepository>(repository_id).await?;
    let (repository, namespace) = permit.on().clone();
    if digests.is_empty() && ids.is_empty() {
        return Err(Error::invalid("digests", "can't be blank"));
    }
    if digests.len() + ids.len() > MOST_DIGESTS {
        let text = wordings::TOO_MANY_DIGESTS.with(&[&MOST_DIGESTS]);
        return Err(Error::invalid("digests", text));
    }
    if digests.iter().any(|digest| Digest::parse(digest).is_err()) {
        return Err(Error::invalid("digests", "is invalid"));
    }
    let distinct: BTreeSet<&str> = digests.iter().map(String::as_str).collect();
    let mut tags = sharing(&change, repository.id, distinct).await?;
    if !ids.is_empty() {
        tags.extend(unknown(&change, repository.id, ids).await?);
    }
    drop(change);
    if tags.is_empty() {
        return Err(Error::NotFound);
    }
    let place = Place {
        namespace,
        repository,
    };
    let registry = place.registry(app).await?;
    let mut asking = Asking::of(app, &registry);
    let wanted = Wanted {
        tags,
        ..Wanted::default()
    };
    let deletion = Deletion {
        app,
        actor,
        permit: &permit,
        place: &place,
    };
    deletion.run(wanted, &mut asking).await
}

/// Tags of a repository that point to any of these digests.
async fn sharing(
    change: &Change<'_>,
    repository_id: i64,
    digests: impl IntoIterator<Item = &str>,
) -> Result<Vec<tag::Model>> {
    Ok(tag::Entity::find()
        .filter(tag::Column::RepositoryId.eq(repository_id))
        .filter(tag::Column::Digest.is_in(digests))
        .all(change.reader())
        .await?)
}

/// Those of these tags of a repository whose digest is not known.
async fn unknown(change: &Change<'_>, repository_id: i64, ids: &[i64]) -> Result<Vec<tag::Model>> {
    let none = Condition::any()
        .add(tag::Column::Digest.is_null())
        .add(tag::Column::Digest.eq(""));
    Ok(tag::Entity::find()
        .filter(tag::Column::RepositoryId.eq(repository_id))
        .filter(tag::Column::Id.is_in(ids.iter().copied()))
        .filter(none)
        .all(change.reader())
        .await?)
}
