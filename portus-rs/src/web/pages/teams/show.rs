//! A team: who is in it, what it owns, the bots that it keeps, and changing what it says of itself.

use serde::Serialize;

use super::super::{
    checks,
    form::Form,
    namespaces::{self, row::Row as Namespace},
    people,
    route::{Route, get, put},
    table::{Shape, Table},
    view::Page,
    visit::Member,
};
use crate::{
    actions,
    entities::{Role, team},
    error::Result,
    policy,
    queries::{
        self,
        namespaces::Namespaces,
        roster::{Mate, Ranks, Roster},
        typeahead,
        viewer::Viewer,
    },
    web::{error::PageResult, markdown},
};

use super::bots::{self, Bot};

const MEMBERS: Shape = Shape {
    prefix: "tm_",
    columns: &["username", "role"],
    sorted_by: "username",
    ascending: true,
    filter: "name_contains",
    per_page: None,
};

pub fn routes() -> Vec<Route> {
    vec![get("/teams/{id}", show), put("/teams/{id}", update)]
}

/// What `teams/show.html` shows.
#[derive(Serialize)]
pub struct Show {
    id: i64,
    name: String,
    /// HTML.
    description: Option<String>,
    /// The reader's own.
    role: Option<&'static str>,
    members: Table<Row>,
    namespaces: Table<Namespace>,
    /// For those who look after them.
    bots: Option<Table<Bot>>,
    /// Whether the reader may let people in and out.
    manages: bool,
    removable: bool,
    edit: Option<Form>,
    join: Form,
    /// Some of those who could join.
    newcomers: Vec<String>,
    namespace: Option<Form>,
    /// Names of the registries that a namespace could be in, where there are several.
    registries: Vec<String>,
    bot: Form,
    token: Form,
    roles: [&'static str; 3],
}

#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Serialize)]
struct Row {
    id: i64,
    user_id: i64,
    name: String,
    username: String,
    /// The page about them, for those who have one.
    href: Option<String>,
    avatar: Option<String>,
    role: &'static str,
    enabled: bool,
    admin: bool,
    bot: bool,
    current: bool,
}

/// Forms that have been sent and refused; the others are shown empty.
#[derive(Default)]
pub struct Asked {
    pub edit: Option<Form>,
    pub join: Option<Form>,
    pub namespace: Option<Form>,
    pub bot: Option<Form>,
    pub token: Option<Form>,
}

impl Page for Show {
    const VIEW: &'static str = "teams/show.html";

