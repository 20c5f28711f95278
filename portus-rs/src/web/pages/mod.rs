//! HTML. Each page is a struct with the name of its view; a test renders every view from samples. Routes say who is let
//! in, handlers ask `queries` and `actions`, views print.

pub mod activity;
mod admin;
pub mod assets;
mod chart;
mod checks;
pub mod dashboard;
pub mod documentation;
pub mod explore;
pub mod fault;
pub mod flash;
pub mod form;
pub mod frame;
mod fresh;
pub mod help;
mod identities;
pub mod language;
mod limits;
mod live;
pub mod namespaces;
pub mod oauth;
pub mod passkeys;
pub mod passwords;
mod people;
mod preferences;
pub mod profile;
pub mod repositories;
pub mod repository;
pub mod review;
pub mod robots;
pub mod route;
pub mod search;
pub mod second_factor;
pub mod sign_in;
pub mod sign_up;
pub mod table;
pub mod tag;
pub mod teams;
mod trusts;
pub mod view;
pub mod visit;
mod webhooks;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web,
};

use super::{extract::client, routing::Routing};
use crate::app::App;

/// Nothing from other hosts, nothing inline, nobody's frame. The style sheet has its own little pictures inside.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; \
     script-src 'self'; connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; \
     frame-ancestors 'none'";
const GRAVATAR: &str = "img-src 'self' data: https://secure.gravatar.com;";

pub fn routes(service: &mut web::ServiceConfig, routing: &mut Routing) {
    service
        .service(documentation::documentation)
        .service(assets::serve);
    robots::routes(routing);
    let pages = [
        sign_in::routes(),
        sign_up::routes(),
        passwords::routes(),
        profile::routes(),
        identities::routes(),
        second_factor::routes(),
        passkeys::routes(),
        oauth::routes(),
        preferences::routes(),
        dashboard::routes(),
        live::routes(),
        teams::routes(),
        trusts::routes(),
        admin::routes(),
        repositories::routes(),
        repository::routes(),
        explore::routes(),
        search::routes(),
        tag::routes(),
        help::routes(),
        namespaces::routes(),
        webhooks::routes(),
    ];
    route::mount(pages.into_iter().flatten().collect(), routing);
}

/// A page with the headers that every page has.
fn respond(app: &App, request: &HttpRequest, status: StatusCode, html: String) -> HttpResponse {
    let mut policy = CONTENT_SECURITY_POLICY.to_owned();
    if app.config.gravatar {
        policy = policy.replace("img-src 'self' data:;", GRAVATAR);
    }
    let mut response = HttpResponse::build(status);
    response
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_SECURITY_POLICY, policy))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::REFERRER_POLICY, "same-origin"))
        .insert_header((header::CACHE_CONTROL, "no-store"));
    if client::is_secure(request, &app.config.listener.trusted_proxies) {
        response.insert_header((header::STRICT_TRANSPORT_SECURITY, "max-age=31536000"));
    }
    if flash::is_there(request)
        && let Some(forgotten) = flash::forget(app, request)
    {
        response.append_header(forgotten);
    }
    response.body(html)
}
