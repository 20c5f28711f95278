//! `events`: notifications that were given up, and giving them another try.

use crate::{actions::inbox, error::Error, identity::actor::Actor, queries::dead_events};

use super::{
    console::say,
    context::Session,
    failure::{Failure, Outcome},
};

/// What to do about notifications that could not be applied.
#[derive(Debug, clap::Subcommand)]
pub enum Deed {
    /// List those that were given up, the oldest first
    Dead {
        /// Print JSON, one object a line
        #[arg(long)]
        json: bool,
    },
    /// Put them back to be applied by the running service
    Replay {
        /// Ids, as `events dead` lists them
        #[arg(required_unless_present = "all")]
        id: Vec<i64>,
        /// Every one of them
        #[arg(long, conflicts_with = "id")]
        all: bool,
    },
}

pub async fn perform(session: &Session, deed: Deed) -> Outcome {
    match deed {
        Deed::Dead { json } => list(session, json).await,
        Deed::Replay { all: true, .. } => {
            let app = session.app().await?;
            let count = inbox::replay_all(&app, &Actor::Operator).await?;
            say(format!("Put back: {count}."));
            Ok(())
        }
        Deed::Replay { id, .. } => {
            let app = session.app().await?;
            for id in id {
                match inbox::replay(&app, &Actor::Operator, id).await {
                    Err(Error::NotFound) => {
                        return Err(Failure::aborted(format!("there is no event {id}")));
                    }
                    done => done?,
                }
                say(format!("Put back: {id}."));
            }
            Ok(())
        }
    }
}

async fn list(session: &Session, json: bool) -> Outcome {
    let database = session.database().await?;
    let mut after = 0;
    let mut none = true;
    loop {
        let page = dead_events::after(&database, after).await?;
        let Some(last) = page.last() else { break };
        after = last.id;
        none = false;
        for event in page {
            let error = event.last_error.unwrap_or_default();
            if json {
                let line = serde_json::json!({
                    "id": event.id,
                    "registry_id": event.registry_id,
                    "event_id": event.event_id,
                    "action": event.action,
                    "repository": event.repository,
                    "received_at": event.created_at,
                    "attempts": event.attempts,
                    "error": error,
                });
                say(line.to_string());
            } else {
                say(format!(
                    "{}  {}  {} {}: {error}",
                    event.id,
                    event.created_at.format("%Y-%m-%d %H:%M:%S"),
                    event.action,
                    event.repository,
                ));
            }
        }
    }
    if none && !json {
        say("No event was given up.");
    }
    Ok(())
}
