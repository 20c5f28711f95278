//! Registries: the list with how each is, and the form with its live check.

use chrono::TimeDelta;
use serde::Serialize;

use super::deletion::{self, Deletion};
use crate::{
    actions::registries::{self, NewRegistry, RegistryChanges},
    app::App,
    entities::registry,
    error::{Error, Result},
    protocol::stanza::{Secret, Stanza, USUAL_BUNDLE},
    queries::registries::{Candidate, all, complaints, is_empty},
    remote::{RegistryClient, Trust},
    web::{
        error::PageResult,
        pages::{
            flash::Flash,
            form::Form,
            route::{Route, get, post, put},
            view::{Moment, Page},
            visit::Admin,
        },
    },
};

/// For so long an answer of a registry counts as its present state.
const FRESH: TimeDelta = TimeDelta::seconds(5);

pub fn routes() -> Vec<Route> {
    vec![
        get("/admin/registries", list),
        post("/admin/registries", create),
        get("/admin/registries/new", new),
        get("/admin/registries/{id}/edit", edit),
        put("/admin/registries/{id}", update),
        get("/admin/registries/{id}/status", status),
        post("/admin/registries/{id}/check", check_now),
        post("/admin/registries/{id}/secret", renew_secret),
    ]
}

/// What `admin/registries.html` shows.
#[derive(Serialize)]
pub struct List {
    registries: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    id: i64,
    name: String,
    hostname: String,
    external_hostname: Option<String>,
    use_ssl: bool,
    proxy: bool,
    /// Whether notifications without the secret are refused.
    enforced: bool,
    last_event_at: Option<Moment>,
    last_event_host: Option<String>,
    /// The last self-test, if this process has made one.
    tested: Tested,
    /// Whether it deletes, as far as this process has asked.
    deletion: Deletion,
    /// Whom its tokens have to come from.
    issuer: String,
    stanza: String,
}

/// What a registry said to our token; what `admin/registry_status.html` shows, too.
#[derive(Default, Serialize)]
pub struct Tested {
    /// `accepted`, `open`, `failed`, `away` where nobody answered, or empty where it has not been asked.
    word: &'static str,
    /// What is wrong.
    text: String,
    /// When that was; empty where it has not been asked.
    at: String,
}

impl Tested {
    pub fn sample(word: &'static str) -> Self {
        Self {
            word,
            text: "<canary>".to_owned(),
            at: "2026-01-02T03:04:05Z".to_owned(),
        }
    }
}

impl Page for Tested {
    const VIEW: &'static str = "admin/registry_status.html";

    fn samples() -> Vec<Self> {
        vec![
            Self::default(),
            Self::sample("accepted"),
            Self::sample("open"),
            Self::sample("failed"),
            Self::sample("away"),
        ]
    }
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
    /// Whether the address failed a check, so that skipping it is offered.
    failed: bool,
    /// What belongs into the registry's own configuration.
    stanza: Option<String>,
    /// A new secret is in the stanza, and is never shown again.
    secret_shown: bool,
}

impl Page for List {
    const VIEW: &'static str = "admin/registries.html";

    fn samples() -> Vec<Self> {
        let then = Moment(chrono::NaiveDateTime::default());
        let row = |id: i64, word| Row {
            id,
            name: "<canary>".to_owned(),
            hostname: "<canary>:5000".to_owned(),
            external_hostname: (id == 1).then(|| "<canary>".to_owned()),
            use_ssl: id == 1,
            proxy: id == 2,
            enforced: id == 1,
            last_event_at: (id == 1).then_some(then),
            last_event_host: (id == 1).then(|| "<canary>".to_owned()),
            tested: Tested::sample(word),
            deletion: Deletion::sample("yes"),
            issuer: "<canary>".to_owned(),
            stanza: "auth: <canary>".to_owned(),
        };
        let rows = [(1, "accepted"), (2, "open"), (3, "failed"), (4, "")];
        vec![Self {
            registries: rows.map(|(id, word)| row(id, word)).into(),
        }]
    }
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
            secret_shown: false,
        };
        let mut refused = Form::new("registry")
            .with("name", "<canary>")
            .with("use_ssl", "true");
        refused.again = true;
        refused
            .errors
            .insert("hostname".to_owned(), vec!["down <canary>".to_owned()]);
        let old = |secret_shown| Self {
            id: Some(3),
            name: "<canary>".to_owned(),
            form: refused.clone(),
            movable: secret_shown,
            failed: secret_shown,
            stanza: Some("auth: <canary>".to_owned()),
            secret_shown,
        };
        vec![new, old(false), old(true)]
    }
}

