//! How everything is, at a glance.

use serde::Serialize;

use super::{
    deletion::{self, Deletion},
    jobs::ShownRun,
    registries::{Tested, tested},
};
use crate::{
    actions::departures,
    entities::{registry, sync_run},
    error::Result,
    keys::Certificate,
    queries::{
        self,
        events::{Day, MOST, UnknownHost},
        sync_runs,
    },
    web::{
        error::PageResult,
        pages::{
            chart::{self, Chart, Ranking},
            route::{Route, get, post},
            view::{Moment, Page},
            visit::Admin,
        },
    },
};

/// Namespaces whose storage has a bar.
const SHARES: u64 = 10;
/// How many comparisons of a registry are shown as bars.
const COMPARISONS: u64 = 30;

pub fn routes() -> Vec<Route> {
    vec![
        get("/admin", show),
        post("/admin/ldap/confirm", confirm_departures),
    ]
}

/// What `admin/health.html` shows.
#[derive(Serialize)]
pub struct Health {
    registries: Vec<Registry>,
    inbox: Inbox,
    /// What became of the events of the last days.
    applied: Chart,
    given_up: Chart,
    /// As many of a day are drawn, where a day had more.
    most: Option<i64>,
    strangers: Vec<Stranger>,
    key: Key,
    /// Whether this service has images deleted at all.
    deletion: bool,
    /// Whether notifications are applied here.
    listening: bool,
    /// What images take, in all namespaces.
    storage: Option<Ranking>,
    /// Webhooks whose secrets were stored under another key base.
    lost: Vec<Lost>,
    mail: Option<Mail>,
    departures: Option<Missing>,
}

/// People whom the directory does not have any more, too many at once.
#[derive(Serialize)]
struct Missing {
    gone: usize,
    known: usize,
    since: Moment,
}

/// Letters that do not go out.
#[derive(Serialize)]
struct Mail {
    waiting: u64,
    given_up: u64,
    /// What was said of the latest one.
    error: String,
    /// Whether an SMTP server is configured; else a program takes the letters.
    smtp: bool,
}

#[derive(Serialize)]
struct Registry {
    id: i64,
    name: String,
    hostname: String,
    enforced: bool,
    last_event_at: Option<Moment>,
    last_event_host: Option<String>,
    tested: Tested,
    deletion: Deletion,
    last_run: Option<ShownRun>,
    /// What each of the last comparisons had to put right: what nobody told of. `None` while there are too few.
    repairs: Option<Chart>,
    /// A comparison that waits for a person.
    held: Option<i64>,
}

/// Notifications, as far as they have come.
#[derive(Serialize)]
struct Inbox {
    waiting: u64,
    oldest: Option<Moment>,
    dead: u64,
    refused: u64,
    malformed: u64,
    unknown: u64,
}

/// A host that sends notifications and is no registry of ours.
#[derive(Serialize)]
struct Stranger {
    host: String,
    address: String,
    events: u64,
    last_at: Moment,
    perhaps: Option<String>,
}

impl From<UnknownHost> for Stranger {
    fn from(found: UnknownHost) -> Self {
        let it = found.stranger;
        Self {
            host: it.host,
            address: it.address,
            events: it.events,
            last_at: Moment(it.last_at),
            perhaps: found.perhaps,
        }
    }
}

/// What signs tokens.
#[derive(Serialize)]
struct Key {
    id: String,
    ends: Option<Moment>,
    warning: Option<String>,
}

#[derive(Serialize)]
struct Lost {
    webhook: String,
    namespace_id: i64,
    id: i64,
}

impl Page for Health {
    const VIEW: &'static str = "admin/health.html";

    fn samples() -> Vec<Self> {
        let then = Moment(chrono::NaiveDateTime::default());
        let registry = |id: i64, trust, deletes, state| Registry {
            id,
            name: "<canary>".to_owned(),
            hostname: "<canary>".to_owned(),
            enforced: id == 1,
            last_event_at: (id == 1).then_some(then),
            last_event_host: (id == 1).then(|| "<canary>".to_owned()),
            tested: Tested::sample(trust),
            deletion: Deletion::sample(deletes),
            last_run: (id != 3).then(|| ShownRun::sample(state)),
            repairs: (id == 1)
                .then(|| Chart::new([("<canary>".to_owned(), 2), ("b".to_owned(), 0)])),
            held: (id == 2).then_some(9),
        };
        let well = Self {
            registries: vec![registry(1, "accepted", "yes", "done")],
            inbox: Inbox {
                waiting: 0,
                oldest: None,
                dead: 0,
                refused: 0,
                malformed: 0,
                unknown: 0,
            },
            applied: Chart::new([]),
            given_up: Chart::new([]),
            most: None,
            strangers: Vec::new(),
            key: Key {
                id: "ABCD:EFGH".to_owned(),
                ends: Some(then),
                warning: None,
            },
            deletion: true,
            listening: true,
            storage: Some(Ranking::sample(0)),
            lost: Vec::new(),
            mail: None,
            departures: None,
        };
        let unwell = Self {
            registries: vec![
                registry(2, "open", "no", "held"),
                registry(3, "failed", "unknown", "failed"),
                registry(4, "", "", "running"),
            ],
            inbox: Inbox {
                waiting: 3,
                oldest: Some(then),
                dead: 2,
                refused: 1,
                malformed: 1,
                unknown: 1,
            },
            applied: Chart::new([("2026-01-01".to_owned(), 2_000)]),
            given_up: Chart::new([("2026-01-01".to_owned(), 2)]),
            most: Some(2_000),
            strangers: vec![Stranger {
                host: "<canary>".to_owned(),
                address: "<canary>".to_owned(),
                events: 4,
                last_at: then,
                perhaps: Some("<canary>".to_owned()),
            }],
            key: Key {
                id: "ABCD".to_owned(),
                ends: None,
                warning: Some("soon <canary>".to_owned()),
            },
            deletion: false,
            listening: false,
            storage: Some(Ranking::sample(12)),
            lost: vec![Lost {
                webhook: "<canary>".to_owned(),
                namespace_id: 1,
                id: 2,
            }],
            mail: Some(Mail {
                waiting: 2,
                given_up: 1,
                error: "refused <canary>".to_owned(),
                smtp: true,
            }),
            departures: Some(Missing {
                gone: 12,
                known: 20,
                since: then,
            }),
        };
        vec![well, unwell]
    }
}

