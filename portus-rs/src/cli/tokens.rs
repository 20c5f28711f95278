//! `token`: an application token for the API and for scripts, from the shell.

use crate::{actions::application_tokens, identity::actor::Actor, queries::by_name};

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
}

pub async fn issue(session: &Session, options: Options) -> Outcome {
    let app = session.app().await?;
    let row = by_name::user(&app.database, &options.user)
        .await?
        .ok_or_else(|| Failure::aborted(format!("there is no user '{}'", options.user)))?;
    let issued =
        application_tokens::issue(&app, &Actor::Operator, row.id, &options.application).await?;
    complain(format!(
        "portus-rs: shown this once; in the API it is the header Portus-Auth: {}:TOKEN",
        row.username
    ));
    say(issued.plain);
    Ok(())
}