async fn list(visit: Admin) -> PageResult {
    let rows = all(&visit.app).await?;
    if rows.is_empty() {
        return Ok(visit.go("/admin/registries/new"));
    }
    let app = &visit.app;
    let shown = |row: registry::Model| Row {
        tested: tested(app, row.id),
        deletion: deletion::known(app, &row),
        issuer: app.config.machine_fqdn.value.clone(),
        stanza: stanza(app, &row, Secret::Known),
        id: row.id,
        name: row.name,
        hostname: row.hostname,
        external_hostname: row.external_hostname,
        use_ssl: row.use_ssl,
        proxy: row.proxy,
        enforced: row.events_enforced,
        last_event_at: row.last_event_at.map(Moment),
        last_event_host: row.last_event_host,
    };
    let page = List {
        registries: rows.into_iter().map(shown).collect(),
    };
    visit.show("registries", &page).await
}

/// The last self-test of a registry by this process.
pub fn tested(app: &App, id: i64) -> Tested {
    let Some(check) = app.registries.last_check(id) else {
        return Tested::default();
    };
    let (word, text) = match check.trust {
        Trust::Accepted => ("accepted", String::new()),
        Trust::Open => ("open", String::new()),
        Trust::Failed(error) => {
            let word = match error.reason() {
                Some(_) => "away",
                None => "failed",
            };
            (word, error.to_string())
        }
    };
    Tested {
        word,
        text,
        at: check.at.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
    }
}

/// How a registry is now; asked for by pages that have been shown already, since its answer may take a while.
async fn status(visit: Admin) -> PageResult {
    let row = of_path(&visit).await?;
    let known = visit.app.registries.last_check(row.id);
    let fresh = known.is_some_and(|it| it.at + FRESH > visit.now());
    if !fresh {
        RegistryClient::new(&visit.app, &row).check_token().await;
    }
    visit.show("", &tested(&visit.app, row.id)).await
}

pub async fn of_path(visit: &Admin) -> Result<registry::Model> {
    let id = visit.id("id")?;
    let rows = all(&visit.app).await?;
    rows.into_iter()
        .find(|row| row.id == id)
        .ok_or(Error::NotFound)
}

async fn new(visit: Admin) -> PageResult {
    let form = Form::new("registry");
    visit.show("registries", &blank(form)).await
}

fn blank(form: Form) -> Edit {
    Edit {
        id: None,
        name: String::new(),
        failed: is_down(&form),
        form,
        movable: true,
        stanza: None,
        secret_shown: false,
    }
}

/// Whether the address is what is wrong.
fn is_down(form: &Form) -> bool {
    form.errors.contains_key("hostname")
}

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
    let made = match complaints(&visit.app, &candidate).await?.into_result() {
        Err(error) => Err(error),
        Ok(()) => {
            let new = NewRegistry {
                name,
                hostname,
                use_ssl,
                external_hostname: external,
                ..NewRegistry::default()
            };
            registries::create(&visit.app, &visit.actor, new).await
        }
    };
    match made {
        Ok(_) => Ok(visit.go_telling("/admin/registries", visit.say("registry-created"))),
        Err(error) => {
            let form = visit.refused("registry", error)?;
            visit.show_again("registries", &blank(form)).await
        }
    }
}

/// What belongs into a registry's own configuration.
fn stanza(app: &App, row: &registry::Model, secret: Secret) -> String {
    let stanza = Stanza {
        base: app.config.public_url(),
        service: row.hostname.clone(),
        issuer: app.config.machine_fqdn.value.clone(),
        bundle: USUAL_BUNDLE.to_owned(),
        bundle_written: false,
        certified: !app.keys.bundle.is_empty(),
        secret,
        pulls: true,
    };
    stanza.yaml()
}

