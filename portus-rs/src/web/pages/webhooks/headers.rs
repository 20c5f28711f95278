//! Headers that a webhook sends along.

use serde::Serialize;

use super::super::{
    checks,
    route::{Route, delete, post},
    table::Shape,
    visit::Member,
};
use super::show::{Asked, again, known};
use crate::{
    actions::webhooks::headers,
    error::{Error, Invalid},
    queries::webhooks::HeaderRow,
    web::error::PageResult,
};

pub const SHAPE: Shape = Shape {
    prefix: "wb_",
    columns: &["name"],
    sorted_by: "name",
    ascending: true,
    filter: "name_contains",
    per_page: None,
};

pub fn routes() -> Vec<Route> {
    vec![
        post("/namespaces/{id}/webhooks/{hook}/headers", add),
        delete("/namespaces/{id}/webhooks/{hook}/headers/{header}", remove),
    ]
}

/// A row of the table of headers.
#[derive(Serialize)]
pub struct Header {
    id: i64,
    name: String,
    /// None for those who may not read it.
    value: Option<String>,
}

impl Header {
    pub fn new(row: HeaderRow) -> Self {
        Self {
            id: row.header.id,
            name: row.header.name,
            value: row.value,
        }
    }

    pub fn samples(readable: bool) -> Vec<Self> {
        vec![Self {
            id: 9,
            name: "X-<canary>".to_owned(),
            value: readable.then(|| "secret <canary>".to_owned()),
        }]
    }
}

async fn add(visit: Member) -> PageResult {
    let (row, space) = known(&visit).await?;
    let name = visit.text("webhook_header[name]");
    let value = visit.text("webhook_header[value]");
    let done = if value.trim().is_empty() {
        let mut invalid = Invalid::default();
        if name.trim().is_empty() {
            invalid.add("name", "can't be blank");
        }
        invalid.add("value", "can't be blank");
        Err(Error::Invalid(invalid))
    } else {
        headers::create(&visit.app, &visit.actor, (space, row.id), &name, &value).await
    };
    match done {
        Ok(made) => {
            let said = visit.tell("webhook-header-created", &made.name);
            Ok(visit.go_telling(&format!("/namespaces/{space}/webhooks/{}", row.id), said))
        }
        Err(error) => {
            let asked = Asked {
                header: Some(checks::refused(&visit, "webhook_header", error)?),
                ..Asked::default()
            };
            again(&visit, asked).await
        }
    }
}

async fn remove(visit: Member) -> PageResult {
    let (row, space) = known(&visit).await?;
    let id = visit.id("header")?;
    let gone = headers::delete(&visit.app, &visit.actor, (space, row.id), id).await?;
    let said = visit.tell("webhook-header-removed", &gone.name);
    Ok(visit.go_telling(&format!("/namespaces/{space}/webhooks/{}", row.id), said))
}
