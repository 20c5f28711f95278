//! The first parts of repositories' names, and units of permission.

use actix_web::HttpResponse;
use serde::Serialize;

use super::{
    registries::Status,
    repositories::Repository,
    respond::{Time, created, ok, paged, whole},
};
use crate::{
    actions::namespaces::{self, NamespaceChanges, NewNamespace},
    entities::Visibility,
    queries::{
        self,
        namespaces::{Namespaces, Row},
        repositories::Repositories,
    },
    web::{error::ApiResult, extract::caller::Call},
};

#[derive(Serialize)]
pub struct Namespace {
    id: i64,
    name: String,
    created_at: Time,
    updated_at: Time,
    description: Option<String>,
    team: Option<Team>,
    visibility: Visibility,
    global: bool,
    registry: Registry,
}

#[derive(Serialize)]
struct Team {
    id: i64,
    name: String,
    hidden: bool,
}

#[derive(Serialize)]
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

pub async fn list(call: Call) -> ApiResult<HttpResponse> {
    let viewer = call.viewer().await?;
    let list = Namespaces {
        viewer,
        team_id: None,
    };
    paged(&call, list, Namespace::from).await
}

pub async fn validate(call: Call) -> ApiResult<HttpResponse> {
    let mut read = call.params.read();
    let name = read.required_string("name").unwrap_or_default();
    let registry = read.string("registry");
    read.finish()?;
    let invalid = queries::namespaces::complaints(&call.app, &name, registry.as_deref()).await?;
    ok(Status::of(&invalid, None))
}

pub async fn create(call: Call) -> ApiResult<HttpResponse> {
    let mut read = call.params.read();
    let new = NewNamespace {
        name: read.required_string("name").unwrap_or_default(),
        team: read.required_string("team").unwrap_or_default(),
        description: read.string("description"),
        registry: read.string("registry"),
    };
    read.finish()?;
    let made = namespaces::create(&call.app, &call.actor, new).await?;
    created(Namespace::from(
        queries::namespaces::shown(&call.app, made).await?,
    ))
}

pub async fn show(call: Call) -> ApiResult<HttpResponse> {
    let id = call.strict_id("id")?;
    let viewer = call.viewer().await?;
    let row = queries::namespaces::show(&call.app, &viewer, id).await?;
    ok(Namespace::from(
        queries::namespaces::shown(&call.app, row).await?,
    ))
}

pub async fn update(call: Call) -> ApiResult<HttpResponse> {
    let mut read = call.params.read();
    read.required_object("namespace");
    let changes = NamespaceChanges {
        name: read.string("namespace[name]"),
        description: read.string("namespace[description]"),
        team: read.string("namespace[team]"),
        visibility: read.string("namespace[visibility]"),
    };
    read.finish()?;
    let id = call.strict_id("id")?;
    let row = namespaces::update(&call.app, &call.actor, id, changes).await?;
    ok(Namespace::from(
        queries::namespaces::shown(&call.app, row).await?,
    ))
}

pub async fn repositories(call: Call) -> ApiResult<HttpResponse> {
    let id = call.strict_id("id")?;
    let viewer = call.viewer().await?;
    let row = queries::namespaces::show(&call.app, &viewer, id).await?;
    let list = Repositories {
        viewer,
        namespace_id: Some(row.id),
    };
    whole(&call, list, Repository::from).await
}
