//! What the next page says once: kept in a sealed cookie, because it may hold a token that is shown only once.

use actix_web::{
    HttpRequest,
    http::header::{self, HeaderValue},
};
use serde::{Deserialize, Serialize};

use crate::{app::App, keys::vault::Purpose, web::extract::session};

const COOKIE: &str = "_portus_flash";
/// Browsers take cookies of 4 KiB, name and attributes included.
const LONGEST: usize = 2400;

/// Something to say at the top of a page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flash {
    pub kind: Kind,
    pub text: String,
    /// To be copied, and never shown again.
    #[serde(default)]
    pub secret: Option<String>,
}

/// How it is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// It worked.
    Notice,
    /// It did not.
    Alert,
}

impl Flash {
    pub fn notice(text: impl Into<String>) -> Self {
        Self {
            kind: Kind::Notice,
            text: text.into(),
            secret: None,
        }
    }

    pub fn alert(text: impl Into<String>) -> Self {
        Self {
            kind: Kind::Alert,
            ..Self::notice(text)
        }
    }
}

/// What the page before wanted to be said. What cannot be opened is not ours.
pub fn read(app: &App, request: &HttpRequest) -> Vec<Flash> {
    let Some(sealed) = session::named(request, COOKIE) else {
        return Vec::new();
    };
    let opened = app.vault.open(Purpose::Flash, &sealed).ok();
    let flashes = opened.and_then(|it| serde_json::from_str(it.expose()).ok());
    flashes.unwrap_or_default()
}

/// Whether the browser brought something to say.
pub fn is_there(request: &HttpRequest) -> bool {
    session::named(request, COOKIE).is_some()
}

/// The cookie that lets the next page say it.
pub fn keep(app: &App, request: &HttpRequest, flashes: &[Flash]) -> Option<HeaderValue> {
    let mut kept = flashes.to_vec();
    for flash in &mut kept {
        let end = flash
            .text
            .floor_char_boundary(LONGEST / flashes.len().max(1));
        flash.text.truncate(end);
    }
    let text = serde_json::to_string(&kept).ok()?;
    let sealed = app.vault.seal(Purpose::Flash, &text).ok()?;
    session::passing_cookie(app, request, COOKIE, &sealed, 60).ok()
}

/// The cookie that makes the browser forget what has been said.
pub fn forget(app: &App, request: &HttpRequest) -> Option<(header::HeaderName, HeaderValue)> {
    let cookie = session::passing_cookie(app, request, COOKIE, "", 0).ok()?;
    Some((header::SET_COOKIE, cookie))
}
