//! `/v2/token`: bearer tokens for a registry, by GET with Basic credentials and by POST as OAuth 2 has it (distribution's
//! token authentication specification).

use actix_web::{
    HttpRequest, HttpResponse, get,
    http::header,
    post,
    web::{Bytes, Data},
};
use serde_json::json;

use super::RegistryError;
use crate::{
    actions::refresh_tokens,
    app::App,
    error::{Error, Result},
    identity::{
        actor::Actor,
        credentials::{self, Attempt, Identified, Method},
    },
    protocol::{scope::ScopeRequest, token::TokenAnswer},
    queries::{
        access::{self, Answer},
        facts::Facts,
    },
    web::extract::{
        basic::{Presented, presented},
        client,
    },
};

/// What clients ask for, from the query and from a form alike.
#[derive(Default)]
struct Asked {
    service: String,
    account: String,
    client_id: String,
    scopes: Vec<String>,
    offline: bool,
    grant_type: String,
    username: String,
    password: String,
    refresh_token: String,
}

impl Asked {
    fn read(&mut self, encoded: &[u8]) {
        for (name, value) in url::form_urlencoded::parse(encoded) {
            let value = value.into_owned();
            match name.as_ref() {
                "service" => self.service = value,
                "account" => self.account = value,
                "client_id" => self.client_id = value,
                "scope" => self.scopes.push(value),
                "offline_token" => self.offline |= value == "true",
                "access_type" => self.offline |= value == "offline",
                "grant_type" => self.grant_type = value,
                "username" => self.username = value,
                "password" => self.password = value,
                "refresh_token" => self.refresh_token = value,
                _ => {}
            }
        }
    }
}

#[get("/v2/token")]
pub async fn get(app: Data<App>, request: HttpRequest) -> Result<HttpResponse, RegistryError> {
    let mut asked = Asked::default();
    asked.read(request.query_string().as_bytes());
    let facts = app.present.facts().await?;
    let who = basic(&app, &facts, &request).await?;
    Ok(answer(&app, &facts, &request, asked, who).await?)
}

#[post("/v2/token")]
pub async fn post(
    app: Data<App>,
    request: HttpRequest,
    body: Bytes,
) -> Result<HttpResponse, RegistryError> {
    let mut asked = Asked::default();
    asked.read(request.query_string().as_bytes());
    asked.read(&body);
    let facts = app.present.facts().await?;
    let who = match asked.grant_type.as_str() {
        "password" => {
            let attempt = Attempt {
                username: &asked.username,
                secret: &asked.password,
                address: client::address(&request, &app.config.listener.trusted_proxies),
            };
            Some(credentials::check(&app, &facts, attempt).await?)
        }
        "refresh_token" => Some(
            credentials::check_refresh(&app, &facts, &asked.refresh_token, &asked.service).await?,
        ),
        "" => basic(&app, &facts, &request).await?,
        other => {
            let text =
                format!("the grant type '{other}' is not supported: use password or refresh_token");
            return Ok(HttpResponse::BadRequest().json(json!({
                "error": "unsupported_grant_type",
                "error_description": text,
                "errors": [{ "code": "UNSUPPORTED", "message": text }],
            })));
        }
    };
    Ok(answer(&app, &facts, &request, asked, who).await?)
}

/// Whoever the `Authorization` header names; nobody without one. Cookies count for nothing here.
pub(super) async fn basic(
    app: &App,
    facts: &Facts,
    request: &HttpRequest,
) -> Result<Option<Identified>> {
    match presented(request) {
        Presented::Nothing => Ok(None),
        Presented::Basic(given) => {
            let attempt = Attempt {
                username: &given.username,
                secret: &given.secret,
                address: client::address(request, &app.config.listener.trusted_proxies),
            };
            credentials::check(app, facts, attempt).await.map(Some)
        }
        Presented::Unreadable => Err(Error::NotSignedIn(
            "the Authorization header holds no readable Basic credentials".to_owned(),
        )),
    }
}

async fn answer(
    app: &App,
    facts: &Facts,
    request: &HttpRequest,
    asked: Asked,
    who: Option<Identified>,
) -> Result<HttpResponse> {
    let account = who.as_ref().map(|it| it.account.as_ref());
    let scopes = ScopeRequest::parse(asked.scopes.iter().map(String::as_str));
    let actor = who.as_ref().map_or(Actor::Anonymous, Identified::actor);
    let mut decided =
        access::decide_for(facts, &app.rules, actor.who(), &asked.service, &scopes).await?;
    for further in who.iter().flat_map(Identified::further) {
        let more = access::decide_for(facts, &app.rules, further, &asked.service, &scopes);
        decided.join(more.await?);
    }
    let subject = account.map_or("", |account| account.username.as_str());
    if !asked.account.is_empty() && account.is_some() && asked.account != subject {
        tracing::info!(
            user.name = subject,
            asked.account,
            "another account was named: the name is ignored"
        );
    }
    report(&decided, &scopes, subject, &asked.service);
    let form = decided
        .registry
        .as_ref()
        .map(|registry| registry.token_header.into())
        .unwrap_or_default();
    let (token, claims) = app.sign(&asked.service, form, subject, decided.access())?;
    let mut refresh = None;
    if let Some(who) = &who {
        let address = client::address(request, &app.config.listener.trusted_proxies).to_string();
        app.usage
            .note(who, &address, client::agent(request), app.clock.now());
        // What a job shows must not outlive the job.
        let lasting = who.method != Method::Job;
        if lasting && asked.offline && asked.refresh_token.is_empty() && decided.registry.is_some()
        {
            let login = refresh_tokens::Login {
                service: &asked.service,
                client_id: &asked.client_id,
                address: &address,
                user_agent: client::agent(request),
            };
            refresh = Some(refresh_tokens::issue(app, who, login).await?);
        } else if who.method == Method::Password {
            let (agent, now) = (client::agent(request), app.clock.now());
            app.usage
                .note_password(who.account.id, &address, agent, now);
        }
    }
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(TokenAnswer::new(token, &claims, refresh)))
}

/// Says once, at info, what was refused and by which rule.
fn report(decided: &Answer, scopes: &ScopeRequest, subject: &str, service: &str) {
    if decided.registry.is_none() {
        if !service.is_empty() {
            tracing::info!(service, "{}", crate::policy::Rule::UnknownRegistry);
        }
        return;
    }
    for refusal in decided.grant.refusals() {
        let scope = scopes.scopes.get(refusal.scope).map(|it| it.name.as_str());
        let who = if subject.is_empty() {
            "anonymous"
        } else {
            subject
        };
        tracing::info!(
            user.name = subject,
            repository.name = scope.unwrap_or_default(),
            action = refusal.action.as_str(),
            "refused {} {} to {who}: {}",
            refusal.action,
            scope.unwrap_or_default(),
            refusal.verdict.rule,
        );
    }
}
