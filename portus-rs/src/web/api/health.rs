//! Whether this service and what it depends on work.

use actix_web::{HttpResponse, http::StatusCode};
use serde::{Serialize, Serializer, ser::SerializeMap as _};

use super::respond::ok;
use crate::{
    queries::health::{self as report, Component},
    web::{error::ApiResult, extract::caller::Open},
};

/// Answers as soon as requests are served, with nothing checked.
pub async fn ping() -> ApiResult<HttpResponse> {
    ok(200)
}

/// For orchestrators: restart what does not answer this.
pub async fn live() -> HttpResponse {
    HttpResponse::Ok().finish()
}

/// For orchestrators: send nobody to what does not answer this.
pub async fn ready(open: Open) -> HttpResponse {
    if report::ready(&open.app).await {
        HttpResponse::Ok().finish()
    } else {
        HttpResponse::ServiceUnavailable().finish()
    }
}

struct Report {
    components: Vec<Component>,
    details: bool,
}

#[derive(Serialize)]
struct Shown<'a> {
    msg: &'a str,
    success: bool,
}

impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.components.len()))?;
        for it in &self.components {
            let shown = Shown {
                msg: if self.details { &it.msg } else { it.brief },
                success: it.success,
            };
            map.serialize_entry(it.name, &shown)?;
        }
        map.end()
    }
}

pub async fn health(open: Open) -> ApiResult<HttpResponse> {
    let components = report::report(&open.app).await;
    let well = components.iter().all(|it| it.success);
    let details = open.app.config.health_details || open.is_from_admin().await;
    let status = if well {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    Ok(HttpResponse::build(status).json(Report {
        components,
        details,
    }))
}
