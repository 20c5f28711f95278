//! `/v1/search`, the one question of the old registry protocol that clients still ask, and the ping before it.
//!
//! Whoever fronts a registry sends `/v1/` here. Without credentials public repositories are found; no answer to
//! somebody without credentials is ever a refusal, since no client tries again.

use actix_web::{HttpRequest, HttpResponse, http::header, route, web::Data};
use serde::Serialize;

use super::{RegistryError, hosts, token};
use crate::{
    app::App,
    error::Result,
    identity::{actor::Account, bearer},
    policy::{Who, scopes},
    queries::{
        facts::Facts,
        search::{Found, Hit, Search, repositories},
    },
    web::extract::{
        basic::{Presented, presented},
        client,
    },
};

/// Results of a page, where the client names no number.
const USUAL: u64 = 25;
/// Most results of a page, as docker's daemon bounds it.
const MOST: u64 = 100;

/// Tells clients that searching is possible here, and docker that it may send credentials.
#[route("/v1/_ping", method = "GET", method = "HEAD")]
pub async fn ping() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(("X-Docker-Registry-Standalone", "true"))
        .json(Standalone { standalone: true })
}

#[derive(Serialize)]
struct Standalone {
    standalone: bool,
}

struct Asked {
    term: String,
    size: u64,
    page: u64,
}

impl Asked {
    /// What cannot be read is like what is not there.
    fn read(query: &str) -> Self {
        let mut asked = Self {
            term: String::new(),
            size: USUAL,
            page: 1,
        };
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            match name.as_ref() {
                "q" => value.trim().clone_into(&mut asked.term),
                "n" => asked.size = value.parse().map_or(asked.size, |n: u64| n.clamp(1, MOST)),
                "page" => asked.page = value.parse().map_or(asked.page, |n: u64| n.max(1)),
                _ => {}
            }
        }
        asked
    }
}

#[derive(Serialize)]
struct Answer {
    query: String,
    num_results: u64,
    num_pages: u64,
    page: u64,
    page_size: u64,
    results: Vec<Shown>,
}

#[derive(Serialize)]
struct Shown {
    name: String,
    description: String,
    star_count: i64,
    is_official: bool,
    is_automated: bool,
    is_trusted: bool,
}

#[route("/v1/search", method = "GET", method = "HEAD")]
pub async fn search(app: Data<App>, request: HttpRequest) -> Result<HttpResponse, RegistryError> {
    let asked = Asked::read(request.query_string());
    let facts = app.present.facts().await?;
    let who = identify(&app, &facts, &request).await?;
    let hidden = who == Who::Anonymous && !app.config.anonymous_browsing;
    let found = if hidden {
        Found::default()
    } else {
        find(&app, &facts, &request, who, &asked).await?
    };
    let answer = Answer {
        num_results: found.total,
        num_pages: found.total.div_ceil(asked.size).max(1),
        page: asked.page,
        page_size: asked.size,
        results: found.hits.into_iter().map(Shown::from).collect(),
        query: asked.term,
    };
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(answer))
}

/// Looks in the registry whose host was asked. At another host, as at ours, names of several registries carry theirs.
async fn find(
    app: &App,
    facts: &Facts,
    request: &HttpRequest,
    who: Who,
    asked: &Asked,
) -> Result<Found> {
    let registries = facts.all_registries().await?;
    let host = request.headers().get(header::HOST);
    let host = host.and_then(|host| host.to_str().ok()).unwrap_or_default();
    let asked_at = hosts::find(&registries, host).map(|registry| registry.id);
    let wanted = Search {
        who,
        registry_id: asked_at,
        term: &asked.term,
        page: asked.page,
        size: asked.size,
    };
    let mut found = repositories(app, wanted).await?;
    if asked_at.is_none() && registries.len() > 1 {
        for hit in &mut found.hits {
            let registry = registries.iter().find(|it| it.id == hit.registry_id);
            if let Some(registry) = registry {
                let host = registry.external_hostname.as_deref();
                let host = host.filter(|host| !host.is_empty());
                let host = host.unwrap_or(&registry.hostname);
                hit.name = format!("{host}/{}", hit.name);
            }
        }
    }
    Ok(found)
}

/// Whoever asks: by password, by a token of ours, or nobody. docker sends a name with an empty password where it has
/// nothing better.
async fn identify(app: &App, facts: &Facts, request: &HttpRequest) -> Result<Who> {
    let user = |account: &Account| Who::User {
        id: account.id,
        admin: account.admin,
    };
    if let Some(token) = bearer_token(request) {
        let account = bearer::check_search(app, facts, token).await?;
        return Ok(account.map_or(Who::Anonymous, |account| user(&account)));
    }
    if let Presented::Basic(given) = presented(request)
        && given.secret.is_empty()
    {
        return Ok(Who::Anonymous);
    }
    let Some(found) = token::basic(app, facts, request).await? else {
        return Ok(Who::Anonymous);
    };
    let address = client::address(request, &app.config.listener.trusted_proxies).to_string();
    app.usage
        .note(&found, &address, client::agent(request), app.clock.now());
    let who = found.actor().who();
    // With a token that only pulls one finds what everybody finds.
    Ok(if scopes::search(who).granted {
        who
    } else {
        Who::Anonymous
    })
}

fn bearer_token(request: &HttpRequest) -> Option<&str> {
    let value = request
        .headers()
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

impl From<Hit> for Shown {
    fn from(hit: Hit) -> Self {
        Self {
            name: hit.name,
            description: hit.description.unwrap_or_default(),
            star_count: hit.stars,
            // What docker calls so: names without a namespace.
            is_official: hit.global,
            is_automated: false,
            is_trusted: false,
        }
    }
}
