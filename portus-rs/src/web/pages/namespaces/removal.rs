//! Removing a namespace: what goes with it, and the name asked for.

use serde::Serialize;

use super::super::{
    checks,
    form::Form,
    route::{Route, delete, get},
    teams::Going,
    view::Page,
    visit::Member,
};
use super::show::known;
use crate::{actions::deletion, error::Result, queries, web::error::PageResult};

pub fn routes() -> Vec<Route> {
    vec![
        get("/namespaces/{id}/removal", show),
        delete("/namespaces/{id}", remove),
    ]
}

/// What `namespaces/removal.html` shows.
#[derive(Serialize)]
pub struct Removal {
    id: i64,
    name: String,
    going: Going,
    form: Form,
}

impl Page for Removal {
    const VIEW: &'static str = "namespaces/removal.html";

    fn samples() -> Vec<Self> {
        let mut form = Form::new("namespace").with("confirm", "<canary>");
        form.complaints.push("it stays <canary>".to_owned());
        let page = |going| Self {
            id: 3,
            name: "space<canary>".to_owned(),
            going,
            form: form.clone(),
        };
        Going::samples().map(page).into()
    }
}

async fn show(visit: Member) -> PageResult {
    let page = removal(&visit, Form::new("namespace")).await?;
    visit.show("namespaces", &page).await
}

async fn removal(visit: &Member, form: Form) -> Result<Removal> {
    let viewer = visit.viewer().await?;
    let row = known(visit, &viewer, visit.id("id")?).await?;
    let (contents, verdict) = queries::deletion::of_namespace(&visit.app, &viewer, row.id).await?;
    verdict.granted()?;
    Ok(Removal {
        id: row.id,
        name: queries::namespaces::name(&visit.app, &row).await?,
        going: Going::new(contents),
        form,
    })
}

async fn remove(visit: Member) -> PageResult {
    let mut page = removal(&visit, Form::new("namespace")).await?;
    if let Some(form) = checks::unconfirmed(&visit, "namespace", &page.name) {
        page.form = form;
        return visit.show_again("namespaces", &page).await;
    }
    match deletion::namespace(&visit.app, &visit.actor, page.id).await {
        Ok(()) => Ok(visit.go_telling("/namespaces", visit.say("namespace-removed"))),
        Err(error) => {
            let form = checks::refused(&visit, "namespace", error)?;
            // Some of it may have gone all the same.
            let page = removal(&visit, form).await?;
            visit.show_again("namespaces", &page).await
        }
    }
}
