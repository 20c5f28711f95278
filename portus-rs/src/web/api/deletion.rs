//! What would go, asked before it does. Ours: Portus deleted without telling what else that meant.

use serde::Serialize;
use utoipa::ToSchema;

use super::{
    operation::{Noun, get, noun},
    reply::Shown,
    respond::ok,
};
use crate::{
    policy::Verdict,
    queries::deletion::{self, Contents, Related},
    web::{error::ApiResult, extract::caller::Call},
};

pub fn operations() -> Noun {
    noun(
        "deletion",
        "What would go, asked before it does.",
        vec![
            get("/v1/tags/{id}/deletion", "Tells what would go with a tag", tag)
                .about(
                    "Registries delete by digest: every tag of the repository with that digest goes. Indexes that list \
                     the manifest and referrers that are about it stay, and lack it.",
                )
                .ours(),
            get(
                "/v1/repositories/{id}/deletion",
                "Tells what would go with a repository",
                repository,
            )
            .ours(),
            get(
                "/v1/namespaces/{id}/deletion",
                "Tells what would go with a namespace",
                namespace,
            )
            .ours(),
            get(
                "/v1/teams/{id}/deletion",
                "Tells what would go with a team",
                team,
            )
            .about("Unless `new_team` takes its namespaces over.")
            .ours(),
        ],
    )
}

/// What goes with a tag. Lists end after 100.
#[derive(Serialize, ToSchema)]
struct TagDeletion {
    /// Whether the caller may.
    allowed: bool,
    /// The rule that says so.
    reason: &'static str,
    /// What would change it.
    remedy: Option<&'static str>,
    /// Null where the registry has yet to be asked.
    digest: Option<String>,
    /// All tags of that digest.
    tags: Vec<String>,
    tags_count: u64,
    /// Bytes of the image.
    size: Option<i64>,
    /// Whether no other tag is left, so that the repository goes too.
    repository_removed: bool,
    /// Indexes that list the manifest.
    indexes: Vec<RelatedManifest>,
    /// Signatures, attestations and the like.
    referrers: Vec<RelatedManifest>,
}

#[derive(Serialize, ToSchema)]
struct RelatedManifest {
    digest: String,
    media_type: String,
    artifact_type: Option<String>,
    size: Option<i64>,
    tags: Vec<String>,
}

impl From<Related> for RelatedManifest {
    fn from(row: Related) -> Self {
        Self {
            digest: row.digest,
            media_type: row.media_type,
            artifact_type: row.artifact_type,
            size: row.size,
            tags: row.tags,
        }
    }
}

/// What goes with a repository, a namespace or a team.
#[derive(Serialize, ToSchema)]
struct Deletion {
    /// Whether the caller may.
    allowed: bool,
    /// The rule that says so.
    reason: &'static str,
    /// What would change it.
    remedy: Option<&'static str>,
    namespaces_count: u64,
    repositories_count: u64,
    tags_count: u64,
    /// Bytes of what tags point to; layers that images share count for each of them.
    size: i64,
    /// The first 100 of them, by full name.
    repositories: Vec<String>,
}

fn remedy(verdict: Verdict) -> Option<&'static str> {
    (!verdict.granted).then(|| verdict.rule.remedy()).flatten()
}

impl From<(Contents, Verdict)> for Deletion {
    fn from((contents, verdict): (Contents, Verdict)) -> Self {
        Self {
            allowed: verdict.granted,
            reason: verdict.rule.text(),
            remedy: remedy(verdict),
            namespaces_count: contents.namespaces_count,
            repositories_count: contents.repositories_count,
            tags_count: contents.tags_count,
            size: contents.size,
            repositories: contents.repositories,
        }
    }
}

async fn tag(call: Call) -> ApiResult<Shown<TagDeletion>> {
    let id = call.strict_id("id")?;
    let viewer = call.viewer().await?;
    let it = deletion::of_tag(&call.app, &viewer, id).await?;
    ok(TagDeletion {
        allowed: it.verdict.granted,
        reason: it.verdict.rule.text(),
        remedy: remedy(it.verdict),
        digest: it.digest,
        tags: it.tags,
        tags_count: it.tags_count,
        size: it.size,
        repository_removed: it.repository_goes,
        indexes: it.indexes.into_iter().map(RelatedManifest::from).collect(),
        referrers: it
            .referrers
            .into_iter()
            .map(RelatedManifest::from)
            .collect(),
    })
}

async fn repository(call: Call) -> ApiResult<Shown<Deletion>> {
    let viewer = call.viewer().await?;
    let id = call.id("id")?;
    let found = deletion::of_repository(&call.app, &viewer, id).await?;
    ok(Deletion::from(found))
}

async fn namespace(call: Call) -> ApiResult<Shown<Deletion>> {
    let viewer = call.viewer().await?;
    let id = call.id("id")?;
    let found = deletion::of_namespace(&call.app, &viewer, id).await?;
    ok(Deletion::from(found))
}

async fn team(call: Call) -> ApiResult<Shown<Deletion>> {
    let viewer = call.viewer().await?;
    let id = call.id("id")?;
    let found = deletion::of_team(&call.app, &viewer, id).await?;
    ok(Deletion::from(found))
}
