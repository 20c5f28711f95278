//! Repositories and what was pushed to them.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ArrayBuilder, Ref, RefOr, Schema},
};

use super::{
    operation::{Noun, Operation, delete, get, noun, put},
    presented::{Dressed, RepositoryExtras, TagExtras, one, presented},
    reply::{List, NoContent, Paged, Shown},
    respond::{Time, no_content, ok, paged},
    tags::{Author, Tag},
};
use crate::{
    actions,
    queries::{
        self,
        repositories::{Repositories, Row, Which},
        tags::{self as tag_queries, Tags},
    },
    web::{
        error::ApiResult,
        extract::{caller::Call, declare::params, filters::Filters, page::Page},
    },
};

pub fn operations() -> Noun {
    noun(
        "repositories",
        "Repositories and what was pushed to them.",
        vec![
            get("/v1/repositories", "Lists repositories", list),
            get(
                "/v1/repositories/team",
                "Lists the repositories of the caller's teams",
                own,
            )
            .ours(),
            get(
                "/v1/repositories/other",
                "Lists the repositories of all other teams that the caller may see",
                others,
            )
            .ours(),
            get("/v1/repositories/{id}", "Shows a repository", show),
            put("/v1/repositories/{id}", "Describes a repository", update),
            delete(
                "/v1/repositories/{id}",
                "Deletes a repository with all its tags, in the registry too",
                remove,
            ),
            delete(
                "/v1/repositories/{id}/tags",
                "Deletes all tags of some digests, in the registry too",
                remove_tags,
            )
            .ours(),
            get(
                "/v1/repositories/{id}/tags",
                "Lists a repository's tags",
                tags,
            ),
            get(
                "/v1/repositories/{id}/tags/grouped",
                "Lists a repository's tags, those of one digest together",
                grouped,
            ),
            get(
                "/v1/repositories/{id}/tags/{tag_id}",
                "Shows a tag of a repository",
                tag,
            ),
        ],
    )
}

/// As Portus' pages asked.
pub fn twins() -> Vec<Operation> {
    vec![
        get(
            "/repositories/team",
            "Lists the repositories of the caller's teams",
            own,
        ),
        get(
            "/repositories/other",
            "Lists the repositories of all other teams that the caller may see",
            others,
        ),
    ]
}

params! {
    /// What is to be different about a repository.
    struct RepositoryChanges in repository {
        description: Option<String>,
    }
}

params! {
    /// What to delete.
    struct Digests {
        /// At most 100, as `sha256:…`.
        digests: Option<Vec<String>>,
    }
}

/// What became of the tags of some digests.
#[derive(Serialize, ToSchema)]
struct DeletedTags {
    removed: Vec<String>,
    /// Tags that stay, and why.
    kept: BTreeMap<String, String>,
    /// Whether the last tag is gone, and the repository with it.
    repository_removed: bool,
}

type PresentedTag = Dressed<Tag, TagExtras>;

/// Tags of one digest.
#[derive(Serialize)]
struct TagGroup(Vec<PresentedTag>);

impl PartialSchema for TagGroup {
    fn schema() -> RefOr<Schema> {
        ArrayBuilder::new()
            .items(Ref::from_schema_name(PresentedTag::name()))
            .description(Some("Tags of one digest."))
            .into()
    }
}

impl ToSchema for TagGroup {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((PresentedTag::name().into_owned(), PresentedTag::schema()));
        PresentedTag::schemas(schemas);
    }
}

#[derive(Serialize, ToSchema)]
pub struct Repository {
    id: i64,
    name: String,
    full_name: String,
    created_at: Time,
    updated_at: Time,
    description: Option<String>,
    namespace: Namespace,
    registry_hostname: String,
    stars: i64,
    tags_count: i64,
    starred: bool,
    destroyable: bool,
    /// What was pushed last.
    last_tag: Option<LastTag>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = RepositoryNamespace)]
struct Namespace {
    id: i64,
    name: String,
}

#[derive(Serialize, ToSchema)]
struct LastTag {
    id: i64,
    name: String,
    author: Author,
    digest: Option<String>,
    size: Option<i64>,
    platforms: Vec<String>,
    media_type: Option<String>,
    artifact_type: Option<String>,
    pushed_at: Time,
}

impl From<tag_queries::Row> for LastTag {
    fn from(row: tag_queries::Row) -> Self {
        Self {
            platforms: row.platforms(),
            id: row.tag.id,
            name: row.tag.name,
            author: row.author.into(),
            digest: row.tag.digest,
            size: row.manifest.as_ref().and_then(|it| it.image_size),
            pushed_at: Time(row.tag.pushed_at),
            artifact_type: row
                .manifest
                .as_ref()
                .and_then(|it| it.artifact_type.clone()),
            media_type: row.manifest.map(|it| it.media_type),
        }
    }
}

