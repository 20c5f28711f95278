//! What opens somebody's account and where it is open, as admins look after it: a second factor, links with identity
//! providers, browsers, docker logins.

use serde::Serialize;

use super::user::of_path;
use crate::{
    actions::{refresh_tokens, sessions},
    entities::user,
    error::{Error, Result},
    queries,
    web::{
        error::PageResult,
        pages::{
            identities::{self, Link},
            profile::devices::{self, DockerLogin, SignedIn},
            route::{Route, delete},
            view::Moment,
            visit::Admin,
        },
    },
};

pub fn routes() -> Vec<Route> {
    vec![
        delete("/admin/users/{id}/sessions", end_sessions),
        delete("/admin/users/{id}/sessions/{session}", end_session),
        delete("/admin/users/{id}/docker_logins", end_logins),
        delete("/admin/users/{id}/docker_logins/{login}", end_login),
    ]
}

/// For `admin/access.html`.
#[derive(Serialize)]
pub struct Access {
    identities: Vec<Link>,
    sessions: Vec<SignedIn>,
    docker_logins: Vec<DockerLogin>,
    second_factor: Option<Factor>,
}

/// A second factor that is asked for.
#[derive(Serialize)]
struct Factor {
    since: Moment,
    codes: u64,
}

impl Access {
    pub fn sample() -> Self {
        Self {
            identities: Link::samples(),
            sessions: SignedIn::samples(),
            docker_logins: DockerLogin::samples(),
            second_factor: Some(Factor {
                since: Moment(chrono::NaiveDateTime::default()),
                codes: 3,
            }),
        }
    }

    pub fn none() -> Self {
        Self {
            identities: Vec::new(),
            sessions: Vec::new(),
            docker_logins: Vec::new(),
            second_factor: None,
        }
    }
}

/// How an account can be entered, and where it is.
pub async fn of(visit: &Admin, row: &user::Model) -> Result<Access> {
    let factor = queries::second_factor::of(&visit.app, row.id).await?;
    Ok(Access {
        identities: identities::of(visit, row.id).await?,
        sessions: devices::sessions(visit, row.id).await?,
        docker_logins: devices::docker_logins(visit, row.id).await?,
        second_factor: factor.map(|it| Factor {
            since: Moment(it.since),
            codes: it.codes,
        }),
    })
}

fn page_of(row: &user::Model) -> String {
    format!("/admin/users/{}/edit", row.id)
}

async fn end_sessions(visit: Admin) -> PageResult {
    let row = of_path(&visit).await?;
    sessions::end_all(&visit.app, &visit.actor, row.id, None).await?;
    let said = visit.tell("user-signed-out", &row.username);
    Ok(visit.go_telling(&page_of(&row), said))
}

async fn end_session(visit: Admin) -> PageResult {
    let (row, id) = (of_path(&visit).await?, visit.id("session")?);
    let theirs = queries::sessions::of(&visit.app, visit.actor.who(), row.id).await?;
    if !theirs.iter().any(|it| it.id == id) {
        return Err(Error::NotFound.into());
    }
    sessions::end(&visit.app, &visit.actor, id).await?;
    Ok(visit.go_telling(&page_of(&row), visit.say("profile-session-ended")))
}

async fn end_logins(visit: Admin) -> PageResult {
    let row = of_path(&visit).await?;
    refresh_tokens::revoke_all(&visit.app, &visit.actor, row.id).await?;
    let said = visit.tell("user-docker-ended", &row.username);
    Ok(visit.go_telling(&page_of(&row), said))
}

async fn end_login(visit: Admin) -> PageResult {
    let (row, id) = (of_path(&visit).await?, visit.id("login")?);
    let theirs = queries::refresh_tokens::of(&visit.app, visit.actor.who(), row.id).await?;
    if !theirs.iter().any(|it| it.id == id) {
        return Err(Error::NotFound.into());
    }
    refresh_tokens::revoke(&visit.app, &visit.actor, id).await?;
    Ok(visit.go_telling(&page_of(&row), visit.say("profile-docker-ended")))
}
