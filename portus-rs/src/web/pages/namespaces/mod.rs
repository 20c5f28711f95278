//! Namespaces: the list in its groups, and making one.

mod removal;
pub mod row;
mod show;
mod transfer;

use serde::Serialize;

pub use show::{About, about, known};

use self::row::Row;
use super::{
    checks,
    flash::Flash,
    form::Form,
    route::{Route, get, post, put},
    table::{Shape, Table},
    teams,
    view::Page,
    visit::Member,
};
use crate::{
    actions::namespaces,
    entities::{Role, namespace},
    error::{Error, Result},
    policy::{self, Standing},
    queries::{
        self,
        namespaces::Group,
        typeahead::{self, Among},
    },
    web::error::PageResult,
};

/// On the page of a team.
pub const OF_TEAM: Shape = Shape {
    prefix: "ns_",
    columns: &["name", "created_at"],
    sorted_by: "name",
    ascending: true,
    filter: "name_contains",
    per_page: None,
};
const SPECIAL: Shape = Shape {
    prefix: "sns_",
    columns: &[],
    sorted_by: "global",
    ascending: false,
    filter: "",
    ..OF_TEAM
};
const JOINED: Shape = OF_TEAM;
const ORPHANS: Shape = Shape {
    prefix: "orns_",
    ..JOINED
};
const OTHERS: Shape = Shape {
    prefix: "ons_",
    ..JOINED
};

pub fn routes() -> Vec<Route> {
    let mut routes = vec![
        get("/namespaces", list),
        post("/namespaces", create),
        get("/namespaces/check", check),
        get("/namespaces/teams", own_teams),
        put("/namespaces/{id}/visibility", change_visibility),
    ];
    routes.extend(show::routes());
    routes.extend(transfer::routes());
    routes.extend(removal::routes());
    routes
}

/// What `namespaces/list.html` shows.
#[derive(Serialize)]
pub struct List {
    special: Table<Row>,
    joined: Table<Row>,
    orphans: Option<Table<Row>>,
    others: Option<Table<Row>>,
    /// The form for another one, for those who may make one somewhere.
    form: Option<Form>,
    /// Whether a team of one's own is all that is missing for that.
    needs_team: bool,
    /// Some of the teams that could own it.
    teams: Vec<String>,
    /// Names of the registries it could be in, where there are several.
    registries: Vec<String>,
}

impl Page for List {
    const VIEW: &'static str = "namespaces/list.html";

    fn samples() -> Vec<Self> {
        let page = |rows: Vec<Row>, form: Option<Form>| Self {
            special: Table::sample(SPECIAL, rows.clone()),
            joined: Table::sample(JOINED, rows.clone()),
            orphans: form.as_ref().map(|_| Table::sample(ORPHANS, rows.clone())),
            others: form.as_ref().map(|_| Table::sample(OTHERS, rows)),
            needs_team: form.is_none(),
            teams: vec!["devs<canary>".to_owned()],
            registries: match form {
                Some(_) => vec!["main<canary>".to_owned(), "other".to_owned()],
                None => Vec::new(),
            },
            form,
        };
        let bare = |mut list: Self| {
            list.joined.filter.clear();
            list.special.filter.clear();
            list
        };
        let mut refused = Form::new("namespace").with("name", "a<canary>");
        refused.again = true;
        refused.complaints.push("no <canary>".to_owned());
        vec![
            page(Vec::new(), None),
            bare(page(Vec::new(), None)),
            page(Row::samples(), Some(Form::new("namespace"))),
            page(Row::samples(), Some(refused)),
        ]
    }
}

async fn list(visit: Member) -> PageResult {
    let page = listed(&visit, Form::new("namespace")).await?;
    visit.show("namespaces", &page).await
}

async fn listed(visit: &Member, form: Form) -> Result<List> {
    let viewer = visit.viewer().await?;
    let of = |group| queries::namespaces::group(viewer.clone(), group);
    let special = visit.table(SPECIAL, of(Group::Special), Row::new).await?;
    let joined = visit.table(JOINED, of(Group::Joined), Row::new).await?;
    let orphans = visit.table(ORPHANS, of(Group::Orphan), Row::new).await?;
    let others = visit.table(OTHERS, of(Group::Other), Row::new).await?;
    let there = |table: Table<Row>| Some(table).filter(|it| it.total > 0 || !it.filter.is_empty());
    let teams = typeahead::teams(&visit.app, &viewer, "", Among::Fillable).await?;
    let nowhere = viewer.standing_nowhere();
    let owner = Standing {
        role: Some(Role::Owner),
        ..nowhere
    };
    Ok(List {
        special,
        joined,
        orphans: there(orphans),
        others: there(others),
        form: (!teams.is_empty()).then_some(form),
        needs_team: teams.is_empty()
            && policy::teams::create(nowhere, &visit.app.rules).granted
            && policy::namespaces::create_in(owner, false, &visit.app.rules).granted,
        teams,
        registries: registries(visit).await?,
    })
}

