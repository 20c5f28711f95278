//! Where one is signed in, on the web and with docker, and ending it.

use serde::Serialize;

use super::own_id;
use crate::{
    actions::{refresh_tokens, sessions},
    entities::{refresh_token, session},
    error::Result,
    queries,
    web::{
        error::PageResult,
        pages::{view::Moment, visit::Member},
    },
};

/// A browser that is signed in.
#[derive(Serialize)]
pub struct SignedIn {
    id: i64,
    current: bool,
    /// Browser and system, as far as the browser tells.
    device: String,
    /// `desktop`, `mobile` or `terminal`.
    kind: &'static str,
    address: String,
    created_at: Moment,
    last_seen_at: Moment,
}

/// A docker login.
#[derive(Serialize)]
pub struct DockerLogin {
    id: i64,
    service: String,
    /// What keeps it, as that calls itself.
    device: String,
    /// As of a browser.
    kind: &'static str,
    address: String,
    created_at: Moment,
    last_used_at: Moment,
}

impl SignedIn {
    pub fn samples() -> Vec<Self> {
        let at = Moment(chrono::NaiveDateTime::default());
        let signed_in = |id, kind| Self {
            id,
            current: id == 1,
            device: "Lynx <canary>".to_owned(),
            kind,
            address: "192.0.2.1<canary>".to_owned(),
            created_at: at,
            last_seen_at: at,
        };
        vec![
            signed_in(1, "desktop"),
            signed_in(2, "mobile"),
            signed_in(3, "terminal"),
        ]
    }

    fn new(row: session::Model, current: Option<i64>) -> Self {
        let (device, kind) = device(&row.user_agent);
        Self {
            id: row.id,
            current: current == Some(row.id),
            device,
            kind,
            address: row.address,
            created_at: Moment(row.created_at),
            last_seen_at: Moment(row.last_seen_at),
        }
    }
}

impl DockerLogin {
    pub fn samples() -> Vec<Self> {
        let at = Moment(chrono::NaiveDateTime::default());
        vec![Self {
            id: 1,
            service: "registry<canary>".to_owned(),
            device: "docker<canary>".to_owned(),
            kind: "terminal",
            address: "192.0.2.1<canary>".to_owned(),
            created_at: at,
            last_used_at: at,
        }]
    }
}

impl From<refresh_token::Model> for DockerLogin {
    fn from(row: refresh_token::Model) -> Self {
        let (device, kind) = device(&row.client_id);
        Self {
            id: row.id,
            service: row.service,
            device,
            kind,
            address: row.address,
            created_at: Moment(row.created_at),
            last_used_at: Moment(row.last_used_at),
        }
    }
}

pub async fn sessions(visit: &Member, id: i64) -> Result<Vec<SignedIn>> {
    let rows = queries::sessions::of(&visit.app, visit.actor.who(), id).await?;
    let current = visit.session.as_ref().map(|it| it.id);
    let mut all: Vec<SignedIn> = rows
        .into_iter()
        .map(|row| SignedIn::new(row, current))
        .collect();
    all.sort_by_key(|it| !it.current);
    Ok(all)
}

pub async fn docker_logins(visit: &Member, id: i64) -> Result<Vec<DockerLogin>> {
    let rows = queries::refresh_tokens::of(&visit.app, visit.actor.who(), id).await?;
    Ok(rows.into_iter().map(DockerLogin::from).collect())
}

pub async fn end(visit: Member) -> PageResult {
    sessions::end(&visit.app, &visit.actor, visit.id("id")?).await?;
    Ok(visit.go_telling("/users/edit", visit.say("profile-session-ended")))
}

pub async fn end_others(visit: Member) -> PageResult {
    let current = visit.session.as_ref().map(|it| it.id);
    sessions::end_all(&visit.app, &visit.actor, own_id(&visit)?, current).await?;
    Ok(visit.go_telling("/users/edit", visit.say("profile-sessions-ended")))
}

pub async fn log_out(visit: Member) -> PageResult {
    refresh_tokens::revoke(&visit.app, &visit.actor, visit.id("id")?).await?;
    Ok(visit.go_telling("/users/edit", visit.say("profile-docker-ended")))
}

/// What a browser or another client calls itself, told shortly: nothing is decided by it.
fn device(agent: &str) -> (String, &'static str) {
    let first = |known: &[(&str, &'static str)]| {
        let found = known.iter().find(|(mark, _)| agent.contains(mark));
        found.map(|(_, name)| *name)
    };
    let browser = first(&[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"),
        ("HeadlessChrome/", "Chromium"),
        ("Chrome/", "Chrome"),
        ("CriOS/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = first(&[
        ("Windows", "Windows"),
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Mac OS X", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ]);
    let mobile = ["Mobile", "Android", "iPhone", "iPad"]
        .iter()
        .any(|mark| agent.contains(mark));
    match (browser, system) {
        (Some(browser), Some(system)) => (
            format!("{browser}, {system}"),
            if mobile { "mobile" } else { "desktop" },
        ),
        (Some(browser), None) => (browser.to_owned(), "desktop"),
        _ => {
            let name: String = agent.chars().take(60).collect();
            (name, "terminal")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::device;

    #[test]
    fn browsers_are_told_by_the_names_that_people_know() {
        for (agent, told) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
                ("Firefox, Linux", "desktop"),
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 \
                 Safari/537.36 Edg/140.0.0.0",
                ("Edge, Windows", "desktop"),
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 Version/18.0 Mobile/15E148 Safari/604.1",
                ("Safari, iPhone", "mobile"),
            ),
            ("curl/8.0", ("curl/8.0", "terminal")),
            ("", ("", "terminal")),
        ] {
            let (name, kind) = device(agent);
            assert_eq!((name.as_str(), kind), told);
        }
    }
}
