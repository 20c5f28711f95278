//! Registries: the list with how each is, and what belongs into their own configuration.

use chrono::TimeDelta;
use serde::Serialize;

use super::deletion::{self, Deletion};
use crate::{
    app::App,
    entities::registry,
    error::{Error, Result},
    protocol::stanza::{Secret, Stanza, USUAL_BUNDLE},
    queries::registries::all,
    remote::{RegistryClient, Trust},
    web::{
        error::PageResult,
        pages::{
            flash::Flash,
            route::{Route, get, post},
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
        get("/admin/registries/{id}/status", status),
        post("/admin/registries/{id}/check", check_now),
    ]
}

/// What `admin/registries.html` shows.
#[derive(Serialize)]
pub struct List {
    registries: Vec<Row>,
}

#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
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
    /// Whether it has a secret for its notifications.
    secret: bool,
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
            secret: id == 1,
            stanza: "auth: <canary>".to_owned(),
        };
        let rows = [(1, "accepted"), (2, "open"), (3, "failed"), (4, "")];
        vec![Self {
            registries: rows.map(|(id, word)| row(id, word)).into(),
        }]
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
        secret: row.events_secret_sha256.is_some(),
        stanza: stanza(&visit, &row, kept(&row)),
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

/// What the secret of a registry is to those who did not see it made.
pub fn kept(row: &registry::Model) -> Secret {
    match row.events_secret_sha256 {
        Some(_) => Secret::Known,
        None => Secret::Unmade,
    }
}

/// What belongs into a registry's own configuration.
pub fn stanza(visit: &Admin, row: &registry::Model, secret: Secret) -> String {
    let app = &visit.app;
    let stanza = Stanza {
        base: app.config.public_url(),
        service: row.hostname.clone(),
        issuer: app.config.machine_fqdn.value.clone(),
        bundle: USUAL_BUNDLE.to_owned(),
        bundle_written: false,
        certified: !app.keys.bundle.is_empty(),
        secret,
        renewal: format!("“{}”", visit.say("registry-secret-new")),
        pulls: true,
    };
    stanza.yaml()
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

#[cfg(test)]
mod tests {
    use super::{List, Tested};

    crate::web::pages::view::renders!(List, Tested);
}
