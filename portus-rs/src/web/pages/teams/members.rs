//! Letting people into a team, changing what they may there, taking them out.

use super::super::{
    checks,
    form::Form,
    route::{Route, delete, post, put},
    visit::Member,
};
use super::show::{Asked, again};
use crate::{
    actions::members,
    entities::user,
    error::{Error, Result},
    policy,
    queries::{self, roster},
    web::error::PageResult,
};

pub fn routes() -> Vec<Route> {
    vec![
        post("/team_users", add),
        put("/team_users/{id}", change),
        delete("/team_users/{id}", remove),
    ]
}

async fn add(visit: Member) -> PageResult {
    let text = visit.text("team_user[team_id]");
    let team_id: i64 = text.parse().map_err(|_| Error::NotFound)?;
    let viewer = visit.viewer().await?;
    let team = queries::teams::known(&visit.app, &viewer, team_id).await?;
    policy::teams::manage_members(viewer.standing(team_id), team.hidden).granted()?;
    match added(&visit, team_id).await {
        Ok(user) => {
            let key = if user.admin {
                "member-added-admin"
            } else {
                "member-added"
            };
            let said = visit.tell(key, name(&visit, &user));
            Ok(visit.go_telling(&format!("/teams/{team_id}"), said))
        }
        Err(error) => {
            let form: Form = checks::refused(&visit, "team_user", error)?;
            let asked = Asked {
                join: Some(form),
                ..Asked::default()
            };
            again(&visit, team_id, asked).await
        }
    }
}

async fn added(visit: &Member, team_id: i64) -> Result<user::Model> {
    let username = visit.text("team_user[user]");
    let username = username.trim();
    if username.is_empty() {
        return Err(Error::invalid("user", "can't be blank"));
    }
    let role = visit.text("team_user[role]");
    match members::add(&visit.app, &visit.actor, team_id, username, &role).await {
        Ok((_, user)) => Ok(user),
        // The team is there, so it is the account that is not.
        Err(Error::NotFound) => Err(Error::invalid("user", "does not exist")),
        Err(error) => Err(error),
    }
}

async fn change(visit: Member) -> PageResult {
    let viewer = visit.viewer().await?;
    let (row, user) = roster::membership(&visit.app, &viewer, visit.id("id")?).await?;
    let role = visit.text("team_user[role]");
    let page = format!("/teams/{}", row.team_id);
    match members::change_role(&visit.app, &visit.actor, row.team_id, row.id, &role).await {
        Ok(_) => {
            let said = visit.tell("member-updated", name(&visit, &user));
            Ok(visit.go_telling(&visit.back_to(&page), said))
        }
        Err(denied @ Error::Forbidden(_)) => Err(denied.into()),
        Err(error) => visit.go_refused(&visit.back_to(&page), error),
    }
}

async fn remove(visit: Member) -> PageResult {
    let viewer = visit.viewer().await?;
    let (row, user) = roster::membership(&visit.app, &viewer, visit.id("id")?).await?;
    let page = format!("/teams/{}", row.team_id);
    match members::remove(&visit.app, &visit.actor, row.team_id, row.id).await {
        Ok(()) if visit.actor.user_id() == Some(user.id) => {
            // Nobody but an admin sees a team that they have left.
            let page = if user.admin { page.as_str() } else { "/teams" };
            Ok(visit.go_telling(page, visit.say("member-left")))
        }
        Ok(()) => {
            let said = visit.tell("member-removed", name(&visit, &user));
            Ok(visit.go_telling(&visit.back_to(&page), said))
        }
        Err(denied @ Error::Forbidden(_)) => Err(denied.into()),
        Err(error) => visit.go_refused(&page, error),
    }
}

fn name<'a>(visit: &Member, user: &'a user::Model) -> &'a str {
    queries::users::display_name(&visit.app, user)
}
