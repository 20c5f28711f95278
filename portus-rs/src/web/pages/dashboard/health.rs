//! What an admin should know without asking: whether events come, whether anything waits for them, and how long keys last.
//! From rows alone: no other server is asked while somebody waits for the page.

use std::sync::Arc;

use serde::Serialize;

use crate::{
    entities::{SyncState, registry},
    error::Result,
    queries::{events, sync_runs},
    remote::Deletes,
    web::pages::{view::Moment, visit::Member},
};

/// Events that wait longer than this many seconds do so for a reason.
const PATIENCE: i64 = 60;

/// One thing, well or not.
#[derive(Clone, Debug, Serialize)]
pub struct Sign {
    /// The message `dashboard-health-NAME`.
    pub name: &'static str,
    pub well: bool,
    pub count: i64,
    /// A registry, or what went wrong.
    pub what: String,
    pub at: Option<Moment>,
    /// The page that says more.
    pub href: &'static str,
}

impl Sign {
    fn new(name: &'static str, well: bool) -> Self {
        Self {
            name,
            well,
            count: 0,
            what: String::new(),
            at: None,
            href: "/admin",
        }
    }

    /// The account is gone in whose name the service itself works.
    pub fn no_portus() -> Self {
        Self::new("no-portus", false)
    }

    pub fn samples() -> Vec<Self> {
        let names = [
            "event",
            "no-event",
            "waiting",
            "dead",
            "open",
            "strangers",
            "sync",
            "sync-failed",
            "sync-held",
            "no-sync",
            "certificate",
            "no-certificate",
            "deletion-off",
            "deletes-nothing",
            "no-portus",
        ];
        let sign = |(place, name): (usize, &'static str)| Self {
            count: 2,
            what: "registry<canary>".to_owned(),
            at: Some(Moment(chrono::NaiveDateTime::default())),
            ..Self::new(name, place % 2 == 0)
        };
        names.into_iter().enumerate().map(sign).collect()
    }
}

pub async fn signs(visit: &Member) -> Result<Vec<Sign>> {
    let app = &visit.app;
    let now = visit.now();
    let mut signs = Vec::new();
    let registries = visit.facts.all_registries().await?;
    for last in events::last_per_registry(app).await? {
        let known = registries.iter().find(|it| it.id == last.registry_id);
        let what = known.map(|it| it.name.clone()).unwrap_or_default();
        let name = if last.at.is_some() {
            "event"
        } else {
            "no-event"
        };
        signs.push(Sign {
            at: last.at.map(Moment),
            what: what.clone(),
            ..Sign::new(name, last.at.is_some())
        });
        if last.at.is_some() && !last.enforced {
            signs.push(Sign {
                what,
                href: "/admin/registries",
                ..Sign::new("open", false)
            });
        }
    }
    let inbox = events::standing(app).await?;
    let late = inbox
        .oldest
        .filter(|at| (now - *at).num_seconds() > PATIENCE);
    if let Some(at) = late {
        signs.push(Sign {
            count: i64::try_from(inbox.waiting).unwrap_or(i64::MAX),
            at: Some(Moment(at)),
            ..Sign::new("waiting", false)
        });
    }
    if inbox.dead > 0 {
        signs.push(Sign {
            count: i64::try_from(inbox.dead).unwrap_or(i64::MAX),
            ..Sign::new("dead", false)
        });
    }
    let strangers = events::unknown_hosts(app).await?;
    if let Some(first) = strangers.first() {
        signs.push(Sign {
            what: first.stranger.host.clone(),
            href: "/admin/registries",
            ..Sign::new("strangers", false)
        });
    }
    signs.push(match sync_runs::last(app).await? {
        None => Sign::new("no-sync", false),
        Some(run) => {
            let (name, well) = match run.state {
                SyncState::Held => ("sync-held", false),
                SyncState::Failed => ("sync-failed", false),
                _ => ("sync", true),
            };
            Sign {
                count: run.added + run.changed + run.removed,
                what: run.message.unwrap_or_default(),
                at: Some(Moment(run.finished_at.unwrap_or(run.started_at))),
                href: "/admin/jobs",
                ..Sign::new(name, well)
            }
        }
    });
    signs.push(match app.keys.signing.certificate() {
        None => Sign::new("no-certificate", false),
        Some(it) => Sign {
            at: Some(Moment(it.not_after())),
            ..Sign::new("certificate", it.warning(now).is_none())
        },
    });
    if app.config.delete.enabled {
        let keeps = |it: &&Arc<registry::Model>| {
            let last = app.registries.last_deletion(it.id);
            !it.proxy && last.is_some_and(|it| it.deletes == Deletes::No)
        };
        signs.extend(registries.iter().filter(keeps).map(|it| Sign {
            what: it.name.clone(),
            ..Sign::new("deletes-nothing", false)
        }));
    } else {
        signs.push(Sign::new("deletion-off", true));
    }
    // What is not well comes first.
    signs.sort_by_key(|sign| sign.well);
    Ok(signs)
}
