//! Handing a namespace over to another team.

use serde::Serialize;

use super::super::{
    checks,
    form::Form,
    route::{Route, get, put},
    view::Page,
    visit::Member,
};
use super::show::{About, about, known};
use crate::{
    actions::namespaces::{self, NamespaceChanges},
    error::{Error, Result},
    policy::{self, NamespaceFacts},
    queries::typeahead::{self, Among},
    web::error::PageResult,
};

pub fn routes() -> Vec<Route> {
    vec![
        get("/namespaces/{id}/transfer", ask),
        put("/namespaces/{id}/team", transfer),
    ]
}

/// What `namespaces/transfer.html` shows.
#[derive(Serialize)]
pub struct Transfer {
    about: About,
    /// Some of the teams that could take it over.
    heirs: Vec<String>,
    form: Form,
}

impl Page for Transfer {
    const VIEW: &'static str = "namespaces/transfer.html";

    fn samples() -> Vec<Self> {
        let page = |may| Self {
            about: About::sample(may),
            heirs: vec!["ops<canary>".to_owned()],
            form: Form::new("namespace").with("team", "<canary>"),
        };
        vec![page(true), page(false)]
    }
}

async fn ask(visit: Member) -> PageResult {
    let page = transferring(&visit, Form::new("namespace")).await?;
    visit.show("namespaces", &page).await
}

async fn transferring(visit: &Member, form: Form) -> Result<Transfer> {
    let viewer = visit.viewer().await?;
    let row = known(visit, &viewer, visit.id("id")?).await?;
    let facts = NamespaceFacts::from(&row);
    policy::namespaces::update(viewer.standing_in(&row), &facts, &visit.app.rules).granted()?;
    let heirs = typeahead::teams(&visit.app, &viewer, "", Among::Visible).await?;
    let about = about(visit, &viewer, row).await?;
    if !about.transferable {
        return Err(Error::NotFound);
    }
    let own = about.team.as_ref().map(|it| it.name.clone());
    let heirs = heirs.into_iter().filter(|it| Some(it) != own.as_ref());
    Ok(Transfer {
        heirs: heirs.collect(),
        about,
        form,
    })
}

async fn transfer(visit: Member) -> PageResult {
    let mut form = visit.form("namespace");
    form.again = true;
    let page = transferring(&visit, form).await?;
    let (id, own) = (page.about.id, page.about.team.as_ref());
    let heir = visit.text("namespace[team]").trim().to_owned();
    let refused = if own.is_some_and(|it| it.name == heir) {
        let mut form = visit.form("namespace");
        let text = visit.say("team-same-heir");
        form.errors.insert("team".to_owned(), vec![text]);
        form
    } else {
        let done = if heir.is_empty() {
            Err(Error::invalid("team", "can't be blank"))
        } else {
            let changes = NamespaceChanges {
                team: Some(heir),
                ..NamespaceChanges::default()
            };
            namespaces::update(&visit.app, &visit.actor, id, changes).await
        };
        match done {
            Ok(row) => {
                let said = visit.tell("namespace-transferred", &row.name);
                return Ok(visit.go_telling(&format!("/namespaces/{id}"), said));
            }
            Err(Error::Unknown(_)) => {
                let unknown = Error::invalid("team", "does not exist");
                visit.refused("namespace", unknown)?
            }
            Err(error) => checks::refused(&visit, "namespace", error)?,
        }
    };
    let page = Transfer {
        form: refused,
        ..page
    };
    visit.show_again("namespaces", &page).await
}
