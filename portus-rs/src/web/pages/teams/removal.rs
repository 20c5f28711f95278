//! Removing a team: what goes with it, where its namespaces could go instead, and the name asked for.

use serde::Serialize;

use super::super::{
    checks,
    form::Form,
    route::{Route, delete, get},
    view::Page,
    visit::Member,
};
use crate::{
    actions::deletion,
    entities::team,
    error::{Error, Result},
    policy,
    queries::{
        self,
        deletion::Contents,
        typeahead::{self, Among},
    },
    web::error::PageResult,
};

pub fn routes() -> Vec<Route> {
    vec![
        get("/teams/{id}/removal", show),
        delete("/teams/{id}", remove),
    ]
}

/// What `teams/removal.html` shows.
#[derive(Serialize)]
pub struct Removal {
    id: i64,
    name: String,
    going: Going,
    /// Some of the teams that could take the namespaces over.
    heirs: Vec<String>,
    form: Form,
}

/// What goes with something, for pages that ask before it does.
#[derive(Serialize)]
pub struct Going {
    namespaces: u64,
    repositories: u64,
    tags: u64,
    /// Bytes.
    size: i64,
    /// Full names, of the first few.
    names: Vec<String>,
    more: u64,
}

/// Names that a page lists.
const LISTED: usize = 20;

impl Going {
    pub fn new(contents: Contents) -> Self {
        let mut names = contents.repositories;
        names.truncate(LISTED);
        Self {
            namespaces: contents.namespaces_count,
            repositories: contents.repositories_count,
            tags: contents.tags_count,
            size: contents.size,
            more: contents
                .repositories_count
                .saturating_sub(names.len() as u64),
            names,
        }
    }

    pub fn samples() -> [Self; 2] {
        let nothing = Self {
            namespaces: 0,
            repositories: 0,
            tags: 0,
            size: 0,
            names: Vec::new(),
            more: 0,
        };
        let much = Self {
            namespaces: 2,
            repositories: 21,
            tags: 1,
            size: 123_456,
            names: vec!["a/<canary>".to_owned()],
            more: 20,
        };
        [nothing, much]
    }
}

impl Page for Removal {
    const VIEW: &'static str = "teams/removal.html";

    fn samples() -> Vec<Self> {
        let mut form = Form::new("team").with("confirm", "<canary>");
        form.errors
            .insert("confirm".to_owned(), vec!["no <canary>".to_owned()]);
        let page = |going| Self {
            id: 3,
            name: "devs<canary>".to_owned(),
            going,
            heirs: vec!["ops<canary>".to_owned()],
            form: form.clone(),
        };
        Going::samples().map(page).into()
    }
}

async fn show(visit: Member) -> PageResult {
    let page = removal(&visit, visit.id("id")?, Form::new("team")).await?;
    visit.show("teams", &page).await
}

async fn removal(visit: &Member, id: i64, form: Form) -> Result<Removal> {
    let viewer = visit.viewer().await?;
    let team = known(visit, id).await?;
    let (contents, verdict) = queries::deletion::of_team(&visit.app, &viewer, id).await?;
    verdict.granted()?;
    let heirs = typeahead::teams(&visit.app, &viewer, "", Among::Owned).await?;
    Ok(Removal {
        id,
        going: Going::new(contents),
        heirs: heirs.into_iter().filter(|it| *it != team.name).collect(),
        form,
        name: team.name,
    })
}

async fn known(visit: &Member, id: i64) -> Result<team::Model> {
    let viewer = visit.viewer().await?;
    queries::teams::known(&visit.app, &viewer, id).await
}

async fn remove(visit: Member) -> PageResult {
    let id = visit.id("id")?;
    let team = known(&visit, id).await?;
    let viewer = visit.viewer().await?;
    policy::teams::delete(viewer.standing(id), team.hidden, &visit.app.rules).granted()?;
    if let Some(form) = checks::unconfirmed(&visit, "team", &team.name) {
        let page = removal(&visit, id, form).await?;
        return visit.show_again("teams", &page).await;
    }
    let heir = visit.filled("team[new_team]");
    let heir = heir.map(|it| it.trim().to_owned());
    // Which button it was must fit what the field says: one of the two deletes images.
    let astray = match (visit.text("how").as_str(), &heir) {
        ("migrate", None) => Some("team-removal-whom"),
        ("delete", Some(_)) => Some("team-removal-which"),
        (_, Some(heir)) if *heir == team.name => Some("team-same-heir"),
        _ => None,
    };
    if let Some(key) = astray {
        let mut form = visit.form("team");
        form.errors
            .insert("new_team".to_owned(), vec![visit.say(key)]);
        let page = removal(&visit, id, form).await?;
        return visit.show_again("teams", &page).await;
    }
    let done = match deletion::team(&visit.app, &visit.actor, id, heir.clone()).await {
        // The team was there just now, so it is the heir that is not.
        Err(Error::NotFound) if heir.is_some() => Err(Error::invalid("new_team", "does not exist")),
        done => done,
    };
    match done {
        Ok(()) => {
            let said = match &heir {
                None => visit.tell("team-removed", &team.name),
                Some(heir) => visit.language.tell(
                    "team-removed-migrated",
                    [
                        ("name", team.name.as_str().into()),
                        ("heir", heir.as_str().into()),
                    ],
                ),
            };
            Ok(visit.go_telling("/teams", said))
        }
        Err(error) => {
            let form = checks::refused(&visit, "team", error)?;
            let page = removal(&visit, id, form).await?;
            visit.show_again("teams", &page).await
        }
    }
}