    fn samples() -> Vec<Self> {
        let row = |role, current: bool| Row {
            id: 1,
            user_id: 2,
            name: "Ann <canary>".to_owned(),
            username: "ann<canary>".to_owned(),
            href: current.then(|| "/users/edit".to_owned()),
            avatar: None,
            role,
            enabled: current,
            admin: current,
            bot: !current,
            current,
        };
        let page = |members: Vec<Row>, manages: bool| Self {
            id: 7,
            name: "devs<canary>".to_owned(),
            description: manages.then(|| "<p>we</p>".to_owned()),
            role: manages.then_some("owner"),
            members: Table::sample(MEMBERS, members),
            namespaces: Table::sample(namespaces::OF_TEAM, Namespace::samples()),
            bots: manages.then(|| Table::sample(bots::SHAPE, Bot::samples())),
            manages,
            removable: manages,
            edit: manages.then(|| Form::new("team").with("name", "devs<canary>")),
            join: Form::new("team_user").with("user", "<canary>"),
            newcomers: vec!["bob<canary>".to_owned()],
            namespace: manages.then(|| Form::new("namespace").with("name", "<canary>")),
            registries: if manages {
                vec!["main<canary>".to_owned(), "other".to_owned()]
            } else {
                Vec::new()
            },
            bot: Form::new("bot").with("username", "<canary>"),
            token: Form::new("application_token"),
            roles: ROLES,
        };
        let mut nothing = page(vec![row("owner", true)], false);
        nothing.namespaces = Table::sample(namespaces::OF_TEAM, Vec::new());
        let mut unfiltered = page(vec![row("owner", true)], false);
        unfiltered.namespaces = Table::sample(namespaces::OF_TEAM, Vec::new());
        unfiltered.namespaces.filter.clear();
        let mut without_bots = page(vec![row("owner", true)], true);
        without_bots.bots = Some(Table::sample(bots::SHAPE, Vec::new()));
        without_bots.join.again = true;
        let errors = &mut without_bots.join.errors;
        errors.insert("user".to_owned(), vec!["not <canary>".to_owned()]);
        vec![
            nothing,
            unfiltered,
            without_bots,
            page(vec![row("owner", true), row("viewer", false)], true),
        ]
    }
}

/// In the order of what they may.
const ROLES: [&str; 3] = ["viewer", "contributor", "owner"];

async fn show(visit: Member) -> PageResult {
    let viewer = visit.viewer().await?;
    let team = queries::teams::known(&visit.app, &viewer, visit.id("id")?).await?;
    let page = shown(&visit, &viewer, team, Asked::default()).await?;
    visit.show("teams", &page).await
}

/// The page of a team with a form that was refused.
pub async fn again(visit: &Member, id: i64, asked: Asked) -> PageResult {
    let viewer = visit.viewer().await?;
    let team = queries::teams::known(&visit.app, &viewer, id).await?;
    let page = shown(visit, &viewer, team, asked).await?;
    visit.show_again("teams", &page).await
}

async fn shown(visit: &Member, viewer: &Viewer, team: team::Model, asked: Asked) -> Result<Show> {
    let (app, rules) = (&visit.app, &visit.app.rules);
    let standing = viewer.standing(team.id);
    let manages = policy::teams::manage_members(standing, team.hidden).granted;
    let editable = policy::teams::update(standing, team.hidden, rules).granted;
    let creates = policy::namespaces::create_in(standing, team.hidden, rules).granted;
    let list = Namespaces {
        viewer: viewer.clone(),
        team_id: Some(team.id),
    };
    let (mut bots, mut newcomers) = (None, Vec::new());
    if manages {
        bots = Some(bots::kept(visit, viewer, team.id).await?);
        newcomers = typeahead::newcomers(app, viewer, team.id, "").await?;
    }
    let edit = asked.edit.unwrap_or_else(|| {
        checks::about("team", &team.updated_at)
            .with("name", &team.name)
            .with("description", team.description.clone().unwrap_or_default())
    });
    let viewer_form = |object| Form::new(object).with("role", Role::Viewer.as_str());
    Ok(Show {
        id: team.id,
        description: markdown::html(team.description.as_deref()),
        role: standing.role.map(Role::as_str),
        members: members(visit, team.id).await?,
        namespaces: visit
            .table(namespaces::OF_TEAM, list, Namespace::new)
            .await?,
        bots,
        manages,
        removable: policy::teams::delete(standing, team.hidden, rules).granted,
        edit: editable.then_some(edit),
        join: asked.join.unwrap_or_else(|| viewer_form("team_user")),
        newcomers,
        namespace: creates.then(|| asked.namespace.unwrap_or_else(|| Form::new("namespace"))),
        registries: namespaces::registries(visit).await?,
        bot: asked.bot.unwrap_or_else(|| viewer_form("bot")),
        token: asked
            .token
            .unwrap_or_else(|| Form::new("application_token")),
        roles: ROLES,
        name: team.name,
    })
}

/// By name, or by what they may.
async fn members(visit: &Member, team_id: i64) -> Result<Table<Row>> {
    let dressed = |mate| row(visit, mate);
    if visit.text("tm_sort_by") == "role" {
        let ranks = Ranks { team_id };
        return visit.plain_table(MEMBERS, ranks, dressed).await;
    }
    let roster = Roster { team_id };
    visit.plain_table(MEMBERS, roster, dressed).await
}

fn row(visit: &Member, mate: Mate) -> Row {
    let user = mate.user;
    Row {
        id: mate.id,
        user_id: user.id,
        href: people::page(visit, user.id),
        name: queries::users::display_name(&visit.app, &user).to_owned(),
        avatar: queries::users::avatar_url(&visit.app, user.email.as_deref()),
        role: mate.role.as_str(),
        enabled: user.enabled,
        admin: user.admin,
        bot: user.bot,
        current: visit.actor.user_id() == Some(user.id),
        username: user.username,
    }
}

async fn update(visit: Member) -> PageResult {
    let id = visit.id("id")?;
    let viewer = visit.viewer().await?;
    let team = queries::teams::known(&visit.app, &viewer, id).await?;
    let editable = policy::teams::update(viewer.standing(id), team.hidden, &visit.app.rules);
    editable.granted()?;
    if let Some(form) = checks::stale(&visit, "team", &team.updated_at) {
        return again(&visit, id, edited(form)).await;
    }
    let name = visit.text("team[name]");
    let description = visit.text("team[description]");
    let said = Some(description).filter(|it| !it.is_empty() || team.description.is_some());
    let done = if name.trim().is_empty() {
        Err(crate::error::Error::invalid("name", "can't be blank"))
    } else {
        actions::teams::update(&visit.app, &visit.actor, id, Some(name), said).await
    };
    match done {
        Ok(team) => {
            let said = visit.tell("team-updated", &team.name);
            Ok(visit.go_telling(&format!("/teams/{id}"), said))
        }
        Err(error) => {
            let form = checks::refused(&visit, "team", error)?;
            again(
                &visit,
                id,
                edited(checks::up_to_date(form, &team.updated_at)),
            )
            .await
        }
    }
}

fn edited(form: Form) -> Asked {
    Asked {
        edit: Some(form),
        ..Asked::default()
    }
}
