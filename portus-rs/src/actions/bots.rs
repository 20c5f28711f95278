//! Bots that belong to a team: its owners make them, hand out their tokens, shut them out and remove them. Such a bot is
//! in no other team, is never an admin or an owner, and goes with its team.

use sea_orm::{ActiveValue::Set, EntityTrait};

use super::change::Change;
use crate::{
    activity::Activity,
    app::App,
    entities::{Role, team, team_user, user},
    error::{Error, Invalid, Result},
    identity::actor::Actor,
    policy::users::{CreateBot, ManageBot},
};

use super::users::NewUser;

/// A bot to be made.
#[derive(Clone, Debug, Default)]
pub struct NewBot {
    pub username: String,
    pub email: Option<String>,
    pub display_name: Option<String>,
    /// What it may in its team; viewers may pull, contributors push.
    pub role: Option<String>,
}

/// Makes a bot that belongs to a team. It has no password: application tokens are its only way in.
pub async fn create(
    app: &App,
    actor: &Actor,
    team_id: i64,
    new: NewBot,
) -> Result<(user::Model, team_user::Model)> {
    super::users::refuse_names_of_the_directory(app, &new.username).await?;
    let mut change = Change::begin(app, actor).await?;
    let permit = change.permit::<CreateBot>(team_id).await?;
    let mut invalid = Invalid::default();
    let account = NewUser {
        username: new.username,
        email: new.email.unwrap_or_default(),
        display_name: new.display_name,
        bot: true,
        ..NewUser::default()
    };
    super::users::check_names(&account, &mut invalid);
    let role = match new.role.as_deref().map(str::parse) {
        None => Role::Viewer,
        Some(Ok(role)) if role < Role::Owner => role,
        _ => {
            invalid.add("role", "is not included in the list");
            Role::Viewer
        }
    };
    invalid.into_result()?;
    let made = change.new_user(&permit, &account, String::new()).await?;
    let row = user::ActiveModel {
        id: Set(made.user.id),
        owner_team_id: Set(Some(team_id)),
        ..Default::default()
    };
    let bot = change.update(&permit, row).await?;
    let membership = change.join(&permit, team_id, bot.id, role).await?;
    let told = Activity::bot_created(&bot, permit.on(), role.as_str());
    change.commit([told]).await?;
    Ok((bot, membership))
}

/// Lets a bot in, or shuts it out at the next request.
pub async fn set_enabled(
    app: &App,
    actor: &Actor,
    team_id: i64,
    id: i64,
    enabled: bool,
) -> Result<user::Model> {
    let mut change = Change::begin(app, actor).await?;
    let bot = of_team(&change, team_id, id).await?;
    let permit = change.permit_loaded::<ManageBot>(bot).await?;
    if permit.on().enabled == enabled {
        return Ok(permit.into_inner());
    }
    let row = user::ActiveModel {
        id: Set(id),
        enabled: Set(enabled),
        updated_at: Set(change.now()),
        ..Default::default()
    };
    let updated = change.update(&permit, row).await?;
    let told = if enabled {
        Activity::user_enabled(&updated)
    } else {
        Activity::user_disabled(&updated)
    };
    change.commit([told]).await?;
    Ok(updated)
}

/// Removes a bot with its tokens.
pub async fn delete(app: &App, actor: &Actor, team_id: i64, id: i64) -> Result<()> {
    let mut change = Change::begin(app, actor).await?;
    let bot = of_team(&change, team_id, id).await?;
    let permit = change.permit_loaded::<ManageBot>(bot).await?;
    let gone = permit.on().clone();
    change.remove_account(&permit, &gone).await?;
    change.commit([Activity::user_deleted(&gone)]).await
}

async fn of_team(change: &Change<'_>, team_id: i64, id: i64) -> Result<user::Model> {
    team::Entity::find_by_id(team_id)
        .one(change.reader())
        .await?
        .ok_or(Error::NotFound)?;
    user::Entity::find_by_id(id)
        .one(change.reader())
        .await?
        .filter(|row| row.owner_team_id == Some(team_id))
        .ok_or(Error::NotFound)
}
