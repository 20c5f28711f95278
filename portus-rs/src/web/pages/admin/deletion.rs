//! Whether registries delete images, as the health page shows it.

use chrono::TimeDelta;
use serde::Serialize;

use super::registries::of_path;
use crate::{
    app::App,
    entities::registry,
    remote::{Deletes, RegistryClient},
    web::{
        error::PageResult,
        pages::{
            route::{Route, get},
            view::Page,
            visit::Admin,
        },
    },
};

/// For so long an answer is shown without asking again; "Check now" asks at once.
const FRESH: TimeDelta = TimeDelta::hours(1);

pub fn routes() -> Vec<Route> {
    vec![get("/admin/registries/{id}/deletion", show)]
}

/// What `admin/registry_deletion.html` shows.
#[derive(Default, Serialize)]
pub struct Deletion {
    /// `yes`, `no`, `readonly`, `unknown`, or empty where it has not been asked.
    word: &'static str,
    /// What is wrong.
    text: String,
    /// When that was; empty where it has not been asked.
    at: String,
    /// Whether this service has images deleted, so that the registry should.
    wanted: bool,
}

impl Deletion {
    pub fn sample(word: &'static str) -> Self {
        Self {
            word,
            text: "<canary>".to_owned(),
            at: "2026-01-02T03:04:05Z".to_owned(),
            wanted: word != "readonly",
        }
    }
}

impl Page for Deletion {
    const VIEW: &'static str = "admin/registry_deletion.html";

    fn samples() -> Vec<Self> {
        let unwanted = Self {
            wanted: false,
            ..Self::sample("no")
        };
        let words = ["yes", "no", "readonly", "unknown"];
        let asked = words.into_iter().map(Self::sample);
        asked.chain([Self::default(), unwanted]).collect()
    }
}

/// What is known of a registry without asking it.
pub fn known(app: &App, row: &registry::Model) -> Deletion {
    // A cache of another registry cannot.
    let wanted = app.config.delete.enabled && !row.proxy;
    let Some(check) = app.registries.last_deletion(row.id) else {
        return Deletion {
            wanted,
            ..Deletion::default()
        };
    };
    let (word, text) = match check.deletes {
        Deletes::Yes => ("yes", String::new()),
        Deletes::No => ("no", String::new()),
        Deletes::ReadOnly => ("readonly", String::new()),
        Deletes::Unknown(error) => ("unknown", error.to_string()),
    };
    Deletion {
        word,
        text,
        at: check.at.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
        wanted,
    }
}

/// Asked for by a page that has been shown already, since the registry may take its time.
async fn show(visit: Admin) -> PageResult {
    let row = of_path(&visit).await?;
    let last = visit.app.registries.last_deletion(row.id);
    let fresh = last.is_some_and(|it| {
        it.at + FRESH > visit.now() && !matches!(it.deletes, Deletes::Unknown(_))
    });
    if !fresh {
        RegistryClient::new(&visit.app, &row).check_deletion().await;
    }
    visit.show("", &known(&visit.app, &row)).await
}

#[cfg(test)]
mod tests {
    use super::Deletion;

    crate::web::pages::view::renders!(Deletion);
}
