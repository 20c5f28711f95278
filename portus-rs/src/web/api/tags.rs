//! Names for images, indexes and artifacts.

use serde::Serialize;
use utoipa::ToSchema;

use super::{
    operation::{Noun, delete, get, noun},
    reply::{NoContent, Paged, Shown},
    respond::{Time, no_content, ok, paged},
    vulnerabilities::{Vulnerabilities, by_scanner},
};
use crate::{
    actions::deletion,
    entities::user,
    queries::tags::{self, Row, Tags},
    web::{
        error::ApiResult,
        extract::{
            caller::{Admin, Call},
            filters::Filters,
            page::Page,
        },
    },
};

pub fn operations() -> Noun {
    noun(
        "tags",
        "Names for images, indexes and artifacts.",
        vec![
            get("/v1/tags", "Lists all tags, for admins", list),
            get("/v1/tags/{id}", "Shows a tag", show),
            delete(
                "/v1/tags/{id}",
                "Deletes a tag and all others of its digest, in the registry too",
                remove,
            ),
        ],
    )
}

#[derive(Serialize, ToSchema)]
pub struct Tag {
    id: i64,
    name: String,
    author: Author,
    digest: Option<String>,
    image_id: Option<String>,
    created_at: Time,
    updated_at: Time,
    size: Option<i64>,
    scanned: i16,
    /// By scanner; null without a scanner, and while a scan is to come.
    vulnerabilities: Option<Vulnerabilities>,
    platforms: Vec<String>,
    media_type: Option<String>,
    artifact_type: Option<String>,
    pushed_at: Time,
    pulled_at: Option<Time>,
}

/// Whoever pushed last; both are null once the account is gone.
#[derive(Serialize, ToSchema)]
pub struct Author {
    id: Option<i64>,
    name: Option<String>,
}

impl From<Option<user::Model>> for Author {
    fn from(author: Option<user::Model>) -> Self {
        let (id, name) = author.map(|it| (it.id, it.username)).unzip();
        Self { id, name }
    }
}

impl From<Row> for Tag {
    fn from(row: Row) -> Self {
        let platforms = row.platforms();
        let (tag, manifest) = (row.tag, row.manifest);
        Self {
            id: tag.id,
            name: tag.name,
            author: row.author.into(),
            digest: tag.digest,
            image_id: manifest.as_ref().and_then(|it| {
                let digest = it.config_digest.as_deref()?;
                Some(digest.strip_prefix("sha256:").unwrap_or(digest).to_owned())
            }),
            created_at: Time(tag.created_at),
            updated_at: Time(tag.updated_at),
            size: manifest.as_ref().and_then(|it| it.image_size),
            scanned: tag.scanned,
            vulnerabilities: row.weaknesses.map(by_scanner),
            platforms,
            artifact_type: manifest.as_ref().and_then(|it| it.artifact_type.clone()),
            media_type: manifest.map(|it| it.media_type),
            pushed_at: Time(tag.pushed_at),
            pulled_at: tag.pulled_at.map(Time),
        }
    }
}

async fn list(call: Admin, page: Page, filters: Filters<Tags>) -> ApiResult<Paged<Tag>> {
    let list = Tags {
        repository_id: None,
    };
    let list = filters.narrow(&call.app, list);
    paged(&call, &page, list, Tag::from).await
}

async fn show(call: Call) -> ApiResult<Shown<Tag>> {
    let id = call.strict_id("id")?;
    let viewer = call.viewer().await?;
    ok(Tag::from(tags::show(&call.app, &viewer, id, None).await?))
}

async fn remove(call: Call) -> ApiResult<NoContent> {
    let id = call.strict_id("id")?;
    deletion::tag(&call.app, &call.actor, id).await?;
    no_content()
}