/// These comparisons, the newest first, as bars.
fn repairs(runs: &[sync_run::Model]) -> Chart {
    let bar = |run: &sync_run::Model| {
        let at = run.started_at.format("%Y-%m-%d %H:%M").to_string();
        (at, run.added + run.changed + run.removed + run.errors)
    };
    Chart::new(runs.iter().rev().map(bar))
}

async fn of_registry(visit: &Admin, row: registry::Model) -> Result<Registry> {
    let app = &visit.app;
    let mut runs = queries::sync::runs(app, row.id, COMPARISONS).await?;
    let repairs = (runs.len() > 1).then(|| repairs(&runs));
    runs.truncate(1);
    let run = sync_runs::dressed(app, runs).await?.pop();
    let held = queries::sync::held(app, row.id).await?;
    Ok(Registry {
        deletion: deletion::known(app, &row),
        id: row.id,
        name: row.name,
        hostname: row.hostname,
        enforced: row.events_enforced,
        last_event_at: row.last_event_at.map(Moment),
        last_event_host: row.last_event_host,
        tested: tested(app, row.id),
        last_run: run.map(ShownRun::from),
        repairs,
        held: held.map(|run| run.id),
    })
}

/// That the end of a certificate is near or past.
fn warning(visit: &Admin, certificate: &Certificate) -> Option<String> {
    let now = visit.now();
    certificate.warning(now)?;
    let end = certificate.not_after();
    let message = if end <= now {
        "health-certificate-ended"
    } else {
        "health-certificate-ends"
    };
    Some(visit.tell(message, &end.format("%Y-%m-%d").to_string()))
}

async fn show(visit: Admin) -> PageResult {
    let app = &visit.app;
    let mut registries = Vec::new();
    for row in queries::registries::all(app).await? {
        registries.push(of_registry(&visit, row).await?);
    }
    let inbox = queries::events::standing(app).await?;
    let days = queries::events::last_days(app).await?;
    let day = |it: &Day, count| (chart::date(it.day), count);
    let strangers = queries::events::unknown_hosts(app).await?;
    let lost = queries::webhooks::with_lost_secrets(app).await?;
    let mail = queries::mails::trouble(app).await?;
    let departures = queries::departures::held(&app.database).await?;
    let shares = queries::storage::greatest(app, visit.actor.who(), SHARES).await?;
    let certificate = app.keys.signing.certificate();
    let page = Health {
        registries,
        inbox: Inbox {
            waiting: inbox.waiting,
            oldest: inbox.oldest.map(Moment),
            dead: inbox.dead,
            refused: inbox.counts.refused,
            malformed: inbox.counts.malformed,
            unknown: inbox.counts.unknown,
        },
        applied: Chart::new(days.iter().map(|it| day(it, it.applied))),
        given_up: Chart::new(days.iter().map(|it| day(it, it.given_up))),
        most: days
            .iter()
            .any(|it| it.applied.max(it.given_up) >= MOST)
            .then_some(MOST),
        strangers: strangers.into_iter().map(Stranger::from).collect(),
        key: Key {
            id: app.keys.signing.key_id().to_owned(),
            ends: certificate.map(|it| Moment(it.not_after())),
            warning: certificate.and_then(|it| warning(&visit, it)),
        },
        deletion: app.config.delete.enabled,
        listening: app.config.background.registry,
        storage: Ranking::of(shares),
        lost: lost
            .into_iter()
            .map(|(webhook, namespace)| Lost {
                webhook: webhook.name,
                namespace_id: namespace.id,
                id: webhook.id,
            })
            .collect(),
        mail: mail.map(|it| Mail {
            waiting: it.waiting,
            given_up: it.given_up,
            error: it.last_error,
            smtp: app.config.email.smtp.is_some(),
        }),
        departures: departures.map(|it| Missing {
            gone: it.gone,
            known: it.known,
            since: Moment(it.since),
        }),
    };
    visit.show("admin", &page).await
}

async fn confirm_departures(visit: Admin) -> PageResult {
    match departures::confirm(&visit.app, &visit.actor).await {
        Ok(_) => Ok(visit.go_telling("/admin", visit.say("health-departures-confirmed"))),
        Err(error) => visit.go_refused("/admin", error),
    }
}

#[cfg(test)]
mod tests {
    use super::Health;

    crate::web::pages::view::renders!(Health);
}
