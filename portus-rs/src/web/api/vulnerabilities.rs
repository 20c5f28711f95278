//! Weaknesses of images, and having images scanned again.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::{
    operation::{Noun, noun, post},
    reply::Answered,
    respond::Time,
};
use crate::{
    actions::vulnerabilities,
    queries::vulnerabilities::{Weakness, Weaknesses},
    web::{error::ApiResult, extract::caller::Admin},
};

pub fn operations() -> Noun {
    noun(
        "vulnerabilities",
        "Having images scanned again, for admins.",
        vec![
            post("/v1/vulnerabilities", "Has every image scanned again", all)
                .about("The answer is the number 202."),
            post(
                "/v1/vulnerabilities/{id}",
                "Has the image behind a tag scanned again",
                one,
            )
            .about("The answer is the number 202."),
        ],
    )
}

/// A weakness, as a scanner judged it for this very image.
#[derive(Serialize, ToSchema)]
pub struct Vulnerability {
    id: i64,
    name: String,
    scanner: String,
    severity: String,
    link: String,
    fixed_by: String,
    metadata: Option<String>,
    created_at: Time,
    updated_at: Time,
    description: Option<String>,
}

/// By scanner.
pub type Vulnerabilities = BTreeMap<String, Vec<Vulnerability>>;

pub fn by_scanner(found: Weaknesses) -> Vulnerabilities {
    found
        .into_iter()
        .map(|(scanner, found)| {
            (
                scanner,
                found.into_iter().map(Vulnerability::from).collect(),
            )
        })
        .collect()
}

impl From<Weakness> for Vulnerability {
    fn from(found: Weakness) -> Self {
        let (here, known) = (found.result, found.vulnerability);
        Self {
            id: known.id,
            name: known.name,
            scanner: here.scanner,
            severity: here.severity,
            link: here.link,
            fixed_by: here.fixed_by,
            metadata: known.metadata,
            created_at: Time(known.created_at),
            updated_at: Time(known.updated_at),
            description: known.description,
        }
    }
}

const ACCEPTED: Answered<202, i32> = Answered(202);

async fn all(call: Admin) -> ApiResult<Answered<202, i32>> {
    vulnerabilities::rescan_all(&call.app, &call.actor).await?;
    Ok(ACCEPTED)
}

async fn one(call: Admin) -> ApiResult<Answered<202, i32>> {
    let id = call.strict_id("id")?;
    vulnerabilities::rescan(&call.app, &call.actor, id).await?;
    Ok(ACCEPTED)
}
