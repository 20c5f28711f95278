//! The first parts of repositories' names, and units of permission.

use serde::Serialize;
use utoipa::ToSchema;

use super::{
    operation::{Noun, delete, get, noun, post, put},
    presented::{Dressed, NamespaceExtras, one, presented},
    registries::Status,
    reply::{Created, NoContent, Paged, Shown},
    repositories::PresentedRepository,
    respond::{Time, created, no_content, ok, paged},
    words,
};
use crate::{
    actions::{deletion, namespaces},
    entities::Visibility,
    queries::{
        self,
        namespaces::{Namespaces, Row},
        repositories::{Repositories, Which},
    },
    web::{
        error::ApiResult,
        extract::{caller::Call, declare::params, filters::Filters, page::Page},
    },
};

pub fn operations() -> Noun {
    noun(
        "namespaces",
        "The first parts of repositories' names, and units of permission.",
        vec![
            get("/v1/namespaces", "Lists namespaces", list),
            get(
                "/v1/namespaces/validate",
                "Tells whether a namespace could have a name",
                validate,
            )
            .may(&[404, 429]),
            post("/v1/namespaces", "Makes a namespace", create).may(&[404]),
            get("/v1/namespaces/{id}", "Shows a namespace", show),
            put("/v1/namespaces/{id}", "Changes a namespace", update)
                .about("All of the changes are made, or none."),
            delete(
                "/v1/namespaces/{id}",
                "Removes a namespace with all its repositories, in the registry too",
                remove,
            )
            .about(
                "Repositories that the registry keeps are named in `message`, each with the reason, and the namespace \
                 stays with them.",
            ),
            get(
                "/v1/namespaces/{id}/repositories",
                "Lists a namespace's repositories",
                repositories,
            ),
        ],
    )
}

params! {
    /// A name for a namespace.
    struct NamespaceName {
        name: String,
        /// Name of the registry it would be in; the oldest unless given. Portus knows one only.
        registry: Option<String>,
    }
}

params! {
    /// A namespace to be made; it is private at first.
    struct NewNamespace {
        name: String,
        /// Name of the team it is to belong to.
        team: String,
        description: Option<String>,
        /// Name of the registry it is in; the oldest unless given. Portus knows one only.
        registry: Option<String>,
    }
}

params! {
    /// What is to be different about a namespace.
    struct NamespaceChanges in namespace {
        name: Option<String>,
        description: Option<String>,
        /// Name of the team it is to belong to.
        team: Option<String>,
        visibility: Option<String> = Visibility::WORDS,
    }
}

#[derive(Serialize, ToSchema)]
pub struct Namespace {
    id: i64,
    name: String,
    created_at: Time,
    updated_at: Time,
    description: Option<String>,
    team: Option<Team>,
    #[schema(schema_with = words::visibility)]
    visibility: Visibility,
    global: bool,
    registry: Registry,
}

#[derive(Serialize, ToSchema)]
#[schema(as = NamespaceTeam)]
struct Team {
    id: i64,
    name: String,
    hidden: bool,
}

#[derive(Serialize, ToSchema)]
#[schema(as = NamespaceRegistry)]
struct Registry {
    id: i64,
    hostname: String,
}

impl From<Row> for Namespace {
    fn from(row: Row) -> Self {
        let namespace = row.namespace;
        Self {
            id: namespace.id,
            // A global namespace has no name that people know.
            name: if namespace.global {
                row.registry_hostname.clone()
            } else {
                namespace.name
            },
            created_at: Time(namespace.created_at),
            updated_at: Time(namespace.updated_at),
            description: namespace.description,
            team: row.team.map(|team| Team {
                id: team.id,
                name: team.name,
                hidden: team.hidden,
            }),
            visibility: namespace.visibility,
            global: namespace.global,
            registry: Registry {
                id: namespace.registry_id,
                hostname: row.registry_hostname,
            },
        }
    }
}

pub type PresentedNamespace = Dressed<Namespace, NamespaceExtras>;

async fn list(
    call: Call,
    page: Page,
    filters: Filters<Namespaces>,
) -> ApiResult<Paged<PresentedNamespace>> {
    let viewer = call.viewer().await?;
    let list = Namespaces {
        viewer,
        team_id: None,
    };
    let list = filters.narrow(&call.app, presented(&call, list).await?);
    paged(&call, &page, list, Dressed::from).await
}

async fn validate(call: Call, asked: NamespaceName) -> ApiResult<Shown<Status>> {
    let NamespaceName { name, registry } = asked;
    let invalid =
        namespaces::judge_name(&call.app, &call.actor, &name, registry.as_deref()).await?;
    ok(Status::of(&invalid, None))
}

async fn create(call: Call, new: NewNamespace) -> ApiResult<Created<PresentedNamespace>> {
    let new = namespaces::NewNamespace {
        name: new.name,
        team: new.team,
        description: new.description,
        registry: new.registry,
    };
    let made = namespaces::create(&call.app, &call.actor, new).await?;
    let shown = queries::namespaces::shown(&call.app, made).await?;
    created(one::<Namespaces, _, _>(&call, shown).await?)
}

async fn show(call: Call) -> ApiResult<Shown<PresentedNamespace>> {
    let id = call.strict_id("id")?;
    let viewer = call.viewer().await?;
    let row = queries::namespaces::show(&call.app, &viewer, id).await?;
    let shown = queries::namespaces::shown(&call.app, row).await?;
    ok(one::<Namespaces, _, _>(&call, shown).await?)
}

async fn update(call: Call, changes: NamespaceChanges) -> ApiResult<Shown<PresentedNamespace>> {
    let changes = namespaces::NamespaceChanges {
        name: changes.name,
        description: changes.description,
        team: changes.team,
        visibility: changes.visibility,
    };
    let id = call.strict_id("id")?;
    let row = namespaces::update(&call.app, &call.actor, id, changes).await?;
    let shown = queries::namespaces::shown(&call.app, row).await?;
    ok(one::<Namespaces, _, _>(&call, shown).await?)
}

async fn repositories(
    call: Call,
    page: Page,
    filters: Filters<Repositories>,
) -> ApiResult<Paged<PresentedRepository>> {
    let id = call.strict_id("id")?;
    let viewer = call.viewer().await?;
    let row = queries::namespaces::show(&call.app, &viewer, id).await?;
    let list = Repositories {
        viewer,
        which: Which::OfNamespace(row.id),
    };
    let list = filters.narrow(&call.app, presented(&call, list).await?);
    paged(&call, &page, list, Dressed::from).await
}

async fn remove(call: Call) -> ApiResult<NoContent> {
    deletion::namespace(&call.app, &call.actor, call.id("id")?).await?;
    no_content()
}
