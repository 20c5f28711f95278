//! Making an account for oneself, under the address that Portus' form posts to. Programs get JSON, browsers are sent on.

use std::sync::Arc;

use actix_web::{
    HttpResponse,
    http::header,
    web::{self, ServiceConfig},
};
use serde::Serialize;

use super::sign_in::{send_on, wants_json};
use crate::{
    actions::{
        sessions::{self, Browser},
        users::{self, Created, NewPerson},
    },
    error::Error,
    identity::actor::{Account, Actor},
    policy::Rule,
    web::{
        api::{not_found, sessions as api},
        error::ApiResult,
        extract::{caller::Open, client, session},
    },
};

pub fn routes(service: &mut ServiceConfig) {
    let users = web::resource(vec!["/users.json", "/users"]);
    service.service(
        users
            .default_service(web::to(not_found))
            .route(web::post().to(create)),
    );
}

/// Who has signed up.
#[derive(Serialize)]
struct SignedUp {
    #[serde(flatten)]
    present: api::Present,
    message: String,
}

async fn create(open: Open) -> ApiResult<HttpResponse> {
    open.refuse_privileged("user")?;
    let mut read = open.params.read();
    let mut text = |name: &str| read.string(&format!("user[{name}]"));
    let person = NewPerson {
        username: text("username").unwrap_or_default(),
        email: text("email").unwrap_or_default(),
        password: text("password").unwrap_or_default(),
        password_confirmation: text("password_confirmation"),
    };
    read.finish()?;
    let (app, request) = (&open.app, &open.request);
    // Nobody is to be signed in as somebody else by another site.
    if !session::is_same_origin(app, request) {
        return Err(Error::forbidden(Rule::ForgedRequest).into());
    }
    let visitor = open.visitor().await?;
    let address = client::address(request, &app.config.listener.trusted_proxies);
    let made = users::sign_up(app, &visitor, person, address).await?;
    let message = welcome(&made);
    let actor = Actor::User(Arc::new(Account::from(&made.user)));
    let browser = Browser {
        user_agent: client::agent(request),
        remember: false,
        replaces: None,
    };
    let started = sessions::start(app, &actor, address, &browser).await?;
    let entered = api::entered(&open, started, false).await?;
    let cookie = (header::SET_COOKIE, entered.cookie);
    Ok(if wants_json(request) {
        HttpResponse::Created()
            .insert_header(cookie)
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .json(SignedUp {
                present: entered.body,
                message,
            })
    } else {
        send_on(&open).insert_header(cookie).finish()
    })
}

/// Portus' sentence for a new account, with the name of its namespace where there is one already.
fn welcome(made: &Created) -> String {
    let hello = "Welcome! You have signed up successfully.";
    let tweaked = " (your username was not a valid Docker namespace, so we had to tweak it)";
    match made.homes.first() {
        None => hello.to_owned(),
        Some(home) => {
            let name = &home.name;
            let why = if *name == made.user.username {
                ""
            } else {
                tweaked
            };
            format!("{hello} Your personal namespace is '{name}'{why}.")
        }
    }
}
