//! What is wrong with the configuration, so that no page is shown: `/500?fixes=true` says it, without login and without a
//! database.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
};
use serde::Serialize;

use super::{
    view::Page,
    visit::{empty_frame, language},
};
use crate::{
    app::App,
    queries,
    web::{error::PageError, extract::client},
};

/// What `errors/review.html` shows: what to mend.
#[derive(Serialize)]
pub struct Review {
    /// The page was asked for without TLS.
    ssl: bool,
    /// Nobody knows what we are called.
    fqdn: bool,
    /// It does not answer.
    database: bool,
}

impl Page for Review {
    const VIEW: &'static str = "errors/review.html";

    fn samples() -> Vec<Self> {
        let review = |ssl, fqdn, database| Self {
            ssl,
            fqdn,
            database,
        };
        vec![review(true, false, false), review(true, true, true)]
    }
}

impl Review {
    /// What can be told without asking anybody.
    fn of(app: &App, request: &HttpRequest) -> Self {
        Self {
            ssl: names_itself(app) && is_in_the_clear(app, request),
            fqdn: app.config.machine_fqdn.value.is_empty(),
            database: false,
        }
    }

    fn finds_something(&self) -> bool {
        self.ssl || self.fqdn || self.database
    }
}

/// Whether passwords of this connection can be read on their way, where that matters to somebody. What comes from this
/// very machine crosses no network.
fn is_in_the_clear(app: &App, request: &HttpRequest) -> bool {
    let proxies = &app.config.listener.trusted_proxies;
    app.config.check_ssl_usage
        && !client::is_secure(request, proxies)
        && !client::address(request, proxies).is_loopback()
}

/// Whether somebody has said what this service is called. Until then it is only being tried out.
fn names_itself(app: &App) -> bool {
    let name = &app.config.machine_fqdn;
    name.configured || name.external_url.is_some()
}

/// Whether something has to be mended before pages are shown.
pub fn is_due(app: &App, request: &HttpRequest) -> bool {
    Review::of(app, request).finds_something()
}

/// Whether pages are shown although they were asked for without TLS.
pub fn warns(app: &App, request: &HttpRequest) -> bool {
    !names_itself(app) && is_in_the_clear(app, request)
}

/// Sends a browser to what is to be mended.
pub fn lead(app: &App) -> HttpResponse {
    let place = format!("{}/500?fixes=true", app.config.listener.url_root);
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, place))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .finish()
}

/// The page, if it is asked for and there is something to say.
pub async fn asked_for(app: &App, request: &HttpRequest) -> Option<HttpResponse> {
    let mut pairs = url::form_urlencoded::parse(request.query_string().as_bytes());
    if !pairs.any(|(name, value)| name == "fixes" && value == "true") {
        return None;
    }
    let mut review = Review::of(app, request);
    review.database = !queries::health::ready(app).await;
    if !review.finds_something() {
        return None;
    }
    let frame = empty_frame(app, request, language(request, None));
    let status = StatusCode::INTERNAL_SERVER_ERROR;
    Some(match review.render(&frame) {
        Ok(html) => super::respond(app, request, status, html),
        Err(error) => actix_web::ResponseError::error_response(&PageError::from(error)),
    })
}

#[cfg(test)]
mod tests {
    use super::Review;

    crate::web::pages::view::renders!(Review);
}
