//! Secrets that stand in for a password.

use serde::Serialize;
use utoipa::ToSchema;

use super::{
    operation::{Noun, delete, get, noun, post},
    reply::{Created, List, NoContent},
    respond::{created, no_content},
};
use crate::{
    actions::application_tokens::{self, Issued},
    queries,
    web::{
        error::ApiResult,
        extract::{caller::Call, declare::params},
    },
};

pub fn operations() -> Noun {
    noun(
        "application_tokens",
        "Secrets that stand in for a password.",
        vec![
            get(
                "/v1/users/{id}/application_tokens",
                "Lists an account's tokens",
                list,
            ),
            post(
                "/v1/users/{id}/application_tokens",
                "Issues a token",
                create,
            )
            .about("The answer holds the token's text, which is never shown again."),
            delete(
                "/v1/users/application_tokens/{id}",
                "Revokes a token",
                revoke,
            ),
        ],
    )
}

params! {
    /// A token to be issued.
    struct NewToken {
        /// What it is for; unique among the account's tokens.
        application: String,
    }
}

#[derive(Serialize, ToSchema)]
struct ApplicationToken {
    id: i64,
    application: String,
}

/// A token with the text that opens it, shown this once.
#[derive(Serialize, ToSchema)]
pub struct IssuedToken {
    id: i64,
    application: String,
    plain_token: String,
}

impl From<Issued> for IssuedToken {
    fn from(issued: Issued) -> Self {
        Self {
            id: issued.token.id,
            application: issued.token.application,
            plain_token: issued.plain,
        }
    }
}

async fn list(call: Call) -> ApiResult<List<ApplicationToken>> {
    let user_id = call.strict_id("id")?;
    let tokens = queries::application_tokens::of(&call.app, call.actor.who(), user_id).await?;
    let views: Vec<ApplicationToken> = tokens
        .into_iter()
        .map(|row| ApplicationToken {
            id: row.id,
            application: row.application,
        })
        .collect();
    Ok(List::of(views))
}

async fn create(call: Call, new: NewToken) -> ApiResult<Created<IssuedToken>> {
    let user_id = call.strict_id("id")?;
    let issued =
        application_tokens::issue(&call.app, &call.actor, user_id, &new.application).await?;
    created(IssuedToken::from(issued))
}

async fn revoke(call: Call) -> ApiResult<NoContent> {
    application_tokens::revoke(&call.app, &call.actor, call.id("id")?).await?;
    no_content()
}
