//! Bots that belong to a team.

use serde::Serialize;
use utoipa::ToSchema;

use super::{
    operation::{Noun, delete, get, noun, post, put},
    reply::{Created, NoContent, Paged, Shown},
    respond::{created, no_content, ok, paged},
    users::User,
    words,
};
use crate::{
    actions::bots,
    entities::{Role, user},
    error::Result,
    queries::{self, bots::Bots},
    web::{
        error::ApiResult,
        extract::{caller::Call, declare::params, filters::Filters, page::Page},
    },
};

pub fn operations() -> Noun {
    noun(
        "bots",
        "Bots that belong to a team and are looked after by its owners. Their tokens are application tokens.",
        vec![
            get("/v1/teams/{id}/bots", "Lists a team's bots", list).ours(),
            post("/v1/teams/{id}/bots", "Makes a bot for a team", create)
                .about(
                    "For the team's owners. It has no password; issue a token with \
                     `POST /api/v1/users/{id}/application_tokens`. It joins no other team, never becomes an admin, and \
                     goes with its team.",
                )
                .ours(),
            put("/v1/teams/{id}/bots/{bot_id}/enabled", "Lets a bot in again", enable).ours(),
            delete("/v1/teams/{id}/bots/{bot_id}/enabled", "Shuts a bot out", disable)
                .about("It is refused from the next request on. Its tokens stay.")
                .ours(),
            delete(
                "/v1/teams/{id}/bots/{bot_id}",
                "Removes a bot with its tokens",
                remove,
            )
            .ours(),
        ],
    )
}

params! {
    /// A bot to be made.
    struct NewBot in bot {
        username: String,
        email: Option<String>,
        display_name: Option<String>,
        /// What it may in its team: `viewer` (the default) to pull, `contributor` to push.
        role: Option<String> = ["viewer", "contributor"],
    }
}

/// A bot, and what it may in its team.
#[derive(Serialize, ToSchema)]
struct MadeBot {
    #[serde(flatten)]
    user: User,
    member_id: i64,
    #[schema(schema_with = words::role)]
    role: Role,
}

async fn list(call: Call, page: Page, filters: Filters<Bots>) -> ApiResult<Paged<User>> {
    let viewer = call.viewer().await?;
    let bots = queries::bots::of(&call.app, &viewer, call.id("id")?).await?;
    let bots = filters.narrow(&call.app, bots);
    paged(&call, &page, bots, User::from).await
}

async fn create(call: Call, new: NewBot) -> ApiResult<Created<MadeBot>> {
    let new = bots::NewBot {
        username: new.username,
        email: new.email,
        display_name: new.display_name,
        role: new.role,
    };
    let (row, membership) = bots::create(&call.app, &call.actor, call.id("id")?, new).await?;
    created(MadeBot {
        user: shown(&call, row).await?,
        member_id: membership.id,
        role: membership.role,
    })
}

async fn enable(call: Call) -> ApiResult<Shown<User>> {
    switch(&call, true).await
}

async fn disable(call: Call) -> ApiResult<Shown<User>> {
    switch(&call, false).await
}

async fn switch(call: &Call, enabled: bool) -> ApiResult<Shown<User>> {
    let (team, bot) = (call.id("id")?, call.id("bot_id")?);
    let row = bots::set_enabled(&call.app, &call.actor, team, bot, enabled).await?;
    ok(shown(call, row).await?)
}

async fn remove(call: Call) -> ApiResult<NoContent> {
    let (team, bot) = (call.id("id")?, call.id("bot_id")?);
    bots::delete(&call.app, &call.actor, team, bot).await?;
    no_content()
}

async fn shown(call: &Call, row: user::Model) -> Result<User> {
    Ok(User::from(queries::users::with_home(&call.app, row).await?))
}
