//! Who belongs to a team, and as what.

use actix_web::HttpResponse;
use serde::Serialize;

use super::{
    respond::{Time, created, no_content, ok, whole},
    users::User,
};
use crate::{
    actions::members,
    entities::{Role, team_user, user},
    queries::{
        self,
        users::{Member, Members},
    },
    web::{error::ApiResult, extract::caller::Call},
};

/// A member as an account, with what is needed to change the membership.
#[derive(Serialize)]
struct MemberAccount {
    #[serde(flatten)]
    user: User,
    member_id: i64,
    role: Role,
}

impl From<Member> for MemberAccount {
    fn from(member: Member) -> Self {
        Self {
            user: member.row.into(),
            member_id: member.member_id,
            role: member.role,
        }
    }
}

#[derive(Serialize)]
struct TeamMember {
    id: i64,
    team_id: i64,
    user_id: i64,
    created_at: Time,
    updated_at: Time,
    role: Role,
    display_name: String,
}

impl From<(team_user::Model, user::Model)> for TeamMember {
    fn from((row, user): (team_user::Model, user::Model)) -> Self {
        Self {
            id: row.id,
            team_id: row.team_id,
            user_id: row.user_id,
            created_at: Time(row.created_at),
            updated_at: Time(row.updated_at),
            role: row.role,
            display_name: user.display_name.unwrap_or(user.username),
        }
    }
}

pub async fn list(call: Call) -> ApiResult<HttpResponse> {
    let viewer = call.viewer().await?;
    let team = queries::teams::show(&call.app, &viewer, call.id("id")?).await?;
    whole(&call, Members { team_id: team.id }, MemberAccount::from).await
}

pub async fn create(call: Call) -> ApiResult<HttpResponse> {
    let mut read = call.params.read();
    let role = read.required_string("role").unwrap_or_default();
    let user = read.required_string("user").unwrap_or_default();
    read.finish()?;
    let team = call.id("id")?;
    let made = members::add(&call.app, &call.actor, team, &user, &role).await?;
    created(TeamMember::from(made))
}

pub async fn update(call: Call) -> ApiResult<HttpResponse> {
    let mut read = call.params.read();
    let role = read.required_string("role").unwrap_or_default();
    read.finish()?;
    let (team, member) = (call.id("id")?, call.strict_id("member_id")?);
    let changed = members::change_role(&call.app, &call.actor, team, member, &role).await?;
    ok(TeamMember::from(changed))
}

pub async fn delete(call: Call) -> ApiResult<HttpResponse> {
    let (team, member) = (call.id("id")?, call.strict_id("member_id")?);
    members::remove(&call.app, &call.actor, team, member).await?;
    no_content()
}
