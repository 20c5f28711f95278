//! Groups of people and what they own.

use actix_web::HttpResponse;
use serde::Serialize;

use super::{
    namespaces::Namespace,
    respond::{Time, created, ok, paged, whole},
};
use crate::{
    actions::teams::{self, NewTeam},
    entities::team,
    error::Error,
    policy::Rule,
    queries::{self, namespaces::Namespaces, teams::Teams},
    web::{error::ApiResult, extract::caller::Call},
};

#[derive(Serialize)]
struct Team {
    id: i64,
    name: String,
    created_at: Time,
    updated_at: Time,
    description: Option<String>,
    hidden: bool,
}

impl From<team::Model> for Team {
    fn from(row: team::Model) -> Self {
        Self {
            id: row.id,
            name: row.name,
            created_at: Time(row.created_at),
            updated_at: Time(row.updated_at),
            description: row.description,
            hidden: row.hidden,
        }
    }
}

pub async fn list(call: Call) -> ApiResult<HttpResponse> {
    let viewer = call.viewer().await?;
    paged(&call, Teams { viewer }, Team::from).await
}

pub async fn create(call: Call) -> ApiResult<HttpResponse> {
    let mut read = call.params.read();
    let new = NewTeam {
        name: read.required_string("name").unwrap_or_default(),
        description: read.string("description"),
        owner_id: read.integer("owner_id"),
    };
    read.finish()?;
    if new.owner_id.is_some() && call.admin().is_err() {
        return Err(Error::forbidden(Rule::OnlyAdmins).into());
    }
    created(Team::from(
        teams::create(&call.app, &call.actor, new).await?,
    ))
}

pub async fn show(call: Call) -> ApiResult<HttpResponse> {
    let viewer = call.viewer().await?;
    let row = queries::teams::show(&call.app, &viewer, call.id("id")?).await?;
    ok(Team::from(row))
}

pub async fn update(call: Call) -> ApiResult<HttpResponse> {
    let mut read = call.params.read();
    read.required_object("team");
    let name = read.string("team[name]");
    let description = read.string("team[description]");
    read.finish()?;
    let id = call.id("id")?;
    let row = teams::update(&call.app, &call.actor, id, name, description).await?;
    ok(Team::from(row))
}

pub async fn namespaces(call: Call) -> ApiResult<HttpResponse> {
    let viewer = call.viewer().await?;
    let team = queries::teams::show(&call.app, &viewer, call.id("id")?).await?;
    let list = Namespaces {
        viewer,
        team_id: Some(team.id),
    };
    whole(&call, list, Namespace::from).await
}
