//! Whose signed tokens open a bot.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::{
    operation::{Noun, delete, get, noun, post},
    reply::{Created, List, NoContent},
    respond::{Time, created, no_content},
    words,
};
use crate::{
    actions::trusts,
    entities::TokenScope,
    error::Error,
    queries::{self, trusts::Row},
    web::{
        error::ApiResult,
        extract::{caller::Call, declare::params},
    },
};

pub fn operations() -> Noun {
    noun(
        "bot_trusts",
        "Workload identity: jobs of a CI system enter as a bot with the ID token that the system gives them, and no \
         secret is stored anywhere.",
        vec![
            get("/v1/bots/{id}/trusts", "Lists whom a bot trusts", list).ours(),
            post("/v1/bots/{id}/trusts", "Lets jobs be the bot", create)
                .about(
                    "For admins, and for owners of the team that the bot belongs to. A job shows its token as the \
                     password of the bot: to docker (`docker login -u BOT`), and in `Portus-Auth: BOT:TOKEN`. It is \
                     taken until it expires, and only from the address it was first shown from.",
                )
                .ours(),
            delete(
                "/v1/bots/{id}/trusts/{trust_id}",
                "Takes a trust back",
                remove,
            )
            .ours(),
        ],
    )
}

params! {
    /// Whose tokens open the bot.
    struct NewTrust {
        /// What it is for; unique among the bot's trusts.
        name: String,
        /// The `iss` of the tokens, such as `https://token.actions.githubusercontent.com`.
        issuer: String,
        /// The `aud` that the tokens are made for; choose one that nothing else takes.
        audience: String,
        /// Claims that have to fit, as `NAME=PATTERN`. A pattern is a regular expression that fits the whole value; all
        /// of them have to fit. A dot in the name leads into an object.
        claims: Option<Vec<String>>,
        /// What such a job may: pull images (`pull`), push them too (`push`, the default), look around in the API and
        /// pull (`read`), or all that the bot may in one namespace (`full`).
        scope: Option<String> = TokenScope::WORDS,
        /// Names or ids of the only namespaces it is good for.
        namespaces: Option<Vec<String>>,
    }
}

/// Whose tokens open a bot.
#[derive(Serialize, ToSchema)]
struct BotTrust {
    id: i64,
    name: String,
    issuer: String,
    audience: String,
    /// Patterns by name of the claim.
    claims: BTreeMap<String, String>,
    #[schema(schema_with = words::token_scope)]
    scope: TokenScope,
    /// The only namespaces it is good for; null is no limit.
    namespaces: Option<Vec<String>>,
    created_at: Time,
    last_used_at: Option<Time>,
    last_used_ip: Option<String>,
    /// The `sub` of the job that came last.
    last_subject: Option<String>,
}

impl From<Row> for BotTrust {
    fn from(row: Row) -> Self {
        let trust = row.trust;
        Self {
            id: trust.id,
            name: trust.name,
            issuer: trust.issuer,
            audience: trust.audience,
            claims: row.claims,
            scope: trust.scope,
            namespaces: row.namespaces,
            created_at: Time(trust.created_at),
            last_used_at: trust.last_used_at.map(Time),
            last_used_ip: trust.last_used_ip,
            last_subject: trust.last_subject,
        }
    }
}

impl From<NewTrust> for trusts::Written {
    fn from(new: NewTrust) -> Self {
        Self {
            name: new.name,
            issuer: new.issuer,
            audience: new.audience,
            claims: new.claims.unwrap_or_default(),
            scope: new.scope,
            namespaces: new.namespaces.unwrap_or_default(),
        }
    }
}

async fn list(call: Call) -> ApiResult<List<BotTrust>> {
    let viewer = call.viewer().await?;
    let kept = queries::trusts::of(&call.app, &viewer, call.id("id")?).await?;
    Ok(List::of(
        kept.trusts.into_iter().map(BotTrust::from).collect(),
    ))
}

async fn create(call: Call, new: NewTrust) -> ApiResult<Created<BotTrust>> {
    let bot = call.id("id")?;
    let new = trusts::Written::from(new).understood()?;
    let made = trusts::create(&call.app, &call.actor, bot, new).await?;
    let mut shown = queries::trusts::shown(&call.app, vec![made]).await?;
    created(BotTrust::from(shown.pop().ok_or(Error::NotFound)?))
}

async fn remove(call: Call) -> ApiResult<NoContent> {
    trusts::delete(&call.app, &call.actor, call.id("id")?, call.id("trust_id")?).await?;
    no_content()
}
