//! The form of a registry, and the secret that is shown when it is made.

use serde::Serialize;

use super::registries::{kept, of_path, stanza};
use crate::{
    actions::registries::{self, NewRegistry, RegistryChanges},
    entities::registry,
    error::{Error, Result},
    protocol::stanza::Secret,
    queries::registries::{Candidate, check, check_taken, complaints, is_empty},
    web::{
        error::PageResult,
        pages::{
            checks::{self, Values},
            form::Form,
            route::{Route, get, post, put},
            view::Page,
            visit::Admin,
        },
    },
};

pub fn routes() -> Vec<Route> {
    vec![
        post("/admin/registries", create),
        get("/admin/registries/new", new),
        get("/admin/registries/{id}/edit", edit),
        put("/admin/registries/{id}", update),
        post("/admin/registries/{id}/secret", renew_secret),
    ]
}

/// What `admin/registry.html` shows.
#[derive(Serialize)]
pub struct Edit {
    /// None for a new one.
    id: Option<i64>,
    name: String,
    form: Form,
    /// Whether the address can still be changed.
    movable: bool,
    /// Whether the registry did not answer, so that not asking it is offered.
    failed: bool,
    /// What belongs into the registry's own configuration.
    stanza: Option<String>,
    /// Whether it has a secret for its notifications.
    secret: bool,
    /// A secret is in the stanza, and is never shown again: of a registry `made` just now, or the `first` or the `next`
    /// of one that was there; or empty.
    shown: &'static str,
}

impl Page for Edit {
    const VIEW: &'static str = "admin/registry.html";

    fn samples() -> Vec<Self> {
        let new = Self {
            id: None,
            name: String::new(),
            form: Form::new("registry"),
            movable: true,
            failed: false,
            stanza: None,
            secret: false,
            shown: "",
        };
        let mut refused = Form::new("registry")
            .with("name", "<canary>")
            .with("use_ssl", "true");
        refused.again = true;
        refused
            .errors
            .insert("hostname".to_owned(), vec!["down <canary>".to_owned()]);
        let old = |shown: &'static str| Self {
            id: Some(3),
            name: "<canary>".to_owned(),
            form: refused.clone(),
            movable: shown.is_empty(),
            failed: !shown.is_empty(),
            stanza: Some("auth: <canary>".to_owned()),
            secret: !shown.is_empty(),
            shown,
        };
        vec![new, old(""), old("made"), old("first"), old("next")]
    }
}

async fn new(visit: Admin) -> PageResult {
    let page = blank(Form::new("registry"), false);
    visit.show("registries", &page).await
}

fn blank(form: Form, failed: bool) -> Edit {
    Edit {
        id: None,
        name: String::new(),
        failed,
        form,
        movable: true,
        stanza: None,
        secret: false,
        shown: "",
    }
}

/// Answers with what belongs into the registry's configuration: its secret is shown this once.
async fn create(visit: Admin) -> PageResult {
    let (name, hostname) = (
        visit.text("registry[name]"),
        visit.text("registry[hostname]"),
    );
    let external = visit.filled("registry[external_hostname]");
    let use_ssl = visit.ticked("registry[use_ssl]");
    let candidate = Candidate {
        name: &name,
        hostname: &hostname,
        external_hostname: external.as_deref(),
        use_ssl,
        events_secret: None,
        ask: !visit.ticked("registry[force]"),
    };
    let found = complaints(&visit.app, &candidate).await?;
    let made = match found.invalid.into_result() {
        Err(error) => Err(error),
        Ok(()) => {
            let new = NewRegistry {
                name,
                hostname,
                use_ssl,
                external_hostname: external,
                ..NewRegistry::default()
            };
            registries::create_with_secret(&visit.app, &visit.actor, new).await
        }
    };
    match made {
        Ok((row, plain)) => {
            let page = with_secret(&visit, &row, plain, "made").await?;
            visit.show("registries", &page).await
        }
        Err(error) => {
            let form = visit.refused("registry", error)?;
            let page = blank(form, found.silent);
            visit.show_again("registries", &page).await
        }
    }
}

/// What the form changes.
fn described(row: &registry::Model) -> Values<4> {
    Values([
        Some(row.name.clone()),
        Some(row.hostname.clone()),
        row.external_hostname.clone(),
        Some(row.use_ssl.to_string()),
    ])
}

