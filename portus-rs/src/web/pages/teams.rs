//! Teams: the list, and making one.

use serde::Serialize;

use super::{
    form::Form,
    route::{Route, get, post},
    table::{Shape, Table},
    view::{Moment, Page},
    visit::Member,
};
use crate::{
    actions::teams,
    entities::team,
    policy,
    queries::{presented::TeamMore, teams::Teams},
    web::error::PageResult,
};

const SHAPE: Shape = Shape {
    prefix: "tm_",
    columns: &["name", "created_at"],
    sorted_by: "name",
    ascending: true,
    filter: "name_contains",
};

pub fn routes() -> Vec<Route> {
    vec![get("/teams", list), post("/teams", create)]
}

/// What `teams/list.html` shows.
#[derive(Serialize)]
pub struct List {
    teams: Table<Row>,
    /// The form for another one, for those who may make one.
    form: Option<Form>,
}

#[derive(Serialize)]
struct Row {
    id: i64,
    name: String,
    description: Option<String>,
    role: Option<&'static str>,
    members: i64,
    namespaces: i64,
    created_at: Moment,
}

impl Row {
    fn new(team: team::Model, more: TeamMore) -> Self {
        Self {
            id: team.id,
            name: team.name,
            description: more.description,
            role: more.role.map(crate::entities::Role::as_str),
            members: more.users_count,
            namespaces: more.namespaces_count,
            created_at: Moment(team.created_at),
        }
    }
}

impl Page for List {
    const VIEW: &'static str = "teams/list.html";

    fn samples() -> Vec<Self> {
        let row = |id| Row {
            id,
            name: "<canary>".to_owned(),
            description: Some("about <canary>".to_owned()),
            role: Some("owner"),
            members: id,
            namespaces: 0,
            created_at: Moment(chrono::NaiveDateTime::default()),
        };
        let page = |rows, form| Self {
            teams: Table::sample(SHAPE, rows),
            form,
        };
        let mut refused = Form::new("team").with("name", "a<canary>");
        refused.again = true;
        refused
            .errors
            .insert("name".to_owned(), vec!["taken <canary>".to_owned()]);
        vec![
            page(Vec::new(), None),
            page(vec![row(1), row(2)], Some(Form::new("team"))),
            page(vec![row(1)], Some(refused)),
        ]
    }
}

async fn list(visit: Member) -> PageResult {
    let form = Form::new("team");
    let page = listed(&visit, form).await?;
    visit.show("teams", &page).await
}

async fn listed(visit: &Member, form: Form) -> crate::error::Result<List> {
    let viewer = visit.viewer().await?;
    let allowed = policy::teams::create(viewer.standing_nowhere(), &visit.app.rules).granted;
    let teams = visit.table(SHAPE, Teams { viewer }, Row::new).await?;
    Ok(List {
        teams,
        form: allowed.then_some(form),
    })
}

async fn create(visit: Member) -> PageResult {
    let new = teams::NewTeam {
        name: visit.text("team[name]"),
        description: visit.filled("team[description]"),
        owner_id: None,
    };
    match teams::create(&visit.app, &visit.actor, new).await {
        Ok(team) => {
            let said = visit.tell("team-created", &team.name);
            Ok(visit.go_telling(&format!("/teams/{}", team.id), said))
        }
        Err(error) => {
            let form = visit.refused("team", error)?;
            let page = listed(&visit, form).await?;
            visit.show_again("teams", &page).await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::List;

    crate::web::pages::view::renders!(List);
}
