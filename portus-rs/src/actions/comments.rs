//! What people say about repositories: written and taken back.

use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter,
};

use super::change::{Change, Subject};
use crate::{
    activity::Activity,
    app::App,
    entities::{comment, namespace, repository, user},
    error::{Error, Result, wordings},
    identity::actor::Actor,
    policy::comments::{DeleteComment, WriteComment},
};

/// Characters of one comment.
const LONGEST: usize = 65_535;

/// A comment counts by its repository's namespace.
impl Subject for (comment::Model, repository::Model, namespace::Model) {
    async fn find(
        id: i64,
        transaction: &DatabaseTransaction,
    ) -> Result<Option<Self>, sea_orm::DbErr> {
        let Some(row) = comment::Entity::find_by_id(id).one(transaction).await? else {
            return Ok(None);
        };
        let place =
            <(repository::Model, namespace::Model)>::find(row.repository_id, transaction).await?;
        Ok(place.map(|(repository, namespace)| (row, repository, namespace)))
    }

    fn team_id(&self) -> Option<i64> {
        Some(self.2.team_id)
    }

    fn namespace_id(&self) -> Option<i64> {
        Some(self.2.id)
    }
}

/// Says something about a repository.
pub async fn write(
    app: &App,
    actor: &Actor,
    repository_id: i64,
    body: &str,
) -> Result<comment::Model> {
    let mut change = Change::begin(app, actor).await?;
    let permit = change.permit::<WriteComment>(repository_id).await?;
    if body.trim().is_empty() {
        return Err(Error::invalid("body", "can't be blank"));
    }
    if body.chars().count() > LONGEST {
        return Err(Error::invalid("body", wordings::TOO_LONG.with(&[&LONGEST])));
    }
    let row = comment::ActiveModel {
        id: NotSet,
        repository_id: Set(repository_id),
        user_id: Set(actor.user_id()),
        body: Set(body.to_owned()),
        created_at: Set(change.now()),
        updated_at: Set(change.now()),
    };
    let made = change.insert(&permit, row).await?;
    let (repository, namespace) = permit.on();
    let told = Activity::comment_written(namespace, repository, &made);
    change.commit([told]).await?;
    Ok(made)
}

/// Takes a comment on that repository back.
pub async fn delete(app: &App, actor: &Actor, repository_id: i64, id: i64) -> Result<()> {
    let mut change = Change::begin(app, actor).await?;
    let found = <(comment::Model, repository::Model, namespace::Model)>::find(id, change.reader())
        .await?
        .filter(|(row, ..)| row.repository_id == repository_id)
        .ok_or(Error::NotFound)?;
    let permit = change.permit_loaded::<DeleteComment>(found).await?;
    change
        .delete_where::<comment::Entity, _>(&permit, comment::Column::Id.eq(id))
        .await?;
    let (row, repository, namespace) = permit.into_inner();
    let author = match row.user_id {
        Some(id) => user::Entity::find()
            .filter(user::Column::Id.eq(id))
            .one(change.reader())
            .await?
            .map(|user| user.username),
        None => None,
    };
    let told = Activity::comment_deleted(&namespace, &repository, &row, author.as_deref());
    change.commit([told]).await
}
