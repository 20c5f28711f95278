//! Who belongs to a team, and as what.

use serde::Serialize;
use utoipa::ToSchema;

use super::{
    operation::{Noun, delete, get, noun, post, put},
    presented::{Dressed, MemberExtras, MembershipExtras, presented},
    reply::{Created, NoContent, Paged, Shown},
    respond::{Time, created, no_content, ok, paged},
    users::User,
    words,
};
use crate::{
    actions::members,
    entities::{Role, team_user, user},
    queries::{
        self,
        users::{Member, Members},
    },
    web::{
        error::ApiResult,
        extract::{caller::Call, declare::params, filters::Filters, page::Page},
    },
};

pub fn operations() -> Noun {
    noun(
        "members",
        "Who belongs to a team, and as what.",
        vec![
            get(
                "/v1/teams/{id}/members",
                "Lists a team's members as accounts",
                list,
            ),
            post("/v1/teams/{id}/members", "Adds a member to a team", create)
                .about("Admins become owners whatever the role."),
            put(
                "/v1/teams/{id}/members/{member_id}",
                "Changes a member's role",
                update,
            ),
            delete(
                "/v1/teams/{id}/members/{member_id}",
                "Removes a member from a team",
                remove,
            ),
        ],
    )
}

params! {
    /// A member to be.
    struct NewMember {
        role: String = Role::WORDS,
        /// The account's name.
        user: String,
    }
}

params! {
    /// A member's new role.
    struct MemberChanges {
        role: String = Role::WORDS,
    }
}

/// A member as an account, with what is needed to change the membership.
#[derive(Serialize, ToSchema)]
struct MemberAccount {
    #[serde(flatten)]
    user: User,
    member_id: i64,
    #[schema(schema_with = words::role)]
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

#[derive(Serialize, ToSchema)]
struct TeamMember {
    id: i64,
    team_id: i64,
    user_id: i64,
    created_at: Time,
    updated_at: Time,
    #[schema(schema_with = words::role)]
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

type PresentedMember = Dressed<MemberAccount, MemberExtras>;
type PresentedMembership = Dressed<TeamMember, MembershipExtras>;

async fn list(
    call: Call,
    page: Page,
    filters: Filters<Members>,
) -> ApiResult<Paged<PresentedMember>> {
    let viewer = call.viewer().await?;
    let team = queries::teams::show(&call.app, &viewer, call.id("id")?).await?;
    let list = filters.narrow(
        &call.app,
        presented(&call, Members { team_id: team.id }).await?,
    );
    paged(&call, &page, list, Dressed::from).await
}

fn membership(call: &Call, made: (team_user::Model, user::Model)) -> PresentedMembership {
    let extras = MembershipExtras {
        admin: made.1.admin,
        current: call.actor.user_id() == Some(made.1.id),
    };
    Dressed::new(made.into(), call.session.as_ref().map(|_| extras))
}

async fn create(call: Call, new: NewMember) -> ApiResult<Created<PresentedMembership>> {
    let team = call.id("id")?;
    let made = members::add(&call.app, &call.actor, team, &new.user, &new.role).await?;
    created(membership(&call, made))
}

async fn update(call: Call, changes: MemberChanges) -> ApiResult<Shown<PresentedMembership>> {
    let (team, member) = (call.id("id")?, call.strict_id("member_id")?);
    let row = members::change_role(&call.app, &call.actor, team, member, &changes.role).await?;
    ok(membership(&call, row))
}

async fn remove(call: Call) -> ApiResult<NoContent> {
    let (team, member) = (call.id("id")?, call.strict_id("member_id")?);
    members::remove(&call.app, &call.actor, team, member).await?;
    no_content()
}
