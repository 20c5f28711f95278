//! `token`: an application token for the API and for scripts, from the shell.

use crate::{
    actions::application_tokens::{self, Ends, NewToken},
    entities::TokenScope,
    identity::actor::Actor,
    queries::by_name,
};

use super::{
    console::{complain, say},
    context::Session,
    failure::{Failure, Outcome},
};

/// Issue an application token: it opens the API, and docker takes it as a password
#[derive(Debug, clap::Args)]
pub struct Options {
    /// The user it stands for
    user: String,
    /// What it is for, such as jenkins; one of a kind for each user
    application: String,
    /// How much of the user's rights it carries: all, reading (API and pulls), or pulling images only
    #[arg(long, value_parser = ["full", "read", "pull"], default_value = "full")]
    scope: String,
    /// The only namespace it is good for, by name or id
    #[arg(long, value_name = "NAME")]
    namespace: Option<String>,
    /// After how many days it stops being good; by default never
    #[arg(long, value_name = "DAYS")]
    expires_in: Option<i64>,
}

pub async fn issue(session: &Session, options: Options) -> Outcome {
    let app = session.app().await?;
    let row = by_name::user(&app.database, &options.user)
        .await?
        .ok_or_else(|| Failure::aborted(format!("there is no user '{}'", options.user)))?;
    let new = NewToken {
        application: options.application,
        scope: options.scope.parse().unwrap_or(TokenScope::Pull),
        namespace: options.namespace,
        ends: options.expires_in.map_or(Ends::Never, Ends::After),
    };
    let issued = application_tokens::issue_limited(&app, &Actor::Operator, row.id, &new).await?;
    if new.scope == TokenScope::Pull {
        complain(format!(
            "portus-rs: shown this once; it is the password of {} for docker, and not for the API",
            row.username
        ));
    } else {
        complain(format!(
            "portus-rs: shown this once; in the API it is the header Portus-Auth: {}:TOKEN",
            row.username
        ));
    }
    say(issued.plain);
    Ok(())
}
