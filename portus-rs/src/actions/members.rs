//! Joining, promoting and leaving teams. A team is never left without an owner here.

use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};

use super::change::Change;
use crate::{
    activity::Activity,
    app::App,
    entities::{Role, team, team_user, user},
    error::{Error, Result, is_taken},
    identity::{actor::Actor, names},
    policy::{Permit, teams::ManageMembers},
};

const LAST_OWNER: &str = "Cannot remove the only owner of the team";

/// Adds somebody to a team. Admins are always owners.
pub async fn add(
    app: &App,
    actor: &Actor,
    team_id: i64,
    username: &str,
    role: &str,
) -> Result<(team_user::Model, user::Model)> {
    let mut change = Change::begin(app, actor).await?;
    let permit = visible(&change, team_id).await?;
    let member = user::Entity::find()
        .filter(user::Column::CanonicalName.eq(names::canonical(username)))
        .one(change.reader())
        .await?
        .filter(|row| !super::homes::is_portus(row))
        .ok_or(Error::NotFound)?;
    if member.owner_team_id.is_some_and(|own| own != team_id) {
        return Err(Error::Refused(
            "This bot belongs to another team and cannot join this one".to_owned(),
        ));
    }
    let role = if member.admin {
        Role::Owner
    } else {
        parsed(role)?
    };
    no_owner_by_itself(&member, role)?;
    let present = team_user::Entity::find()
        .filter(team_user::Column::TeamId.eq(team_id))
        .filter(team_user::Column::UserId.eq(member.id))
        .count(change.reader())
        .await?;
    let taken = || Error::invalid("user", "has already been taken");
    if present > 0 {
        return Err(taken());
    }
    let row = match change.join(&permit, team_id, member.id, role).await {
        Err(error) if is_taken(&error) => return Err(taken()),
        joined => joined?,
    };
    let told = Activity::member_added(permit.on(), &member, role.as_str());
    change.commit([told]).await?;
    Ok((row, member))
}

/// Gives a member another role.
pub async fn change_role(
    app: &App,
    actor: &Actor,
    team_id: i64,
    member_id: i64,
    role: &str,
) -> Result<(team_user::Model, user::Model)> {
    let mut change = Change::begin(app, actor).await?;
    let permit = visible(&change, team_id).await?;
    let (row, member) = membership(&change, team_id, member_id).await?;
    let role = parsed(role)?;
    if role == row.role {
        return Ok((row, member));
    }
    no_owner_by_itself(&member, role)?;
    if member.admin && role != Role::Owner {
        return Err(Error::Refused(
            "User cannot be demoted because it's a Portus admin".to_owned(),
        ));
    }
    if row.role == Role::Owner {
        another_owner(&change, &permit, row.id).await?;
    }
    let old = row.role;
    let changed = team_user::ActiveModel {
        id: Set(row.id),
        role: Set(role),
        // From now on it is what somebody made by hand.
        group_name: Set(None),
        group_issuer: Set(None),
        updated_at: Set(change.now()),
        ..Default::default()
    };
    let row = change.update(&permit, changed).await?;
    let told = Activity::member_role_changed(permit.on(), &member, old.as_str(), role.as_str());
    change.commit([told]).await?;
    Ok((row, member))
}

/// Takes a member out of a team.
pub async fn remove(app: &App, actor: &Actor, team_id: i64, member_id: i64) -> Result<()> {
    let mut change = Change::begin(app, actor).await?;
    let permit = visible(&change, team_id).await?;
    let (row, member) = membership(&change, team_id, member_id).await?;
    if row.role == Role::Owner {
        another_owner(&change, &permit, row.id).await?;
    }
    change
        .delete_where::<team_user::Entity, _>(&permit, team_user::Column::Id.eq(row.id))
        .await?;
    let told = Activity::member_removed(permit.on(), &member, row.role.as_str());
    change.commit([told]).await
}

/// Hidden teams have no members that people manage, so for them there is no such team.
async fn visible(change: &Change<'_>, team_id: i64) -> Result<Permit<ManageMembers>> {
    let team = team::Entity::find_by_id(team_id)
        .filter(team::Column::Hidden.eq(false))
        .one(change.reader())
        .await?
        .ok_or(Error::NotFound)?;
    change.permit_loaded(team).await
}

async fn membership(
    change: &Change<'_>,
    team_id: i64,
    member_id: i64,
) -> Result<(team_user::Model, user::Model)> {
    team_user::Entity::find_by_id(member_id)
        .filter(team_user::Column::TeamId.eq(team_id))
        .find_also_related(user::Entity)
        .one(change.reader())
        .await?
        .and_then(|(row, member)| Some((row, member?)))
        .ok_or(Error::NotFound)
}

/// A team's own bot never owns it: people look after bots, and not the other way round.
fn no_owner_by_itself(member: &user::Model, role: Role) -> Result<()> {
    if member.owner_team_id.is_some() && role == Role::Owner {
        return Err(Error::Refused(
            "A bot of the team cannot own it; make it a contributor".to_owned(),
        ));
    }
    Ok(())
}

async fn another_owner(
    change: &Change<'_>,
    permit: &Permit<ManageMembers>,
    except: i64,
) -> Result<()> {
    // Two owners who leave at once must not both find the other one still there.
    change.take_turns().await?;
    let others = team_user::Entity::find()
        .filter(team_user::Column::TeamId.eq(permit.on().id))
        .filter(team_user::Column::Role.eq(Role::Owner))
        .filter(team_user::Column::Id.ne(except))
        .count(change.reader())
        .await?;
    if others == 0 {
        return Err(Error::Refused(LAST_OWNER.to_owned()));
    }
    Ok(())
}

fn parsed(role: &str) -> Result<Role> {
    role.parse()
        .map_err(|()| Error::invalid("role", "is not included in the list"))
}
