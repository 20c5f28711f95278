//! Whether this service and what it depends on work.

use actix_web::{HttpRequest, HttpResponse};
use serde::{Serialize, Serializer, ser::SerializeMap as _};
use serde_json::{Value, json};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema},
};

use super::{
    operation::{Noun, get, noun},
    reply::{Either, Reply, Schemas, Shown},
    respond::ok,
};
use crate::{
    queries::health::{self as report, Component},
    web::{error::ApiResult, extract::caller::Open},
};

pub fn operations() -> Noun {
    noun(
        "health",
        "Whether this service and what it depends on work.",
        vec![
            get("/v1/_ping", "Answers as soon as requests are served", ping),
            get("/v1/health", "Checks everything", health).about(
                "portusctl 0.1.0 shows none of it with 503, but a sign that cannot be read: in answers from 500 on it \
                 looks for a text `error`, which Portus did not send either. `curl` shows what is wrong.",
            ),
        ],
    )
}

pub fn probes() -> Noun {
    let operations = vec![
        get("/healthz/live", "Tells whether the process lives", live)
            .about("Restart what does not answer this.")
            .ours(),
        get("/healthz/ready", "Tells whether it can serve", ready)
            .about("Send nobody to what does not answer this.")
            .ours(),
    ];
    Noun {
        outside: true,
        ..noun("probes", "For orchestrators.", operations)
    }
}

async fn ping(_: Open) -> ApiResult<Shown<u16>> {
    ok(200)
}

/// A status alone.
struct Probe {
    good: bool,
}

impl Reply for Probe {
    fn respond(self, _: &HttpRequest) -> ApiResult<HttpResponse> {
        Ok(if self.good {
            HttpResponse::Ok().finish()
        } else {
            HttpResponse::ServiceUnavailable().finish()
        })
    }

    fn describe(_: &mut Schemas) -> Vec<(u16, Value)> {
        vec![
            (200, json!({"description": "Yes."})),
            (503, json!({"description": "Not now."})),
        ]
    }
}

async fn live(_: Open) -> ApiResult<Probe> {
    Ok(Probe { good: true })
}

async fn ready(open: Open) -> ApiResult<Probe> {
    let good = report::ready(&open.app).await;
    Ok(Probe { good })
}

/// Components by name.
struct Report {
    components: Vec<Component>,
    details: bool,
}

/// How one component is.
#[derive(Serialize, ToSchema)]
#[schema(as = Health)]
struct Told<'a> {
    msg: &'a str,
    success: bool,
}

impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.components.len()))?;
        for it in &self.components {
            let told = Told {
                msg: if self.details { &it.msg } else { it.brief },
                success: it.success,
            };
            map.serialize_entry(it.name, &told)?;
        }
        map.end()
    }
}

impl PartialSchema for Report {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .additional_properties(Some(Told::schema()))
            .into()
    }
}

impl ToSchema for Report {}

async fn health(open: Open) -> ApiResult<Either<Report, 200, 503>> {
    let components = report::report(&open.app).await;
    let details = open.app.config.health_details || open.is_from_admin().await;
    Ok(Either {
        good: components.iter().all(|it| it.success),
        body: Report {
            components,
            details,
        },
    })
}
