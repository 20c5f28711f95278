//! Teams: with their namespaces, or after these have moved to another team.

use std::{collections::BTreeMap, sync::Arc};

use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder as _,
    QuerySelect, QueryTrait as _,
};

use super::{detached, namespaces};
use crate::{
    actions::{change::Change, groups},
    activity::Activity,
    app::App,
    entities::{namespace, registry, team},
    error::{Error, Reason, Result},
    identity::actor::Actor,
    policy::{
        Permit,
        teams::{DeleteTeam, TakeOver, UpdateTeam},
    },
};

/// Removes a team. Its namespaces go to the team of this name, or are removed one by one before.
pub async fn remove(
    app: &Arc<App>,
    actor: &Actor,
    id: i64,
    new_team: Option<String>,
) -> Result<()> {
    let (app, actor) = (Arc::clone(app), actor.clone());
    match new_team {
        Some(name) => migrate(&app, &actor, id, &name).await,
        None => detached(async move { with_namespaces(&app, &actor, id).await }).await,
    }
}

/// Stops comparing a team with its group in the directory.
pub async fn disable_ldap_check(app: &App, actor: &Actor, id: i64) -> Result<()> {
    let syncs = app.config.ldap.as_ref();
    if syncs.is_none_or(|ldap| ldap.group_sync.is_none()) {
        return Err(Error::Disabled);
    }
    let mut change = Change::begin(app, actor).await?;
    let permit = change.permit::<UpdateTeam>(id).await?;
    if permit.on().ldap_group_checked == groups::DISABLED {
        return Ok(());
    }
    let row = team::ActiveModel {
        id: Set(id),
        ldap_group_checked: Set(groups::DISABLED),
        checked_at: Set(Some(change.now())),
        updated_at: Set(change.now()),
        ..Default::default()
    };
    let updated = change.update(&permit, row).await?;
    change
        .commit([Activity::ldap_check_disabled(&updated)])
        .await
}

async fn migrate(app: &App, actor: &Actor, id: i64, name: &str) -> Result<()> {
    let mut change = Change::begin(app, actor).await?;
    let permit = change.permit::<DeleteTeam>(id).await?;
    let target = team::Entity::find()
        .filter(team::Column::Name.eq(name))
        .one(change.reader())
        .await?
        .ok_or(Error::NotFound)?;
    if target.id == id {
        return Err(Error::Refused(
            "You cannot choose the same team to migrate namespaces".to_owned(),
        ));
    }
    let target = change.permit_loaded::<TakeOver>(target).await?;
    let old = permit.on().clone();
    hold(&change, id).await?;
    let registry = registry_of(&change, id).await?;
    let moved = namespace::Entity::update_many()
        .set(namespace::ActiveModel {
            team_id: Set(target.on().id),
            updated_at: Set(change.now()),
            ..Default::default()
        })
        .filter(namespace::Column::TeamId.eq(id))
        .into_query();
    change
        .execute::<namespace::Entity, _, _>(&target, &moved)
        .await?;
    let told = Activity::namespaces_migrated(&old, target.on());
    finish(change, &permit, registry, vec![told]).await
}

async fn with_namespaces(app: &App, actor: &Actor, id: i64) -> Result<()> {
    let change = Change::begin(app, actor).await?;
    change.permit::<DeleteTeam>(id).await?;
    let registry = registry_of(&change, id).await?;
    drop(change);
    let owned = namespace::Entity::find()
        .filter(namespace::Column::TeamId.eq(id))
        .order_by_asc(namespace::Column::Id)
        .all(app.database.reader())
        .await?;
    let mut stay = BTreeMap::new();
    for row in owned {
        match namespaces::one(app, actor, row.id).await {
            Ok(()) | Err(Error::NotFound) => {}
            Err(Error::Refused(text)) => drop(stay.insert(row.name, Reason::Text(text))),
            Err(Error::Kept(reason)) => drop(stay.insert(row.name, reason)),
            Err(error) => return Err(error),
        }
    }
    if !stay.is_empty() {
        return Err(Error::Kept(Reason::Parts(stay)));
    }
    let change = Change::begin(app, actor).await?;
    hold(&change, id).await?;
    let permit = change.permit::<DeleteTeam>(id).await?;
    finish(change, &permit, registry, Vec::new()).await
}

/// Keeps others from adding namespaces until the end.
async fn hold(change: &Change<'_>, id: i64) -> Result<()> {
    team::Entity::find_by_id(id)
        .lock_exclusive()
        .one(change.reader())
        .await?;
    Ok(())
}

/// The registry that the audit log names: that of the team's namespaces, or else the oldest.
async fn registry_of(change: &Change<'_>, team_id: i64) -> Result<Option<i64>> {
    let owned = namespace::Entity::find()
        .filter(namespace::Column::TeamId.eq(team_id))
        .order_by_asc(namespace::Column::Id)
        .one(change.reader())
        .await?;
    if let Some(row) = owned {
        return Ok(Some(row.registry_id));
    }
    let oldest = registry::Entity::find()
        .order_by_asc(registry::Column::Id)
        .one(change.reader())
        .await?;
    Ok(oldest.map(|row| row.id))
}

async fn finish(
    mut change: Change<'_>,
    permit: &Permit<DeleteTeam>,
    registry: Option<i64>,
    mut told: Vec<Activity>,
) -> Result<()> {
    let row = permit.on();
    let left = namespace::Entity::find()
        .filter(namespace::Column::TeamId.eq(row.id))
        .count(change.reader())
        .await?;
    if left > 0 {
        return Err(Error::Refused("Could not remove team".to_owned()));
    }
    told.extend(change.remove_bots(permit, row.id).await?);
    told.push(Activity::team_removed(row, registry));
    change
        .delete_where::<team::Entity, _>(permit, team::Column::Id.eq(row.id))
        .await?;
    change.commit(told).await
}
