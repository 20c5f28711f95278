//! Which API and which release this is.

use serde::Serialize;
use utoipa::ToSchema;

use super::{
    operation::{Noun, get, noun},
    reply::Shown,
    respond::ok,
};
use crate::web::{error::ApiResult, extract::caller::Call};

pub fn operations() -> Noun {
    noun(
        "version",
        "Which API and which release this is.",
        vec![get("/version", "Shows the versions", version)],
    )
}

#[derive(Serialize, ToSchema)]
struct Version {
    #[serde(rename = "api-versions")]
    #[schema(value_type = Vec<String>)]
    api_versions: [&'static str; 1],
    #[schema(value_type = Option<Object>)]
    git: Option<()>,
    #[serde(rename = "version")]
    release: &'static str,
    /// The release of Portus whose API this is.
    #[serde(rename = "compatible-with")]
    compatible_with: &'static str,
}

async fn version(_: Call) -> ApiResult<Shown<Version>> {
    ok(Version {
        api_versions: ["v1"],
        git: None,
        release: env!("CARGO_PKG_VERSION"),
        compatible_with: "2.4.3",
    })
}
