//! Namespaces with everything in them.

use std::collections::BTreeMap;

use sea_orm::{
    ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder as _, QuerySelect,
};

use super::{
    asking::Asking,
    manifests::{Place, registry_of},
    repositories,
};
use crate::{
    actions::change::Change,
    activity::Activity,
    app::App,
    entities::{namespace, repository},
    error::{Error, Reason, Result},
    identity::actor::Actor,
    policy::namespaces::{DeleteNamespace, DeleteRepository},
};

pub(super) async fn one(app: &App, actor: &Actor, id: i64) -> Result<()> {
    let change = Change::begin(app, actor).await?;
    let permit = change.permit::<DeleteNamespace>(id).await?;
    drop(change);
    let row = permit.on();
    if row.personal_user_id.is_some() {
        return Err(refused("Cannot remove personal namespace"));
    }
    let stay = empty(app, actor, row).await?;
    if !stay.is_empty() {
        return Err(Error::Kept(Reason::Parts(stay)));
    }
    remove(app, actor, id).await
}

fn refused(text: &str) -> Error {
    Error::Refused(text.to_owned())
}

/// Deletes the repositories of a namespace one by one. Returns those that stay, by full name, and why.
async fn empty(
    app: &App,
    actor: &Actor,
    row: &namespace::Model,
) -> Result<BTreeMap<String, Reason>> {
    let registry = registry_of(app, row).await?;
    let mut asking = Asking::of(app, &registry);
    let mut stay = BTreeMap::new();
    let all: Vec<i64> = repository::Entity::find()
        .select_only()
        .column(repository::Column::Id)
        .filter(repository::Column::NamespaceId.eq(row.id))
        .order_by_asc(repository::Column::Id)
        .into_tuple()
        .all(app.database.reader())
        .await?;
    for id in all {
        let change = Change::begin(app, actor).await?;
        let permit = match change.permit::<DeleteRepository>(id).await {
            Err(Error::NotFound) => continue,
            permit => permit?,
        };
        drop(change);
        let (repository, namespace) = permit.on().clone();
        let name = Place {
            namespace,
            repository,
        }
        .name();
        match repositories::whole(app, actor, &permit, &mut asking).await {
            Err(Error::Refused(text)) => drop(stay.insert(name, Reason::Text(text))),
            done => done?,
        }
    }
    Ok(stay)
}

/// Removes a namespace that has become empty.
async fn remove(app: &App, actor: &Actor, id: i64) -> Result<()> {
    let mut change = Change::begin(app, actor).await?;
    // Whoever adds a repository waits for this, or this for them.
    namespace::Entity::find_by_id(id)
        .lock_exclusive()
        .one(change.reader())
        .await?;
    let permit = change.permit::<DeleteNamespace>(id).await?;
    let left = repository::Entity::find()
        .filter(repository::Column::NamespaceId.eq(id))
        .count(change.reader())
        .await?;
    if left > 0 {
        return Err(refused("Could not remove namespace"));
    }
    let row = permit.on();
    let teams = change.teams(&[row.team_id]).await?;
    let team = teams.get(&row.team_id).map(|team| team.name.as_str());
    let told = Activity::namespace_deleted(row, team.unwrap_or_default());
    change
        .delete_where::<namespace::Entity, _>(&permit, namespace::Column::Id.eq(id))
        .await?;
    let name = permit.into_inner().name;
    change.commit([told]).await?;
    tracing::info!(
        namespace.name = name,
        user.name = actor.name(),
        "removed the namespace {name}"
    );
    Ok(())
}