async fn shown(visit: &Admin, row: &registry::Model) -> Result<Edit> {
    let form = checks::about("registry", &described(row))
        .with("name", row.name.as_str())
        .with("hostname", row.hostname.as_str())
        .with("use_ssl", row.use_ssl.to_string())
        .with(
            "external_hostname",
            row.external_hostname.clone().unwrap_or_default(),
        );
    Ok(Edit {
        id: Some(row.id),
        name: row.name.clone(),
        form,
        movable: is_empty(&visit.app, row.id).await?,
        failed: false,
        stanza: Some(stanza(visit, row, kept(row))),
        secret: row.events_secret_sha256.is_some(),
        shown: "",
    })
}

/// The page with a secret that has just been made.
async fn with_secret(
    visit: &Admin,
    row: &registry::Model,
    plain: String,
    which: &'static str,
) -> Result<Edit> {
    Ok(Edit {
        stanza: Some(stanza(visit, row, Secret::Shown(plain))),
        secret: true,
        shown: which,
        ..shown(visit, row).await?
    })
}

async fn edit(visit: Admin) -> PageResult {
    let row = of_path(&visit).await?;
    let page = shown(&visit, &row).await?;
    visit.show("registries", &page).await
}

async fn update(visit: Admin) -> PageResult {
    let row = of_path(&visit).await?;
    if let Some(form) = checks::stale(&visit, "registry", &described(&row)) {
        return refuse(&visit, &row, form, false).await;
    }
    let changes = RegistryChanges {
        name: Some(visit.text("registry[name]")),
        // The field is not there once there are repositories.
        hostname: visit.filled("registry[hostname]"),
        use_ssl: Some(visit.ticked("registry[use_ssl]")),
        external_hostname: Some(visit.text("registry[external_hostname]")),
        ..RegistryChanges::default()
    };
    let silence = silence(&visit, &row, &changes).await?;
    let silent = silence.is_some();
    let done = match silence {
        None => registries::update(&visit.app, &visit.actor, row.id, changes).await,
        Some(reason) => Err(Error::invalid("hostname", reason)),
    };
    match done {
        Ok(_) => Ok(visit.go_telling("/admin/registries", visit.say("registry-updated"))),
        Err(error) => {
            let form = visit.refused("registry", error)?;
            let form = checks::up_to_date(form, &described(&row));
            refuse(&visit, &row, form, silent).await
        }
    }
}

/// The page with this form instead of a fresh one.
async fn refuse(visit: &Admin, row: &registry::Model, form: Form, failed: bool) -> PageResult {
    let mut page = Edit {
        form,
        failed,
        ..shown(visit, row).await?
    };
    if !page.movable {
        // There is no field for it to stand beside.
        let about_it = page.form.errors.remove("hostname").unwrap_or_default();
        page.form.complaints.extend(about_it);
    }
    visit.show_again("registries", &page).await
}

/// A new address must answer, unless that is not to be asked or something else is wrong with it: why it does not.
async fn silence(
    visit: &Admin,
    old: &registry::Model,
    new: &RegistryChanges,
) -> Result<Option<String>> {
    let hostname = new.hostname.as_deref().unwrap_or(&old.hostname).trim();
    let use_ssl = new.use_ssl.unwrap_or(old.use_ssl);
    let same = hostname == old.hostname && use_ssl == old.use_ssl;
    if same || visit.ticked("registry[force]") {
        return Ok(None);
    }
    let mut invalid = check(&old.name, hostname, None);
    let reader = visit.app.database.reader();
    check_taken(reader, (&old.name, hostname), Some(old.id), &mut invalid).await?;
    if invalid.fields().next().is_some() {
        return Ok(None);
    }
    let asked = visit.app.registries.reachable(hostname, use_ssl).await;
    Ok(asked.err().map(|reason| reason.to_string()))
}

/// The secret that there was ends.
async fn renew_secret(visit: Admin) -> PageResult {
    let old = of_path(&visit).await?;
    let plain = registries::renew_events_secret(&visit.app, &visit.actor, old.id).await?;
    let which = match old.events_secret_sha256 {
        None => "first",
        Some(_) => "next",
    };
    let page = with_secret(&visit, &old, plain, which).await?;
    visit.show("registries", &page).await
}

#[cfg(test)]
mod tests {
    use super::Edit;

    crate::web::pages::view::renders!(Edit);
}
