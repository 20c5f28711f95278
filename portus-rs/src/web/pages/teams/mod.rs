//! Teams: the list, and making one.

mod bots;
mod members;
mod removal;
mod show;

use serde::Serialize;

pub use removal::Going;
pub use show::{Asked, again as show_again};

use super::{
    checks,
    form::Form,
    route::{Route, get, post},
    table::{Shape, Table},
    view::{Moment, Page},
    visit::Member,
};
use crate::{
    actions::teams,
    entities::{Role, team},
    error::{Error, Result},
    policy,
    queries::{self, presented::TeamMore, typeahead},
    web::error::PageResult,
};

const OWN: Shape = Shape {
    prefix: "tm_",
    columns: &["name", "created_at"],
    sorted_by: "name",
    ascending: true,
    filter: "name_contains",
    per_page: None,
};
const OTHERS: Shape = Shape {
    prefix: "otm_",
    ..OWN
};

pub fn routes() -> Vec<Route> {
    let mut routes = vec![
        get("/teams", list),
        post("/teams", create),
        get("/teams/check", check),
        get("/teams/owners", owners),
    ];
    routes.extend(show::routes());
    routes.extend(members::routes());
    routes.extend(bots::routes());
    routes.extend(removal::routes());
    routes
}

/// What `teams/list.html` shows.
#[derive(Serialize)]
pub struct List {
    own: Table<Row>,
    /// Those that an admin sees without being in them.
    others: Option<Table<Row>>,
    /// The form for another one, for those who may make one.
    form: Option<Form>,
    /// Names for the field that says who is to own it; only admins may say.
    people: Option<Vec<String>>,
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
            role: more.role.map(Role::as_str),
            members: more.users_count,
            namespaces: more.namespaces_count,
            created_at: Moment(team.created_at),
        }
    }
}

impl Page for List {
    const VIEW: &'static str = "teams/list.html";

    fn samples() -> Vec<Self> {
        let row = |id, role| Row {
            id,
            name: "<canary>".to_owned(),
            description: Some("about <canary>".to_owned()),
            role,
            members: id,
            namespaces: 0,
            created_at: Moment(chrono::NaiveDateTime::default()),
        };
        let mut refused = Form::new("team").with("name", "a<canary>");
        refused.again = true;
        refused
            .errors
            .insert("name".to_owned(), vec!["taken <canary>".to_owned()]);
        let page = |rows, others: Option<Vec<Row>>, form| Self {
            own: Table::sample(OWN, rows),
            people: others.as_ref().map(|_| vec!["ann<canary>".to_owned()]),
            others: others.map(|rows| Table::sample(OTHERS, rows)),
            form,
        };
        let bare = |mut list: Self| {
            list.own.filter.clear();
            list
        };
        let two = || vec![row(1, Some("owner")), row(2, Some("viewer"))];
        vec![
            bare(page(Vec::new(), None, None)),
            page(Vec::new(), None, Some(Form::new("team"))),
            page(two(), Some(Vec::new()), Some(refused)),
            page(two(), Some(vec![row(1, None)]), Some(Form::new("team"))),
        ]
    }
}

async fn list(visit: Member) -> PageResult {
    let form = Form::new("team").with("owner", visit.actor.name());
    let page = listed(&visit, form).await?;
    visit.show("teams", &page).await
}

async fn listed(visit: &Member, form: Form) -> Result<List> {
    let viewer = visit.viewer().await?;
    let nowhere = viewer.standing_nowhere();
    let admin = policy::users::administer(nowhere).granted;
    let allowed = policy::teams::create(nowhere, &visit.app.rules).granted;
    let mine = queries::teams::by_membership(viewer.clone(), true);
    let own = visit.table(OWN, mine, Row::new).await?;
    let (mut others, mut people) = (None, None);
    if admin {
        let rest = queries::teams::by_membership(viewer.clone(), false);
        others = Some(visit.table(OTHERS, rest, Row::new).await?);
        people = Some(typeahead::people(&visit.app, &viewer, "").await?);
    }
    Ok(List {
        own,
        others: others.filter(|it| it.total > 0 || !it.filter.is_empty()),
        form: allowed.then_some(form),
        people,
    })
}

async fn create(visit: Member) -> PageResult {
    match created(&visit).await {
        Ok(team) => {
            let said = visit.tell("team-created", &team.name);
            Ok(visit.go_telling(&format!("/teams/{}", team.id), said))
        }
        Err(error) => {
            let form = checks::refused(&visit, "team", error)?;
            let page = listed(&visit, form).await?;
            visit.show_again("teams", &page).await
        }
    }
}

async fn created(visit: &Member) -> Result<team::Model> {
    let mut new = teams::NewTeam {
        name: visit.text("team[name]"),
        description: visit.filled("team[description]"),
        owner_id: None,
    };
    if let Some(name) = visit.filled("team[owner]") {
        let found = queries::by_name::user(&visit.app.database, name.trim()).await?;
        let owner = found.filter(|it| it.enabled && !it.bot);
        let unknown = || Error::invalid("owner", "does not exist");
        new.owner_id = Some(owner.ok_or_else(unknown)?.id);
    }
    teams::create(&visit.app, &visit.actor, new).await
}

/// Whether a team could have a name, while it is being typed.
async fn check(visit: Member) -> PageResult {
    let viewer = visit.viewer().await?;
    let id = visit.text("id").parse().unwrap_or_default();
    if id == 0 {
        policy::teams::create(viewer.standing_nowhere(), &visit.app.rules).granted()?;
    } else {
        queries::teams::known(&visit.app, &viewer, id).await?;
    }
    let invalid = queries::teams::complaints(&visit.app, &visit.text("name"), id).await?;
    Ok(checks::complaints(&visit, invalid)?)
}

/// Who could own a team, while a name is being typed.
async fn owners(visit: Member) -> PageResult {
    let viewer = visit.viewer().await?;
    let found = typeahead::people(&visit.app, &viewer, &visit.text("q")).await?;
    Ok(checks::offers(&found))
}

#[cfg(test)]
mod tests {
    use super::{List, removal::Removal, show::Show};

    crate::web::pages::view::renders!(List, Show, Removal);
}