async fn shown(visit: &Admin, row: &registry::Model, secret: Secret) -> Result<Edit> {
    let form = Form::new("registry")
        .with("name", row.name.as_str())
        .with("hostname", row.hostname.as_str())
        .with("use_ssl", row.use_ssl.to_string())
        .with(
            "external_hostname",
            row.external_hostname.clone().unwrap_or_default(),
        );
    let secret_shown = matches!(secret, Secret::Shown(_));
    let app = &visit.app;
    Ok(Edit {
        id: Some(row.id),
        name: row.name.clone(),
        form,
        movable: is_empty(app, row.id).await?,
        failed: false,
        stanza: Some(stanza(app, row, secret)),
        secret_shown,
    })
}

async fn edit(visit: Admin) -> PageResult {
    let row = of_path(&visit).await?;
    let page = shown(&visit, &row, Secret::Known).await?;
    visit.show("registries", &page).await
}

async fn update(visit: Admin) -> PageResult {
    let row = of_path(&visit).await?;
    let changes = RegistryChanges {
        name: Some(visit.text("registry[name]")),
        // The field is not there once there are repositories.
        hostname: visit.filled("registry[hostname]"),
        use_ssl: Some(visit.ticked("registry[use_ssl]")),
        external_hostname: Some(visit.text("registry[external_hostname]")),
        ..RegistryChanges::default()
    };
    let done = match ask_again(&visit, &row, &changes).await {
        Ok(()) => registries::update(&visit.app, &visit.actor, row.id, changes).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(_) => Ok(visit.go_telling("/admin/registries", visit.say("registry-updated"))),
        Err(error) => {
            let mut form = visit.refused("registry", error)?;
            let mut page = shown(&visit, &row, Secret::Known).await?;
            page.failed = is_down(&form);
            if !page.movable {
                // There is no field for it to stand beside.
                let about_it = form.errors.remove("hostname").unwrap_or_default();
                form.complaints.extend(about_it);
            }
            page.form = form;
            visit.show_again("registries", &page).await
        }
    }
}

/// A new address must answer, unless that is not to be asked.
async fn ask_again(visit: &Admin, old: &registry::Model, new: &RegistryChanges) -> Result<()> {
    let hostname = new.hostname.as_deref().unwrap_or(&old.hostname).trim();
    let use_ssl = new.use_ssl.unwrap_or(old.use_ssl);
    let same = hostname == old.hostname && use_ssl == old.use_ssl;
    if same || visit.ticked("registry[force]") {
        return Ok(());
    }
    let asked = visit.app.registries.reachable(hostname, use_ssl).await;
    asked
        .map(drop)
        .map_err(|reason| Error::invalid("hostname", reason.to_string()))
}

/// Asks the registry now, with a token of ours.
async fn check_now(visit: Admin) -> PageResult {
    let row = of_path(&visit).await?;
    let client = RegistryClient::new(&visit.app, &row);
    let trust = client.check_token().await;
    client.check_deletion().await;
    let flash = match trust {
        Trust::Accepted => Flash::notice(visit.tell("registry-accepts", &row.name)),
        Trust::Open => Flash::alert(visit.tell("registry-open", &row.name)),
        Trust::Failed(error) => Flash::alert(format!("{}: {error}", row.name)),
    };
    Ok(visit.go_saying(&visit.back_to("/admin/registries"), &[flash]))
}

/// The secret that there was ends.
async fn renew_secret(visit: Admin) -> PageResult {
    let row = of_path(&visit).await?;
    let plain = registries::renew_events_secret(&visit.app, &visit.actor, row.id).await?;
    let page = shown(&visit, &row, Secret::Shown(plain)).await?;
    visit.show("registries", &page).await
}

#[cfg(test)]
mod tests {
    use super::{Edit, List, Tested};

    crate::web::pages::view::renders!(List, Edit, Tested);
}
