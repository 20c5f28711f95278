//! Signing in with a passkey: from the first page alone, from the second in the place of a code.

use super::{
    code::{self, Ticket, too_late},
    refuse, welcome,
};
use crate::{
    actions::{passkeys, sessions::Browser},
    web::{
        api::sessions as api,
        error::PageResult,
        extract::client,
        pages::{
            passkeys::asking::{self, Answered},
            route::{Route, post},
            visit::Visit,
        },
    },
};

pub fn routes() -> Vec<Route> {
    vec![
        post("/users/sign_in/passkey", enter).without_token(),
        post("/users/sign_in/passkey/challenge", ask).without_token(),
    ]
}

/// Says what the browser is to sign: for whom the password has named, or for whomever.
async fn ask(visit: Visit) -> PageResult {
    let (app, address) = (&visit.app, visit.address());
    let question = match visit.filled("ticket") {
        None => passkeys::ask_to_enter(app, address).await,
        Some(sealed) => match Ticket::read(&visit, &sealed).await? {
            Some((_, account)) => passkeys::ask_to_prove(app, &account, address).await,
            None => Err(too_late()),
        },
    };
    asking::ask(&visit, question)
}

async fn enter(visit: Visit) -> PageResult {
    let answered = Answered::read(&visit);
    let given = answered.given(&visit);
    let mut browser = Browser {
        user_agent: client::agent(&visit.request),
        remember: visit.ticked("user[remember_me]"),
        replaces: visit.session.as_ref().map(|old| old.id),
    };
    let app = &visit.app;
    let Some(sealed) = visit.filled("ticket") else {
        return match passkeys::sign_in(app, given, &browser).await {
            Ok(started) => {
                let entered = api::entered(app, &visit.request, started, browser.remember).await?;
                welcome(&visit, entered, None)
            }
            Err(error) => refuse(&visit, error).await,
        };
    };
    let Some((ticket, account)) = Ticket::read(&visit, &sealed).await? else {
        return refuse(&visit, too_late()).await;
    };
    browser.remember = ticket.remember;
    let shown = std::sync::Arc::clone(&account);
    match passkeys::sign_in_beside(app, account, &ticket.first, given, &browser).await {
        Ok(started) => {
            let entered = api::entered(app, &visit.request, started, ticket.remember).await?;
            welcome(&visit, entered, None)
        }
        Err(error) => code::refuse(&visit, error, sealed, &shown).await,
    }
}