impl From<Row> for Repository {
    fn from(row: Row) -> Self {
        let (it, namespace) = (row.repository, row.namespace);
        Self {
            id: it.id,
            full_name: if namespace.global {
                it.name.clone()
            } else {
                format!("{}/{}", namespace.name, it.name)
            },
            name: it.name,
            created_at: Time(it.created_at),
            updated_at: Time(it.updated_at),
            description: it.description,
            namespace: Namespace {
                id: namespace.id,
                name: namespace.name,
            },
            registry_hostname: row.registry_hostname,
            stars: row.stars,
            tags_count: row.tags_count,
            starred: row.starred,
            destroyable: row.destroyable,
            last_tag: row.last_tag.map(LastTag::from),
        }
    }
}

pub type PresentedRepository = Dressed<Repository, RepositoryExtras>;

async fn list(
    call: Call,
    page: Page,
    filters: Filters<Repositories>,
) -> ApiResult<Paged<PresentedRepository>> {
    of(&call, &page, filters, Which::All).await
}

async fn own(
    call: Call,
    page: Page,
    filters: Filters<Repositories>,
) -> ApiResult<Paged<PresentedRepository>> {
    of(&call, &page, filters, Which::Own).await
}

async fn others(
    call: Call,
    page: Page,
    filters: Filters<Repositories>,
) -> ApiResult<Paged<PresentedRepository>> {
    of(&call, &page, filters, Which::Others).await
}

async fn of(
    call: &Call,
    page: &Page,
    filters: Filters<Repositories>,
    which: Which,
) -> ApiResult<Paged<PresentedRepository>> {
    let viewer = call.viewer().await?;
    let list = Repositories { viewer, which };
    let list = filters.narrow(&call.app, presented(call, list).await?);
    paged(call, page, list, Dressed::from).await
}

async fn show(call: Call) -> ApiResult<Shown<PresentedRepository>> {
    let viewer = call.viewer().await?;
    let (row, namespace) = queries::repositories::show(&call.app, &viewer, call.id("id")?).await?;
    let shown = queries::repositories::shown(&call.app, &viewer, row, namespace).await?;
    ok(one::<Repositories, _, _>(&call, shown).await?)
}

async fn update(call: Call, changes: RepositoryChanges) -> ApiResult<Shown<PresentedRepository>> {
    let viewer = call.viewer().await?;
    let id = call.id("id")?;
    let (row, namespace) =
        actions::repositories::describe(&call.app, &call.actor, id, changes.description).await?;
    let shown = queries::repositories::shown(&call.app, &viewer, row, namespace).await?;
    ok(one::<Repositories, _, _>(&call, shown).await?)
}

async fn tags(call: Call, page: Page, filters: Filters<Tags>) -> ApiResult<Paged<Tag>> {
    let viewer = call.viewer().await?;
    let (row, _) = queries::repositories::show(&call.app, &viewer, call.id("id")?).await?;
    let list = Tags {
        repository_id: Some(row.id),
    };
    let list = filters.narrow(&call.app, list);
    paged(&call, &page, list, Tag::from).await
}

async fn grouped(call: Call, filters: Filters<Tags>) -> ApiResult<List<TagGroup>> {
    let viewer = call.viewer().await?;
    let (row, _) = queries::repositories::show(&call.app, &viewer, call.id("id")?).await?;
    let list = Tags {
        repository_id: Some(row.id),
    };
    let list = filters.narrow(&call.app, list);
    let groups = tag_queries::grouped(&call.app, &list).await?;
    let internal = call.session.is_some();
    let view = |row: tag_queries::Row| {
        let size = row.manifest.as_ref().and_then(|it| it.image_size);
        PresentedTag::new(row.into(), internal.then(|| TagExtras::new(size)))
    };
    let views = groups
        .into_iter()
        .map(|group| TagGroup(group.into_iter().map(view).collect()))
        .collect();
    Ok(List::of(views))
}

async fn tag(call: Call) -> ApiResult<Shown<Tag>> {
    let (repository, tag) = (call.id("id")?, call.strict_id("tag_id")?);
    let viewer = call.viewer().await?;
    let row = tag_queries::show(&call.app, &viewer, tag, Some(repository)).await?;
    ok(Tag::from(row))
}

async fn remove(call: Call) -> ApiResult<NoContent> {
    actions::deletion::repository(&call.app, &call.actor, call.id("id")?).await?;
    no_content()
}

async fn remove_tags(call: Call, which: Digests) -> ApiResult<Shown<DeletedTags>> {
    let (id, digests) = (call.id("id")?, which.digests.unwrap_or_default());
    let report = actions::deletion::digests(&call.app, &call.actor, id, digests).await?;
    ok(DeletedTags {
        removed: report.removed,
        kept: report.kept,
        repository_removed: report.repository_removed,
    })
}
