//! Groups of people and what they own.

use serde::Serialize;
use utoipa::ToSchema;

use super::{
    namespaces::PresentedNamespace,
    operation::{Noun, delete, get, noun, post, put},
    presented::{Dressed, TeamExtras, one, presented},
    reply::{Created, NoContent, Paged, Shown},
    respond::{Time, created, no_content, ok, paged},
};
use crate::{
    actions::{deletion, teams},
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
            delete(
                "/v1/teams/{id}",
                "Removes a team, with its namespaces unless another takes them over",
                remove,
            ),
            post(
                "/v1/teams/{id}/ldap_check",
                "Stops comparing a team with its group in the directory",
                ldap_check,
            )
            .about("The answer is the number 200. Without `ldap.group_sync.enabled` it is 405.")
            .may(&[405]),
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

params! {
    /// Who inherits.
    struct Heir {
        /// Name of the team that takes the namespaces over; the caller must own it, or be an admin.
        new_team: Option<String>,
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

type PresentedTeam = Dressed<Team, TeamExtras>;

async fn list(call: Call, page: Page, filters: Filters<Teams>) -> ApiResult<Paged<PresentedTeam>> {
    let viewer = call.viewer().await?;
    let list = filters.narrow(&call.app, presented(&call, Teams { viewer }).await?);
    paged(&call, &page, list, Dressed::from).await
}

async fn create(call: Call, new: NewTeam) -> ApiResult<Created<PresentedTeam>> {
    if new.owner_id.is_some() && call.admin().is_err() {
        return Err(Error::forbidden(Rule::OnlyAdmins).into());
    }
    let new = teams::NewTeam {
        name: new.name,
        description: new.description,
        owner_id: new.owner_id,
    };
    let row = teams::create(&call.app, &call.actor, new).await?;
    created(one::<Teams, _, _>(&call, row).await?)
}

async fn show(call: Call) -> ApiResult<Shown<PresentedTeam>> {
    let viewer = call.viewer().await?;
    let row = queries::teams::show(&call.app, &viewer, call.id("id")?).await?;
    ok(one::<Teams, _, _>(&call, row).await?)
}

async fn update(call: Call, changes: TeamChanges) -> ApiResult<Shown<PresentedTeam>> {
    let TeamChanges { name, description } = changes;
    let id = call.id("id")?;
    let row = teams::update(&call.app, &call.actor, id, name, description).await?;
    ok(one::<Teams, _, _>(&call, row).await?)
}

async fn namespaces(
    call: Call,
    page: Page,
    filters: Filters<Namespaces>,
) -> ApiResult<Paged<PresentedNamespace>> {
    let viewer = call.viewer().await?;
    let team = queries::teams::show(&call.app, &viewer, call.id("id")?).await?;
    let list = Namespaces {
        viewer,
        team_id: Some(team.id),
    };
    let list = filters.narrow(&call.app, presented(&call, list).await?);
    paged(&call, &page, list, Dressed::from).await
}

async fn remove(call: Call, heir: Heir) -> ApiResult<NoContent> {
    let new_team = heir.new_team.filter(|name| !name.is_empty());
    deletion::team(&call.app, &call.actor, call.id("id")?, new_team).await?;
    no_content()
}

async fn ldap_check(call: Call) -> ApiResult<Shown<u16>> {
    deletion::disable_ldap_check(&call.app, &call.actor, call.id("id")?).await?;
    ok(200)
}
