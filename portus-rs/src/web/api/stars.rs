//! Who likes a repository: the caller, or no longer.

use super::{
    operation::{Noun, Operation, delete, noun, post, put},
    presented::one,
    reply::{NoContent, Shown},
    repositories::PresentedRepository,
    respond::{no_content, ok},
};
use crate::{
    actions::stars::{self, Starred},
    queries::{self, repositories::Repositories},
    web::{error::ApiResult, extract::caller::Call},
};

pub fn operations() -> Noun {
    noun(
        "stars",
        "Repositories that the caller likes.",
        vec![
            put(
                "/v1/repositories/{id}/star",
                "Gives a repository the caller's star",
                give,
            )
            .ours(),
            delete(
                "/v1/repositories/{id}/star",
                "Takes the caller's star away",
                take,
            )
            .ours(),
            post(
                "/v1/repositories/{id}/toggle_star",
                "Gives a repository the caller's star, or takes it away",
                toggle,
            )
            .ours(),
        ],
    )
}

/// As Portus' pages asked.
pub fn twins() -> Vec<Operation> {
    vec![post(
        "/repositories/{id}/toggle_star.json",
        "Gives a repository the caller's star, or takes it away",
        toggle,
    )]
}

async fn give(call: Call) -> ApiResult<Shown<PresentedRepository>> {
    let starred = stars::star(&call.app, &call.actor, call.id("id")?).await?;
    shown(&call, starred).await
}

async fn take(call: Call) -> ApiResult<NoContent> {
    stars::unstar(&call.app, &call.actor, call.id("id")?).await?;
    no_content()
}

async fn toggle(call: Call) -> ApiResult<Shown<PresentedRepository>> {
    let starred = stars::toggle(&call.app, &call.actor, call.id("id")?).await?;
    shown(&call, starred).await
}

async fn shown(call: &Call, (row, namespace): Starred) -> ApiResult<Shown<PresentedRepository>> {
    let viewer = call.viewer().await?;
    let row = queries::repositories::shown(&call.app, &viewer, row, namespace).await?;
    ok(one::<Repositories, _, _>(call, row).await?)
}
