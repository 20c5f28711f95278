//! What opens somebody's account and where it is open, as admins look after it: a second factor, links with identity
//! providers, browsers, docker logins.

use serde::Serialize;

use super::user::of_path;
use crate::{
    actions::{refresh_tokens, sessions, users},
    entities::{login_failure, user},
    error::{Error, Result},
    queries,
    web::{
        error::PageResult,
        pages::{
            identities::{self, Link},
            profile::devices::{self, DockerLogin, SignedIn},
            route::{Route, delete, put},
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
        delete("/admin/users/{id}/lock", unlock),
        put("/admin/users/{id}/directory", tie),
    ]
}

/// For `admin/access.html`.
#[derive(Serialize)]
pub struct Access {
    identities: Vec<Link>,
    sessions: Vec<SignedIn>,
    docker_logins: Vec<DockerLogin>,
    second_factor: Option<Factor>,
    /// Where wrong passwords came from, and until when more are refused from there.
    held: Vec<Held>,
    /// Whether the password is that of the LDAP directory.
    directory: bool,
    /// Whether there is a directory to tie the account to.
    tieable: bool,
}

#[derive(Serialize)]
struct Held {
    address: String,
    until: Option<Moment>,
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
            held: vec![Held {
                address: "<canary>".to_owned(),
                until: Some(Moment(chrono::NaiveDateTime::default())),
            }],
            directory: true,
            tieable: false,
        }
    }

    pub fn none() -> Self {
        Self {
            identities: Vec::new(),
            sessions: Vec::new(),
            docker_logins: Vec::new(),
            second_factor: None,
            held: Vec::new(),
            directory: false,
            tieable: true,
        }
    }
}

impl From<login_failure::Model> for Held {
    fn from(row: login_failure::Model) -> Self {
        Self {
            address: row.address,
            until: row.held_until.map(Moment),
        }
    }
}

/// How an account can be entered, and where it is.
pub async fn of(visit: &Admin, row: &user::Model) -> Result<Access> {
    let factor = queries::second_factor::of(&visit.app, row.id).await?;
    let held = queries::users::held(&visit.app, row).await?;
    Ok(Access {
        identities: identities::of(visit, row.id).await?,
        sessions: devices::sessions(visit, row.id).await?,
        docker_logins: devices::docker_logins(visit, row.id).await?,
        second_factor: factor.map(|it| Factor {
            since: Moment(it.since),
            codes: it.codes,
        }),
        held: held.into_iter().map(Held::from).collect(),
        directory: row.directory,
        tieable: !row.bot && !row.directory && visit.app.directory.is_some(),
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

async fn unlock(visit: Admin) -> PageResult {
    let row = of_path(&visit).await?;
    let back = page_of(&row);
    match users::unlock(&visit.app, &visit.actor, row.id).await {
        Ok(done) => {
            let said = visit.tell("user-unlocked", &done.user.username);
            Ok(visit.go_telling(&back, said))
        }
        Err(error) => visit.go_refused(&back, error),
    }
}

/// Ties the account to the LDAP directory, or loosens it.
async fn tie(visit: Admin) -> PageResult {
    let row = of_path(&visit).await?;
    let back = page_of(&row);
    let wanted = visit.ticked("directory");
    match users::set_directory(&visit.app, &visit.actor, row.id, wanted).await {
        Ok(row) => {
            let said = if wanted { "user-tied" } else { "user-loosened" };
            Ok(visit.go_telling(&back, visit.tell(said, &row.username)))
        }
        Err(error) => visit.go_refused(&back, error),
    }
}
