//! Where docker keeps a login of an account.

use serde::Serialize;
use utoipa::ToSchema;

use super::{
    operation::{Noun, delete, get, noun},
    reply::{NoContent, Paged},
    respond::{Time, no_content, paged},
};
use crate::{
    actions::{refresh_tokens as actions, second_factor},
    entities::refresh_token,
    queries::{self, refresh_tokens::Logins},
    web::{
        error::ApiResult,
        extract::{caller::Call, declare::params, filters::Filters, page::Page},
    },
};

pub fn operations() -> Noun {
    noun(
        "docker_logins",
        "Where docker keeps a login, instead of a password: one's own, and for admins anybody's.",
        vec![
            get(
                "/v1/users/{id}/docker_logins",
                "Lists an account's docker logins",
                list,
            )
            .ours(),
            delete(
                "/v1/users/{id}/docker_logins",
                "Ends all docker logins of an account",
                remove_all,
            )
            .ours(),
            delete("/v1/docker_logins/{id}", "Ends a docker login", remove)
                .about("What docker keeps of it is worth nothing at the next request.")
                .ours(),
            delete(
                "/v1/users/{id}/second_factor",
                "Takes the second factor off an account",
                remove_factor,
            )
            .about("An admin does it for somebody who has lost theirs; one's own takes a code.")
            .ours(),
        ],
    )
}

params! {
    /// Proof that it is still there.
    struct OwnCode {
        /// Of one's own second factor: a code of the authenticator, or a recovery code.
        code: Option<String>,
    }
}

/// A place where docker keeps a login.
#[derive(Serialize, ToSchema)]
struct DockerLogin {
    id: i64,
    /// The registry, as it calls itself.
    service: String,
    /// What the client calls itself.
    client: String,
    /// Where it logged in from.
    address: String,
    /// The application token it came from, with whose end it ends; null after a password.
    application_token_id: Option<i64>,
    created_at: Time,
    last_used_at: Time,
}

impl From<refresh_token::Model> for DockerLogin {
    fn from(row: refresh_token::Model) -> Self {
        Self {
            id: row.id,
            service: row.service,
            client: row.client_id,
            address: row.address,
            application_token_id: row.application_token_id,
            created_at: Time(row.created_at),
            last_used_at: Time(row.last_used_at),
        }
    }
}

async fn list(call: Call, page: Page, filters: Filters<Logins>) -> ApiResult<Paged<DockerLogin>> {
    let list = queries::refresh_tokens::list(&call.app, call.actor.who(), call.id("id")?).await?;
    let list = filters.narrow(&call.app, list);
    paged(&call, &page.newest_first(), list, DockerLogin::from).await
}

async fn remove_all(call: Call) -> ApiResult<NoContent> {
    actions::revoke_all(&call.app, &call.actor, call.id("id")?).await?;
    no_content()
}

async fn remove(call: Call) -> ApiResult<NoContent> {
    actions::revoke(&call.app, &call.actor, call.id("id")?).await?;
    no_content()
}

async fn remove_factor(call: Call, own: OwnCode) -> ApiResult<NoContent> {
    let code = own.code.as_deref();
    second_factor::remove(&call.app, &call.actor, call.id("id")?, code).await?;
    no_content()
}
