//! Forgotten passwords, under the addresses that Portus' forms post to.

use std::sync::Arc;

use actix_web::{
    HttpResponse,
    http::header,
    web::{self, ServiceConfig},
};
use serde_json::json;

use super::sign_in::{send_on, wants_json};
use crate::{
    actions::{
        password_resets,
        sessions::{self, Browser},
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

/// Told to everybody who asks.
const SENT: &str =
    "You will receive an email with instructions on how to reset your password in a few minutes.";
const CHANGED: &str = "Your password has been changed successfully. You are now signed in. Remember to login again on the Docker CLI.";
const CHANGED_ONLY: &str =
    "Your password has been changed successfully. Remember to login again on the Docker CLI.";

pub fn routes(service: &mut ServiceConfig) {
    let password = web::resource(vec!["/users/password.json", "/users/password"]);
    service.service(
        password
            .default_service(web::to(not_found))
            .route(web::post().to(create))
            .route(web::put().to(update)),
    );
}

async fn create(open: Open) -> ApiResult<HttpResponse> {
    let mut read = open.params.read();
    let email = read.string("user[email]").unwrap_or_default();
    read.finish()?;
    let address = ours(&open)?;
    password_resets::request(&open.app, &email, "en", address).await?;
    Ok(HttpResponse::Accepted().json(json!({ "message": SENT })))
}

async fn update(open: Open) -> ApiResult<HttpResponse> {
    let mut read = open.params.read();
    let mut text = |name: &str| read.string(&format!("user[{name}]"));
    let token = text("reset_password_token").unwrap_or_default();
    let password = text("password").unwrap_or_default();
    let confirmation = text("password_confirmation");
    read.finish()?;
    let address = ours(&open)?;
    let (app, request) = (&open.app, &open.request);
    let confirmation = confirmation.as_deref();
    let owner = password_resets::redeem(app, &token, &password, confirmation, address).await?;
    if !owner.enabled {
        return Ok(HttpResponse::Ok().json(json!({ "message": CHANGED_ONLY })));
    }
    let actor = Actor::User(Arc::new(Account::from(&owner)));
    let browser = Browser {
        user_agent: client::agent(request),
        remember: false,
        replaces: None,
    };
    let started = sessions::start(app, &actor, address, &browser).await?;
    let entered = api::entered(&open, started, false).await?;
    let cookie = (header::SET_COOKIE, entered.cookie);
    Ok(if wants_json(request) {
        HttpResponse::Ok()
            .insert_header(cookie)
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .json(json!({ "message": CHANGED }))
    } else {
        send_on(&open).insert_header(cookie).finish()
    })
}

/// Where it comes from, if not from another site.
fn ours(open: &Open) -> ApiResult<std::net::IpAddr> {
    let (app, request) = (&open.app, &open.request);
    if !session::is_same_origin(app, request) {
        return Err(Error::forbidden(Rule::ForgedRequest).into());
    }
    Ok(client::address(
        request,
        &app.config.listener.trusted_proxies,
    ))
}
