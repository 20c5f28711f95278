//! Signing in and out under the addresses that Portus' pages and scripts know. The form itself comes with the console;
//! programs get JSON, browsers are sent on.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header,
    web::{self, ServiceConfig},
};
use serde_json::json;

use crate::{
    actions::sessions,
    error::Error,
    identity::actor::Actor,
    web::{
        api::{not_found, sessions as api},
        error::{ApiError, ApiResult, status},
        extract::{caller::Open, session},
    },
};

pub fn routes(service: &mut ServiceConfig) {
    let at = |path: &str| {
        web::resource(vec![format!("{path}.json"), path.to_owned()])
            .default_service(web::to(not_found))
    };
    service
        .service(at("/users/sign_in").route(web::post().to(create)))
        .service(
            at("/users/sign_out")
                .route(web::delete().to(destroy))
                .route(web::post().to(destroy)),
        );
}

async fn create(open: Open) -> ApiResult<HttpResponse> {
    let mut read = open.params.read();
    let wanted = api::SignIn {
        username: read.string("user[username]").unwrap_or_default(),
        password: read.string("user[password]").unwrap_or_default(),
        remember_me: read.boolean("user[remember_me]").unwrap_or(false),
    };
    read.finish()?;
    let entered = match api::enter(&open, &wanted).await {
        Ok(entered) => entered,
        Err(ApiError::Failed(error)) if told(&error) => return Ok(refuse(&open.request, &error)),
        Err(error) => return Err(error),
    };
    let cookie = (header::SET_COOKIE, entered.cookie.clone());
    Ok(if wants_json(&open.request) {
        HttpResponse::Created()
            .insert_header(cookie)
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .json(entered.body)
    } else {
        send_on(&open).insert_header(cookie).finish()
    })
}

/// Ends the session of the browser; without one there is nothing to end.
async fn destroy(open: Open) -> ApiResult<HttpResponse> {
    let facts = open.app.present.facts().await?;
    if let Some(found) = session::resume(&open.app, &facts, &open.request).await? {
        let mut read = open.params.read();
        let field = read.string("authenticity_token");
        session::require_ours(&open.app, &open.request, &found, field.as_deref())?;
        let actor = Actor::User(std::sync::Arc::clone(&found.account));
        sessions::end(&open.app, &actor, found.id).await?;
    }
    let cookie = (
        header::SET_COOKIE,
        session::no_cookie(&open.app, &open.request)?,
    );
    Ok(if wants_json(&open.request) {
        HttpResponse::NoContent().insert_header(cookie).finish()
    } else {
        send_on(&open).insert_header(cookie).finish()
    })
}

pub(super) fn send_on(open: &Open) -> actix_web::HttpResponseBuilder {
    let home = format!("{}/", open.app.config.listener.url_root);
    let mut response = HttpResponse::SeeOther();
    response.insert_header((header::LOCATION, home));
    response
}

/// Whether the text is meant for the person at the door.
fn told(error: &Error) -> bool {
    matches!(error, Error::NotSignedIn(_) | Error::Forbidden(_))
}

fn refuse(request: &HttpRequest, error: &Error) -> HttpResponse {
    let mut response = HttpResponse::build(status(error));
    response.insert_header((header::CACHE_CONTROL, "no-store"));
    let text = error.to_string();
    if wants_json(request) {
        response.json(json!({ "error": text }))
    } else {
        response
            .content_type("text/plain; charset=utf-8")
            .body(text)
    }
}

pub(super) fn wants_json(request: &HttpRequest) -> bool {
    let says = |name: header::HeaderName| {
        let value = request
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok());
        value.is_some_and(|value| value.contains("application/json"))
    };
    says(header::ACCEPT)
        || says(header::CONTENT_TYPE)
        || request.path().strip_suffix(".json").is_some()
}