/// Names of the registries that a new one could be in, the oldest first; none where there is no choice.
pub async fn registries(visit: &Member) -> Result<Vec<String>> {
    let all = visit.facts.all_registries().await?;
    let names = all.iter().map(|it| it.name.clone());
    Ok(if all.len() > 1 {
        names.collect()
    } else {
        Vec::new()
    })
}

async fn create(visit: Member) -> PageResult {
    // The form on the page of a team names the team by its id, and is shown there again.
    let origin = visit.filled("team_id");
    let origin = origin.and_then(|it| it.parse::<i64>().ok());
    match created(&visit, origin).await {
        Ok(made) => {
            let said = visit.tell("namespace-created", &made.name);
            let page = origin.map(|id| format!("/teams/{id}"));
            let page = page.unwrap_or_else(|| "/namespaces".to_owned());
            Ok(visit.go_telling(&page, said))
        }
        Err(error) => {
            let form = checks::refused(&visit, "namespace", error)?;
            if let Some(id) = origin {
                let asked = teams::Asked {
                    namespace: Some(form),
                    ..teams::Asked::default()
                };
                return teams::show_again(&visit, id, asked).await;
            }
            let page = listed(&visit, form).await?;
            visit.show_again("namespaces", &page).await
        }
    }
}

async fn created(visit: &Member, origin: Option<i64>) -> Result<namespace::Model> {
    let team = if let Some(id) = origin {
        let viewer = visit.viewer().await?;
        queries::teams::known(&visit.app, &viewer, id).await?.name
    } else {
        visit.text("namespace[team]").trim().to_owned()
    };
    let new = namespaces::NewNamespace {
        name: visit.text("namespace[name]").trim().to_owned(),
        description: visit.filled("namespace[description]"),
        registry: visit.filled("namespace[registry]"),
        team,
    };
    if new.team.is_empty() {
        let registry = new.registry.as_deref();
        let mut invalid = queries::namespaces::complaints(&visit.app, &new.name, registry).await?;
        invalid.add("team", "can't be blank");
        return Err(Error::Invalid(invalid));
    }
    match namespaces::create(&visit.app, &visit.actor, new).await {
        Err(Error::NotFound) => Err(Error::invalid("team", "does not exist")),
        done => done,
    }
}

/// Whether a namespace could have a name, while it is being typed.
async fn check(visit: Member) -> PageResult {
    let registry = visit.filled("registry");
    let name = visit.text("name");
    let invalid =
        namespaces::judge_name(&visit.app, &visit.actor, name.trim(), registry.as_deref()).await?;
    Ok(checks::complaints(&visit, invalid)?)
}

/// In which teams somebody may make one, while the name of the team is being typed.
async fn own_teams(visit: Member) -> PageResult {
    let viewer = visit.viewer().await?;
    let typed = visit.text("q");
    let found = typeahead::teams(&visit.app, &viewer, &typed, Among::Fillable).await?;
    Ok(checks::offers(&found))
}

async fn change_visibility(visit: Member) -> PageResult {
    let id = visit.id("id")?;
    let changes = namespaces::NamespaceChanges {
        visibility: Some(visit.text("namespace[visibility]")),
        ..namespaces::NamespaceChanges::default()
    };
    let page = visit.back_to(&format!("/namespaces/{id}"));
    match namespaces::update(&visit.app, &visit.actor, id, changes).await {
        Ok(row) => {
            let name = queries::namespaces::name(&visit.app, &row).await?;
            let said = visit.tell("namespace-visibility-updated", &name);
            Ok(visit.go_telling(&page, said))
        }
        Err(denied @ (Error::Forbidden(_) | Error::Limited(_) | Error::NotFound)) => {
            Err(denied.into())
        }
        Err(error) => {
            let why = visit.refused("", error)?;
            let mut flashes = vec![Flash::alert(visit.say("namespace-visibility-kept"))];
            flashes.extend(why.sentences().map(Flash::alert));
            Ok(visit.go_saying(&page, &flashes))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{List, removal::Removal, show::Show, transfer::Transfer};

    crate::web::pages::view::renders!(List, Show, Transfer, Removal);
}
