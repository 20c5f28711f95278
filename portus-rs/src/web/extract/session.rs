//! The cookie of a browser that has signed in, and what keeps other sites from using it: a token that only our own
//! pages know, and the origin where the browser names one.

use actix_web::{
    HttpRequest,
    http::header::{self, HeaderValue},
};
use anyhow::Context as _;

use super::client;
use crate::{
    app::App,
    error::{Error, Result},
    identity::session::{self, Session, lifetime},
    policy::Rule,
    queries::facts::Facts,
};

/// Portus' name for it, where browsers do not let us choose the safer one.
const PLAIN: &str = "_portus_session";
/// Browsers take this name only over TLS, for this very host and for every path of it.
const BOUND: &str = "__Host-_portus_session";

const CSRF: &str = "x-csrf-token";

/// Whoever's session the cookie is, if it counts.
pub async fn resume(app: &App, facts: &Facts, request: &HttpRequest) -> Result<Option<Session>> {
    match presented(app, request) {
        Some(secret) => session::resume(app, facts, &secret).await,
        None => Ok(None),
    }
}

/// Refuses a write that our own pages cannot have sent; what changes nothing may come from anywhere. The token stands in
/// the header, or in a field where a plain form is answered.
pub fn require_ours(
    app: &App,
    request: &HttpRequest,
    session: &Session,
    field: Option<&str>,
) -> Result<()> {
    if request.method().is_safe() {
        return Ok(());
    }
    if is_same_origin(app, request) && knows_token(request, session, field) {
        Ok(())
    } else {
        Err(Error::forbidden(Rule::ForgedRequest))
    }
}

/// Whether a write brings the session's token along, in the header or in a field.
pub fn knows_token(request: &HttpRequest, session: &Session, field: Option<&str>) -> bool {
    let header = request
        .headers()
        .get(CSRF)
        .and_then(|value| value.to_str().ok());
    header.or(field).is_some_and(|given| session.knows(given))
}

/// Whether the browser says nothing that speaks against it.
pub fn is_same_origin(app: &App, request: &HttpRequest) -> bool {
    let header = |name: header::HeaderName| {
        let value = request.headers().get(name)?;
        Some(value.to_str().unwrap_or_default())
    };
    // `none`: the person's own doing, such as a bookmark.
    let site = header(header::HeaderName::from_static("sec-fetch-site"));
    if site.is_some_and(|site| !matches!(site, "same-origin" | "none")) {
        return false;
    }
    let Some(origin) = header(header::ORIGIN) else {
        return true;
    };
    let Some((_, authority)) = origin.split_once("://") else {
        return false;
    };
    let public = app.config.public_url();
    let public = public.split_once("://").map(|(_, rest)| rest);
    let public = public.map(|rest| rest.split('/').next().unwrap_or_default());
    // A trusted proxy may know us by another name than the browser does.
    let forwarded = client::forwarded_host(request, &app.config.listener.trusted_proxies);
    let known = [header(header::HOST), forwarded, public];
    known
        .into_iter()
        .flatten()
        .any(|host| without_port(host).eq_ignore_ascii_case(without_port(authority)))
}

/// Without a port that goes without saying: a proxy for TLS hides which of the two it is.
fn without_port(authority: &str) -> &str {
    let authority = authority.trim();
    authority
        .strip_suffix(":443")
        .or_else(|| authority.strip_suffix(":80"))
        .unwrap_or(authority)
}

/// The cookie that makes a browser remember its session.
pub fn cookie(
    app: &App,
    request: &HttpRequest,
    secret: &str,
    remember: bool,
) -> Result<HeaderValue> {
    let keep = if remember {
        format!("; Max-Age={}", lifetime(app, true).num_seconds())
    } else {
        // Until the browser is closed.
        String::new()
    };
    set(app, request, secret, &keep)
}

/// The cookie that makes it forget.
pub fn no_cookie(app: &App, request: &HttpRequest) -> Result<HeaderValue> {
    set(app, request, "", "; Max-Age=0")
}

fn set(app: &App, request: &HttpRequest, value: &str, keep: &str) -> Result<HeaderValue> {
    let (name, _) = place(app, request);
    written(app, request, &format!("{name}={value}"), keep)
}

/// A cookie of ours that is no session, for so many seconds.
pub fn passing_cookie(
    app: &App,
    request: &HttpRequest,
    name: &str,
    value: &str,
    seconds: i64,
) -> Result<HeaderValue> {
    let pair = format!("{name}={value}");
    written(app, request, &pair, &format!("; Max-Age={seconds}"))
}

fn written(app: &App, request: &HttpRequest, pair: &str, keep: &str) -> Result<HeaderValue> {
    let (_, path) = place(app, request);
    let secure = if client::is_secure(request, &app.config.listener.trusted_proxies) {
        "; Secure"
    } else {
        ""
    };
    let text = format!("{pair}; Path={path}; HttpOnly; SameSite=Lax{secure}{keep}");
    HeaderValue::from_str(&text)
        .context("a cookie")
        .map_err(Error::Internal)
}

/// Name and path of the cookie for the way in which this request came.
fn place<'a>(app: &'a App, request: &HttpRequest) -> (&'static str, &'a str) {
    let root = app.config.listener.url_root.as_str();
    let secure = client::is_secure(request, &app.config.listener.trusted_proxies);
    match (root.is_empty(), secure) {
        (true, true) => (BOUND, "/"),
        (true, false) => (PLAIN, "/"),
        (false, _) => (PLAIN, root),
    }
}

fn presented(app: &App, request: &HttpRequest) -> Option<String> {
    let (name, _) = place(app, request);
    named(request, name)
}

/// The value of a cookie that the browser sent.
pub fn named(request: &HttpRequest, name: &str) -> Option<String> {
    request
        .headers()
        .get_all(header::COOKIE)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::without_port;

    #[test]
    fn a_port_that_goes_without_saying_makes_no_difference() {
        assert_eq!(without_port("portus.example.org:443"), "portus.example.org");
        assert_eq!(without_port("portus.example.org:80"), "portus.example.org");
        assert_eq!(
            without_port("portus.example.org:8080"),
            "portus.example.org:8080"
        );
        assert_eq!(without_port("[::1]:443"), "[::1]");
    }
}
