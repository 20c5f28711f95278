//! Stars: a person likes a repository, or no longer. Doing it twice is doing it once.

use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, Condition, EntityTrait, QueryFilter,
};

use super::change::Change;
use crate::{
    app::App,
    entities::{namespace, repository, star},
    error::{Error, Result, is_taken},
    identity::actor::Actor,
    policy::{Permit, Rule, stars::StarRepository},
};

/// A repository that the caller can see, and its namespace.
pub type Starred = (repository::Model, namespace::Model);

const NO_NEWS: &str = "whom a repository pleases is nobody else's business";

/// Gives a repository the caller's star.
pub async fn star(app: &App, actor: &Actor, repository_id: i64) -> Result<Starred> {
    let change = Change::begin(app, actor).await?;
    let permit = change.permit::<StarRepository>(repository_id).await?;
    let user_id = person(actor)?;
    if change.has_star(user_id, repository_id).await? {
        return Ok(permit.into_inner());
    }
    give(change, permit, user_id).await
}

/// Takes the caller's star away.
pub async fn unstar(app: &App, actor: &Actor, repository_id: i64) -> Result<Starred> {
    let mut change = Change::begin(app, actor).await?;
    let permit = change.permit::<StarRepository>(repository_id).await?;
    change.take_star(&permit, person(actor)?).await?;
    change.commit_unrecorded(NO_NEWS).await?;
    Ok(permit.into_inner())
}

/// Gives the star, or takes it if it was given: the one button of Portus' pages.
pub async fn toggle(app: &App, actor: &Actor, repository_id: i64) -> Result<Starred> {
    let mut change = Change::begin(app, actor).await?;
    let permit = change.permit::<StarRepository>(repository_id).await?;
    let user_id = person(actor)?;
    if change.take_star(&permit, user_id).await? {
        change.commit_unrecorded(NO_NEWS).await?;
        return Ok(permit.into_inner());
    }
    give(change, permit, user_id).await
}

async fn give(
    mut change: Change<'_>,
    permit: Permit<StarRepository>,
    user_id: i64,
) -> Result<Starred> {
    let row = star::ActiveModel {
        id: NotSet,
        user_id: Set(user_id),
        repository_id: Set(permit.on().0.id),
        created_at: Set(change.now()),
    };
    let given = change.insert(&permit, row).await;
    if given.as_ref().is_err_and(is_taken) {
        // The same person's other request was quicker.
        return Ok(permit.into_inner());
    }
    given?;
    change.commit_unrecorded(NO_NEWS).await?;
    Ok(permit.into_inner())
}

fn person(actor: &Actor) -> Result<i64> {
    actor.user_id().ok_or_else(|| Error::forbidden(Rule::LogIn))
}

impl Change<'_> {
    async fn has_star(&self, user_id: i64, repository_id: i64) -> Result<bool> {
        let row = star::Entity::find()
            .filter(of(user_id, repository_id))
            .one(self.reader())
            .await?;
        Ok(row.is_some())
    }

    /// Whether there was one to take.
    async fn take_star(&mut self, permit: &Permit<StarRepository>, user_id: i64) -> Result<bool> {
        let condition = of(user_id, permit.on().0.id);
        let gone = self
            .delete_where::<star::Entity, _>(permit, condition)
            .await?;
        Ok(gone > 0)
    }
}

fn of(user_id: i64, repository_id: i64) -> Condition {
    Condition::all()
        .add(star::Column::UserId.eq(user_id))
        .add(star::Column::RepositoryId.eq(repository_id))
}
