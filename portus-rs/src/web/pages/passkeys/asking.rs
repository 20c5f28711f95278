//! What forms with passkeys have in common: where browsers use them, what one is asked, and what it answers.

use actix_web::{
    HttpResponse,
    http::header::{self, HeaderValue},
};
use serde::Serialize;
use serde_json::json;

use crate::{
    actions::passkeys::{Given, PATIENCE, Question},
    app::App,
    error::Result,
    identity::passkey::Party,
    web::{
        error::{PageResult, status},
        extract::session,
        pages::visit::Visit,
    },
};

/// The cookie that says what a browser has been asked.
const COOKIE: &str = "_portus_passkey";

/// The one place where browsers use our passkeys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    pub origin: String,
    /// Whether any port will do.
    pub local: bool,
}

impl Place {
    /// Nothing, where the configured address allows none.
    pub fn of(app: &App) -> Option<Self> {
        Party::of(&app.config).ok().map(|it| Self {
            origin: it.origin(),
            local: it.is_local(),
        })
    }

    /// For the samples of pages.
    pub fn sample() -> Self {
        Self {
            origin: "https://portus.example<canary>".to_owned(),
            local: false,
        }
    }
}

/// Tells a script what the browser is to sign, or why nothing.
pub fn ask(visit: &Visit, question: Result<Question>) -> PageResult {
    let question = match question {
        Ok(question) => question,
        Err(error) => {
            let status = status(&error);
            let said: Vec<String> = visit.refused("", error)?.sentences().collect();
            return Ok(never_kept(
                HttpResponse::build(status).json(json!({ "error": said.join(" ") })),
            ));
        }
    };
    let cookie = session::passing_cookie(
        &visit.app,
        &visit.request,
        COOKIE,
        &question.secret,
        PATIENCE.num_seconds(),
    )?;
    let mut response = HttpResponse::Ok().json(question.options);
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(never_kept(response))
}

fn never_kept(mut response: HttpResponse) -> HttpResponse {
    let never = HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, never);
    response
}

/// The answer that a form brings along.
pub struct Answered {
    secret: Option<String>,
    answer: String,
}

impl Answered {
    pub fn read(visit: &Visit) -> Self {
        Self {
            secret: session::named(&visit.request, COOKIE),
            answer: visit.text("passkey[answer]"),
        }
    }

    pub fn given(&self, visit: &Visit) -> Given<'_> {
        Given {
            secret: self.secret.as_deref(),
            answer: &self.answer,
            address: visit.address(),
        }
    }
}
