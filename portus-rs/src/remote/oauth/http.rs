//! The client for identity providers: bounded answers, no redirects, no link-local addresses.

use std::{net::IpAddr, time::Duration};

use anyhow::Context as _;
use reqwest::{Method, StatusCode, header, redirect::Policy};
use serde_json::Value;
use url::{Host, Url};

use super::error::{OAuthError, Result, UNREACHABLE, UNUSABLE};
use crate::{
    config::Config,
    remote::{link, transport},
};

/// Longest answer read, in bytes.
pub(super) const LONGEST: usize = 1024 * 1024;
/// A whole exchange takes no longer.
pub(super) const PATIENCE: Duration = Duration::from_secs(15);
/// Pages of a list that are read.
const MOST_PAGES: usize = 50;

/// How GitHub and GitLab say that they have shut somebody out, in an answer that may as well be about something else.
const CLOSED: [&str; 2] = ["account was suspended", "account has been blocked"];

#[derive(Clone)]
pub(super) struct Http(reqwest::Client);

/// An answer that has been read.
pub(super) struct Answer {
    pub status: StatusCode,
    /// The page after this one.
    next: Option<Url>,
    pub body: Vec<u8>,
}

impl Answer {
    /// The body of a success.
    pub fn json(&self, url: &str) -> Result<Value> {
        let unusable = |detail: String| OAuthError::failed(UNUSABLE, format!("{url}: {detail}"));
        if self.status == StatusCode::UNAUTHORIZED {
            return Err(OAuthError::Withdrawn(format!("{url}: status 401")));
        }
        if self.status == StatusCode::TOO_MANY_REQUESTS {
            return Err(OAuthError::Unheard(format!("{url}: status 429")));
        }
        if self.status == StatusCode::FORBIDDEN && self.says_closed() {
            return Err(OAuthError::closed(format!("{url}: status 403")));
        }
        if !self.status.is_success() {
            return Err(unusable(format!("status {}", self.status.as_u16())));
        }
        serde_json::from_slice(&self.body).map_err(|error| unusable(error.to_string()))
    }
}

impl Answer {
    fn says_closed(&self) -> bool {
        let said: Option<Value> = serde_json::from_slice(&self.body).ok();
        let message = said.as_ref().and_then(|it| it.get("message")?.as_str());
        message.is_some_and(|it| CLOSED.iter().any(|words| it.contains(words)))
    }
}

impl Http {
    pub fn new(config: &Config) -> anyhow::Result<Self> {
        let client = transport::guarded(config)
            .redirect(Policy::none())
            .connect_timeout(Duration::from_secs(10))
            .timeout(PATIENCE)
            .pool_max_idle_per_host(4)
            .build()
            .context("cannot set up the client for identity providers")?;
        Ok(Self(client))
    }

    /// Sends what the protocol library has put together.
    pub async fn pass_on(&self, request: oauth2::HttpRequest) -> Result<oauth2::HttpResponse> {
        let (parts, body) = request.into_parts();
        let url = read_url(&parts.uri.to_string())?;
        let request = self
            .0
            .request(parts.method, url)
            .headers(parts.headers)
            .body(body);
        let answer = read(request).await?;
        let mut response = oauth2::http::Response::new(answer.body);
        *response.status_mut() = answer.status;
        response.headers_mut().insert(
            header::CONTENT_TYPE,
            header::HeaderValue::from_static("application/json"),
        );
        Ok(response)
    }

    /// Asks for JSON, with an access token where there is one.
    pub async fn get(&self, url: &str, token: Option<&str>) -> Result<Answer> {
        let mut request = self
            .0
            .request(Method::GET, read_url(url)?)
            .header(header::ACCEPT, "application/json");
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        read(request).await
    }

    /// The JSON at an address.
    pub async fn json(&self, url: &str, token: Option<&str>) -> Result<Value> {
        self.get(url, token).await?.json(url)
    }

    /// Every entry of a list, page by page, until `found` has seen what it looks for.
    pub async fn any(
        &self,
        first: &str,
        token: &str,
        mut found: impl FnMut(&Value) -> bool,
    ) -> Result<bool> {
        let origin = read_url(first)?.origin();
        let mut url = first.to_owned();
        for _ in 0..MOST_PAGES {
            let answer = self.get(&url, Some(token)).await?;
            let page = answer.json(&url)?;
            if page.as_array().into_iter().flatten().any(&mut found) {
                return Ok(true);
            }
            // The token is for this host alone.
            match answer.next {
                Some(next) if next.origin() == origin => next.as_str().clone_into(&mut url),
                _ => return Ok(false),
            }
        }
        Ok(false)
    }
}

pub(super) async fn read(request: reqwest::RequestBuilder) -> Result<Answer> {
    let mut answer = request.send().await.map_err(|error| unreachable(&error))?;
    let next = answer
        .headers()
        .get(header::LINK)
        .and_then(|value| link::next(value.to_str().ok()?))
        .and_then(|target| answer.url().join(target).ok());
    let status = answer.status();
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| unreachable(&error))? {
        if body.len() + chunk.len() > LONGEST {
            return Err(OAuthError::failed(
                UNUSABLE,
                format!("it is longer than {LONGEST} bytes"),
            ));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status, next, body })
}

/// The error with its causes; the address may carry a code, so it is left out.
fn unreachable(error: &reqwest::Error) -> OAuthError {
    use std::error::Error as _;
    let host = error
        .url()
        .and_then(Url::host_str)
        .unwrap_or_default()
        .to_owned();
    let mut detail = format!("{host}: ");
    let mut cause = error.source();
    detail.push_str(if error.is_timeout() {
        "it does not answer"
    } else {
        "no connection"
    });
    while let Some(inner) = cause {
        detail.push_str(": ");
        detail.push_str(&inner.to_string());
        cause = inner.source();
    }
    if error.is_connect() {
        OAuthError::Unheard(detail)
    } else {
        OAuthError::failed(UNREACHABLE, detail)
    }
}

/// Addresses written as numbers never meet the resolver.
pub(super) fn read_url(text: &str) -> Result<Url> {
    let bad = |why: &str| OAuthError::failed("the provider's addresses are unusable", why);
    let url = Url::parse(text).map_err(|error| bad(&error.to_string()))?;
    let address = match url.host() {
        Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
        Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
        Some(Host::Domain(_)) => None,
        None => return Err(bad("an address has no host")),
    };
    if !matches!(url.scheme(), "http" | "https") || address.is_some_and(transport::is_forbidden) {
        return Err(bad("an address leads where no provider may be"));
    }
    Ok(url)
}
