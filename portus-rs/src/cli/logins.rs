//! `logins`: where somebody is signed in, ending it when a machine or a phone is lost, and letting in again who was held
//! back.

use crate::{
    actions::{
        logins::{self, Which},
        second_factor, users,
    },
    app::App,
    entities::user,
    error::Error,
    identity::{actor::Actor, throttle},
    queries::{self, by_name},
};

use super::{
    console::{complain, say},
    context::Session,
    failure::{Failure, Outcome},
};

/// What to do about somebody's logins.
#[derive(Debug, clap::Subcommand)]
pub enum Deed {
    /// List browsers that are signed in, and docker logins
    List {
        /// The user whose logins they are
        user: String,
        /// Print JSON, one object a line
        #[arg(long)]
        json: bool,
    },
    /// End logins; they are refused from the next request on
    End {
        /// The user whose logins they are
        user: String,
        /// A browser, by the id that `logins list` prints; may be repeated
        #[arg(long, value_name = "ID", required_unless_present_any = ["docker", "all"])]
        browser: Vec<i64>,
        /// A docker login, by the id that `logins list` prints; may be repeated
        #[arg(long, value_name = "ID")]
        docker: Vec<i64>,
        /// All of them
        #[arg(long, conflicts_with_all = ["browser", "docker"])]
        all: bool,
    },
    /// Take the second factor off an account whose owner has lost it
    DropSecondFactor {
        /// The user who has lost it
        user: String,
    },
    /// Let somebody try again who is held back after too many wrong passwords
    Unlock {
        /// The user who is held back
        user: String,
    },
}

pub async fn perform(session: &Session, deed: Deed) -> Outcome {
    let app = session.app().await?;
    match deed {
        Deed::List { user, json } => list(&app, &named(&app, &user).await?, json).await,
        Deed::End {
            user, all: true, ..
        } => end_all(&app, &named(&app, &user).await?).await,
        Deed::End {
            user,
            browser,
            docker,
            ..
        } => end(&app, &named(&app, &user).await?, &browser, &docker).await,
        Deed::DropSecondFactor { user } => drop_factor(&app, &named(&app, &user).await?).await,
        Deed::Unlock { user } => unlock(&app, &named(&app, &user).await?).await,
    }
}

async fn named(app: &App, name: &str) -> Result<user::Model, Failure> {
    let found = by_name::user(&app.database, name).await?;
    found.ok_or_else(|| Failure::aborted(format!("there is no user '{name}'")))
}

async fn list(app: &App, owner: &user::Model, json: bool) -> Outcome {
    let who = Actor::Operator.who();
    let browsers = queries::sessions::of(app, who, owner.id).await?;
    let docker = queries::refresh_tokens::of(app, who, owner.id).await?;
    if json {
        for it in browsers {
            let line = serde_json::json!({"kind": "browser", "id": it.id, "address": it.address,
                "client": it.user_agent, "created_at": it.created_at, "last_used_at": it.last_seen_at});
            say(line.to_string());
        }
        for it in docker {
            let line = serde_json::json!({"kind": "docker", "id": it.id, "address": it.address,
                "client": it.client_id, "service": it.service, "created_at": it.created_at,
                "last_used_at": it.last_used_at});
            say(line.to_string());
        }
        return Ok(());
    }
    if browsers.is_empty() && docker.is_empty() {
        say(format!("{} is logged in nowhere.", owner.username));
    }
    let at = |moment: chrono::NaiveDateTime| moment.format("%Y-%m-%d %H:%M:%S");
    for it in browsers {
        let (id, used) = (it.id, at(it.last_seen_at));
        say(format!(
            "browser {id}  last used {used}  {}  {}",
            it.address, it.user_agent
        ));
    }
    for it in docker {
        let (id, used) = (it.id, at(it.last_used_at));
        say(format!(
            "docker {id}  last used {used}  {}  {} at {}",
            it.address, it.client_id, it.service
        ));
    }
    Ok(())
}

async fn end_all(app: &App, owner: &user::Model) -> Outcome {
    let logins::Ended { browsers, docker } =
        logins::end(app, &Actor::Operator, owner.id, Which::All).await?;
    say(format!(
        "Ended: {browsers} in browsers, {docker} of docker."
    ));
    complain(
        "portus-rs: whoever knows the password or an application token gets in again: change them, or disable the account",
    );
    Ok(())
}

async fn end(app: &App, owner: &user::Model, browsers: &[i64], docker: &[i64]) -> Outcome {
    let these = Which::These { browsers, docker };
    match logins::end(app, &Actor::Operator, owner.id, these).await {
        Err(Error::Unknown(text)) => {
            return Err(Failure::aborted(format!(
                "{text}, and nothing was ended; see portus-rs logins list {}",
                owner.username
            )));
        }
        done => done?,
    };
    for id in browsers {
        say(format!("Ended: browser {id}."));
    }
    for id in docker {
        say(format!("Ended: docker {id}."));
    }
    Ok(())
}

async fn drop_factor(app: &App, owner: &user::Model) -> Outcome {
    if !owner.second_factor {
        return Err(Failure::aborted(format!(
            "{} has no second factor",
            owner.username
        )));
    }
    match second_factor::remove(app, &Actor::Operator, owner.id, None).await {
        Err(Error::NotFound) => Err(Failure::aborted("the account is gone")),
        done => {
            done?;
            say(format!(
                "{} signs in with the password alone now.",
                owner.username
            ));
            Ok(())
        }
    }
}

async fn unlock(app: &App, owner: &user::Model) -> Outcome {
    let name = &owner.username;
    if users::unlock(app, &Actor::Operator, owner.id)
        .await?
        .was_held
    {
        say(format!(
            "{name} may try again from everywhere, within {} seconds at each process.",
            throttle::FRESH.as_secs()
        ));
    } else {
        say(format!("{name} was not held back."));
    }
    Ok(())
}
