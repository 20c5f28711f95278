//! What a field offers while somebody types. Portus' pages know the same addresses outside the API.

use percent_encoding::percent_decode_str;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    operation::{Noun, Operation, get, noun},
    reply::List,
};
use crate::{
    queries::typeahead::{self, Among},
    web::{
        error::ApiResult,
        extract::{caller::Call, declare::params},
    },
};

const TYPED: &str = "The beginning of a name, letter by letter.";

pub fn operations() -> Noun {
    noun(
        "typeahead",
        "What a field offers while somebody types: at most 20 names.",
        vec![
            get(
                "/v1/namespaces/typeahead/{q}",
                "Offers teams that the caller owns, all of them to admins",
                owned_teams,
            )
            .segment("q", TYPED)
            .ours(),
            get(
                "/v1/teams/typeahead/{q}",
                "Offers teams that the caller may see",
                teams,
            )
            .segment("q", TYPED)
            .ours(),
            get(
                "/v1/teams/{id}/typeahead/{q}",
                "Offers people who could join a team, to its owners",
                newcomers,
            )
            .segment("q", TYPED)
            .ours(),
        ],
    )
}

/// As Portus' pages ask.
pub fn twins() -> Vec<Operation> {
    vec![
        get(
            "/namespaces/typeahead/{q}",
            "Offers teams that the caller owns, all of them to admins",
            owned_teams,
        )
        .segment("q", TYPED),
        get(
            "/teams/typeahead/{q}",
            "Offers teams that the caller may see",
            teams,
        )
        .segment("q", TYPED),
        get(
            "/teams/{id}/typeahead/{q}",
            "Offers people who could join a team, to its owners",
            newcomers,
        )
        .segment("q", TYPED),
    ]
}

params! {
    /// Which teams.
    struct Which {
        /// Hidden ones too; for admins, ignored for others.
        unscoped: bool,
    }
}

/// A name on offer.
#[derive(Serialize, ToSchema)]
pub struct Offer {
    name: String,
}

fn offers(names: Vec<String>) -> List<Offer> {
    List::of(names.into_iter().map(|name| Offer { name }).collect())
}

fn typed(call: &Call) -> String {
    percent_decode_str(call.segment("q"))
        .decode_utf8_lossy()
        .replace('\0', "")
}

async fn owned_teams(call: Call) -> ApiResult<List<Offer>> {
    let viewer = call.viewer().await?;
    let found = typeahead::teams(&call.app, &viewer, &typed(&call), Among::Owned).await?;
    Ok(offers(found))
}

async fn teams(call: Call, which: Which) -> ApiResult<List<Offer>> {
    let viewer = call.viewer().await?;
    let among = if which.unscoped {
        Among::All
    } else {
        Among::Visible
    };
    let found = typeahead::teams(&call.app, &viewer, &typed(&call), among).await?;
    Ok(offers(found))
}

async fn newcomers(call: Call) -> ApiResult<List<Offer>> {
    let viewer = call.viewer().await?;
    let team = call.id("id")?;
    let found = typeahead::newcomers(&call.app, &viewer, team, &typed(&call)).await?;
    Ok(offers(found))
}
