//! Groups of people and what they own.

use serde::Serialize;
use utoipa::ToSchema;

use super::{
    namespaces::Namespace,
    operation::{Noun, get, noun, post, put},
    reply::{Created, List, Paged, Shown},
    respond::{Time, created, ok, paged, whole},
};
use crate::{
    actions::teams,
    entities::team,
    error::Error,
    policy::Rule,
    queries::{self, namespaces::Namespaces, teams::Teams},
    web::{
        error::ApiResult,
        extract::{caller::Call, declare::params, filters::Filters, page::Page},
    },
};

pub fn operations() -> Noun {
    noun(
        "teams",
        "Groups of people and what they own.",
        vec![
            get(
                "/v1/teams",
                "Lists the caller's teams; all of them for admins",
                list,
            ),
            post("/v1/teams", "Makes a team, owned by the caller", create).may(&[404]),
            get("/v1/teams/{id}", "Shows a team", show),
            put("/v1/teams/{id}", "Changes a team", update),
            get(
                "/v1/teams/{id}/namespaces",
                "Lists a team's namespaces",
                namespaces,
            ),
        ],
    )
}

params! {
    /// A team to be made.
    struct NewTeam {
        /// Unique among teams.
        name: String,
        description: Option<String>,
        /// Id of the account that will own it instead of the caller; for admins only.
        owner_id: Option<i64>,
    }
}

params! {
    /// What is to be different about a team.
    struct TeamChanges in team {
        name: Option<String>,
        description: Option<String>,
    }
}

#[derive(Serialize, ToSchema)]
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

async fn list(call: Call, page: Page, filters: Filters<Teams>) -> ApiResult<Paged<Team>> {
    let viewer = call.viewer().await?;
    let list = filters.narrow(&call.app, Teams { viewer });
    paged(&call, &page, list, Team::from).await
}

async fn create(call: Call, new: NewTeam) -> ApiResult<Created<Team>> {
    if new.owner_id.is_some() && call.admin().is_err() {
        return Err(Error::forbidden(Rule::OnlyAdmins).into());
    }
    let new = teams::NewTeam {
        name: new.name,
        description: new.description,
        owner_id: new.owner_id,
    };
    let row = teams::create(&call.app, &call.actor, new).await?;
    created(Team::from(row))
}

async fn show(call: Call) -> ApiResult<Shown<Team>> {
    let viewer = call.viewer().await?;
    let row = queries::teams::show(&call.app, &viewer, call.id("id")?).await?;
    ok(Team::from(row))
}

async fn update(call: Call, changes: TeamChanges) -> ApiResult<Shown<Team>> {
    let TeamChanges { name, description } = changes;
    let id = call.id("id")?;
    let row = teams::update(&call.app, &call.actor, id, name, description).await?;
    ok(Team::from(row))
}

async fn namespaces(call: Call, filters: Filters<Namespaces>) -> ApiResult<List<Namespace>> {
    let viewer = call.viewer().await?;
    let team = queries::teams::show(&call.app, &viewer, call.id("id")?).await?;
    let list = Namespaces {
        viewer,
        team_id: Some(team.id),
    };
    let list = filters.narrow(&call.app, list);
    whole(&call, list, Namespace::from).await
}
