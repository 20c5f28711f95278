//! Which API and which release this is.

use actix_web::HttpResponse;
use serde::Serialize;

use super::respond::ok;
use crate::web::{error::ApiResult, extract::caller::Call};

#[derive(Serialize)]
struct Version {
    #[serde(rename = "api-versions")]
    api_versions: [&'static str; 1],
    git: Option<()>,
    #[serde(rename = "version")]
    release: &'static str,
    /// The release of Portus whose API this is.
    #[serde(rename = "compatible-with")]
    compatible_with: &'static str,
}

pub async fn version(_: Call) -> ApiResult<HttpResponse> {
    ok(Version {
        api_versions: ["v1"],
        git: None,
        release: env!("CARGO_PKG_VERSION"),
        compatible_with: "2.4.3",
    })
}
