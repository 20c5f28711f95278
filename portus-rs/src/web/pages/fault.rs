//! Pages that say why there is no page. They work without login and without a database.

use std::rc::Rc;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        StatusCode,
        header::{self, HeaderValue},
    },
    web::Data,
};
use serde::Serialize;
use serde_json::json;

use super::{
    frame::Frame,
    review,
    view::Page,
    visit::{Visit, empty_frame, form_of, language, wants_json},
};
use crate::{
    app::App,
    error::Error,
    web::{
        error::{ApiError, COME_AGAIN, PageError},
        extract::params::Params,
        routing::Answer,
    },
};

/// What `errors/fault.html` shows.
#[derive(Clone, Serialize)]
pub struct Fault {
    status: u16,
    /// The message `fault-KIND-title`, and `fault-KIND-text`.
    kind: &'static str,
    /// What is known of it, for whoever may know.
    detail: Option<String>,
    /// The page to be loaded again.
    back: Option<String>,
}

impl Page for Fault {
    const VIEW: &'static str = "errors/fault.html";

    fn samples() -> Vec<Self> {
        let kinds = [
            "unauthorized",
            "missing",
            "forged",
            "stale",
            "broken",
            "away",
        ];
        let fault = |kind| Self {
            status: 500,
            kind,
            detail: Some("because <canary>".to_owned()),
            back: (kind == "stale").then(|| "/teams/<canary>".to_owned()),
        };
        kinds.map(fault).into()
    }
}

impl Fault {
    fn of(error: &PageError) -> Self {
        let status = error.status();
        let detail = match error {
            PageError::Failed(error) | PageError::Unreadable(ApiError::Failed(error)) => {
                match error {
                    Error::Internal(cause) => {
                        tracing::error!(error = %format!("{cause:#}"), "a page failed: {cause:#}");
                        None
                    }
                    Error::Away(_) => {
                        tracing::error!("a page failed: {error}");
                        None
                    }
                    Error::NotFound => None,
                    Error::Forbidden(rule) => {
                        tracing::info!(rule, "refused a page: {rule}");
                        Some(rule.clone())
                    }
                    other => Some(other.to_string()),
                }
            }
            PageError::Unreadable(other) => Some(other.to_string()),
            PageError::Stale => None,
        };
        Self {
            status: status.as_u16(),
            kind: match status {
                _ if matches!(error, PageError::Stale) => "stale",
                StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => "unauthorized",
                StatusCode::NOT_FOUND => "missing",
                StatusCode::SERVICE_UNAVAILABLE => "away",
                status if status.is_client_error() => "forged",
                _ => "broken",
            },
            detail,
            back: None,
        }
    }

    fn code(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST)
    }

    fn answer(&self, app: &App, request: &HttpRequest, frame: &Frame) -> HttpResponse {
        let mut response = self.said(app, request, frame);
        if self.code() == StatusCode::SERVICE_UNAVAILABLE {
            let when = HeaderValue::from(COME_AGAIN);
            response.headers_mut().insert(header::RETRY_AFTER, when);
        }
        response
    }

    fn said(&self, app: &App, request: &HttpRequest, frame: &Frame) -> HttpResponse {
        if wants_json(request) {
            let text = self.detail.clone();
            let text =
                text.unwrap_or_else(|| frame.language.say(&format!("fault-{}-title", self.kind)));
            return HttpResponse::build(self.code()).json(json!({ "error": text }));
        }
        let told = |text: &String| frame.language.translate(text).into_owned();
        let told = Self {
            detail: self.detail.as_ref().map(told),
            ..self.clone()
        };
        match told.render(frame) {
            Ok(html) => super::respond(app, request, self.code(), html),
            Err(error) => actix_web::ResponseError::error_response(&PageError::from(error)),
        }
    }
}

/// To somebody who has been recognised.
pub fn page(visit: &Visit, error: &PageError) -> HttpResponse {
    let frame = visit.bare_frame("");
    Fault::of(error).answer(&visit.app, &visit.request, &frame)
}

/// To somebody of whom nothing is known.
pub fn without_visit(app: &App, request: &HttpRequest, error: &PageError) -> HttpResponse {
    let frame = empty_frame(app, request, language(request, None));
    let mut fault = Fault::of(error);
    if matches!(error, PageError::Stale) {
        fault.back = form_of(app, request);
    }
    fault.answer(app, request, &frame)
}

/// The page about an error that this address names, as `/500` or `/errors/500` below our root.
fn named(app: &App, path: &str) -> Option<Fault> {
    let name = path.strip_prefix(app.config.listener.url_root.as_str())?;
    let (status, kind) = match name.strip_prefix("/errors").unwrap_or(name) {
        "/401" => (401, "unauthorized"),
        "/404" => (404, "missing"),
        "/422" => (422, "forged"),
        "/500" => (500, "broken"),
        _ => return None,
    };
    Some(Fault {
        status,
        kind,
        detail: None,
        back: None,
    })
}

/// Where nothing is but the pages about errors themselves, which need no database.
pub fn missing() -> Answer {
    Rc::new(|app, request, _| Box::pin(nothing_there(app, request)))
}

async fn nothing_there(app: Data<App>, request: HttpRequest) -> HttpResponse {
    if let Some(fault) = named(&app, request.path()) {
        if fault.status == 500
            && let Some(review) = review::asked_for(&app, &request).await
        {
            return review;
        }
        let frame = empty_frame(&app, &request, language(&request, None));
        return fault.answer(&app, &request, &frame);
    }
    if request.path().contains("/v2/") {
        // No browser asks a registry.
        return HttpResponse::NotFound().finish();
    }
    let Ok(visit) = Visit::open(app.clone(), request.clone(), Params::default(), false).await
    else {
        return without_visit(&app, &request, &Error::NotFound.into());
    };
    page(&visit, &Error::NotFound.into())
}

#[cfg(test)]
mod tests {
    use super::Fault;

    crate::web::pages::view::renders!(Fault);
}
