//! Teams: made and described.

use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter,
};

use super::change::Change;
use crate::{
    activity::{Activity, TeamAttribute},
    app::App,
    entities::{Role, team, user},
    error::{Error, Result, is_taken},
    identity::actor::Actor,
    policy::{
        Rule,
        teams::{CreateTeam, UpdateTeam},
    },
};

/// A team to be made; its owner is whoever makes it unless an admin names another.
#[derive(Clone, Debug, Default)]
pub struct NewTeam {
    pub name: String,
    pub description: Option<String>,
    pub owner_id: Option<i64>,
}

/// Makes a team.
pub async fn create(app: &App, actor: &Actor, new: NewTeam) -> Result<team::Model> {
    let mut change = Change::begin(app, actor).await?;
    let permit = change.permit_on::<CreateTeam>(())?;
    let owner_id = match (new.owner_id, actor.user_id()) {
        (Some(owner), own) => {
            let admin = actor.account().is_none_or(|account| account.admin);
            if own != Some(owner) && !admin {
                return Err(Error::forbidden(Rule::OnlyAdmins));
            }
            owner
        }
        (None, Some(own)) => own,
        (None, None) => return Err(Error::invalid("owners", "can't be blank")),
    };
    let owner = user::Entity::find_by_id(owner_id)
        .one(change.reader())
        .await?
        .ok_or(Error::NotFound)?;
    let name = checked(&change, &new.name, None).await?;
    let row = team::ActiveModel {
        id: NotSet,
        name: Set(name),
        hidden: Set(false),
        description: Set(new.description),
        ldap_group_checked: Set(0),
        checked_at: Set(None),
        created_at: Set(change.now()),
        updated_at: Set(change.now()),
    };
    let made = match change.insert(&permit, row).await {
        Err(error) if is_taken(&error) => return Err(taken()),
        made => made?,
    };
    change.join(&permit, made.id, owner.id, Role::Owner).await?;
    change.commit([Activity::team_created(&made)]).await?;
    Ok(made)
}

/// Changes a team's name or description; `None` leaves one alone.
pub async fn update(
    app: &App,
    actor: &Actor,
    id: i64,
    name: Option<String>,
    description: Option<String>,
) -> Result<team::Model> {
    let mut change = Change::begin(app, actor).await?;
    let permit = change.permit::<UpdateTeam>(id).await?;
    let old = permit.on().clone();
    let mut row = team::ActiveModel {
        id: Set(id),
        ..Default::default()
    };
    let mut told = Vec::new();
    if let Some(text) = description.filter(|text| Some(text) != old.description.as_ref()) {
        let before = old.description.as_deref().unwrap_or_default();
        told.push(Activity::team_changed(
            &old,
            TeamAttribute::Description,
            before,
            &text,
        ));
        row.description = Set(Some(text));
    }
    if let Some(name) = name.filter(|name| !name.trim().is_empty() && *name != old.name) {
        let name = checked(&change, &name, Some(id)).await?;
        told.push(Activity::team_changed(
            &old,
            TeamAttribute::Name,
            &old.name,
            &name,
        ));
        row.name = Set(name);
    }
    if told.is_empty() {
        return Ok(old);
    }
    row.updated_at = Set(change.now());
    let updated = match change.update(&permit, row).await {
        Err(error) if is_taken(&error) => return Err(taken()),
        done => done?,
    };
    change.commit(told).await?;
    Ok(updated)
}

fn taken() -> Error {
    Error::invalid("name", "has already been taken")
}

async fn checked(change: &Change<'_>, name: &str, id: Option<i64>) -> Result<String> {
    let name = name.trim();
    if name.is_empty() {
        return Err(Error::invalid("name", "can't be blank"));
    }
    if name.chars().count() > 255 {
        return Err(Error::invalid(
            "name",
            "is too long (maximum is 255 characters)",
        ));
    }
    let others = team::Entity::find()
        .filter(team::Column::Name.eq(name))
        .filter(team::Column::Id.ne(id.unwrap_or_default()))
        .count(change.reader())
        .await?;
    if others > 0 {
        Err(taken())
    } else {
        Ok(name.to_owned())
    }
}
