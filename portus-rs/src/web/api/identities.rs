//! Accounts at identity providers that open an account here.

use serde::Serialize;
use utoipa::ToSchema;

use super::{
    operation::{Noun, delete, get, noun},
    reply::{List, NoContent},
    respond::{Time, no_content},
};
use crate::{
    actions,
    entities::identity,
    queries,
    web::{error::ApiResult, extract::caller::Call},
};

pub fn operations() -> Noun {
    noun(
        "identities",
        "Accounts at identity providers that open an account here: one's own, and for admins anybody's.",
        vec![
            get(
                "/v1/users/{id}/identities",
                "Lists what an account is linked with",
                list,
            )
            .ours(),
            delete("/v1/identities/{id}", "Takes a link back", remove)
                .about("Sessions that began through it go on; end them too where that is meant.")
                .ours(),
        ],
    )
}

/// An account at a provider.
#[derive(Serialize, ToSchema)]
struct Identity {
    id: i64,
    /// The provider's name in the configuration.
    provider: String,
    issuer: String,
    subject: String,
    /// What the provider said last.
    email: Option<String>,
    created_at: Time,
    last_used_at: Time,
}

impl From<identity::Model> for Identity {
    fn from(row: identity::Model) -> Self {
        Self {
            id: row.id,
            provider: row.provider,
            issuer: row.issuer,
            subject: row.subject,
            email: row.email,
            created_at: Time(row.created_at),
            last_used_at: Time(row.last_used_at),
        }
    }
}

async fn list(call: Call) -> ApiResult<List<Identity>> {
    let rows = queries::identities::of(&call.app, call.actor.who(), call.id("id")?).await?;
    Ok(List::of(rows.into_iter().map(Identity::from).collect()))
}

async fn remove(call: Call) -> ApiResult<NoContent> {
    actions::identities::unlink(&call.app, &call.actor, call.id("id")?).await?;
    no_content()
}
