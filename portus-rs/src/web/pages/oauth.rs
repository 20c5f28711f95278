//! Signing in through an identity provider: the way there, the way back, and the form for whoever is new or has to show
//! that an account is theirs.

use actix_web::{HttpResponse, http::header};
use serde::Serialize;
use url::Url;

use super::{
    flash::Flash,
    form::Form,
    route::{Route, get, post},
    sign_in::code,
    view::Page,
    visit::{Visit, own_path},
};
use crate::{
    actions::{
        identities::{self, Choice, Guest, Pending, Step},
        sessions::{Browser, Started},
    },
    error::{Error, Result},
    identity::oauth::{self, Answer, PATIENCE, Stopped, suggested_name},
    policy::{Rule, users::PRIVILEGED},
    queries,
    remote::oauth::Provider,
    web::{
        error::PageResult,
        extract::{client, session},
    },
};

const COOKIE: &str = "_portus_sign_in";
const SIGN_IN: &str = "/users/sign_in";
const FORM: &str = "/users/oauth";

pub fn routes() -> Vec<Route> {
    vec![
        // Begun by a form only, so that no other page can begin it.
        get("/users/auth/{provider}", elsewhere),
        post("/users/auth/{provider}", leave),
        get("/users/auth/{provider}/callback", come_back),
        get(FORM, show),
        post(FORM, complete).without_token(),
    ]
}

/// A way in, for the buttons of the login page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Button {
    pub key: &'static str,
    pub title: String,
}

impl Button {
    pub fn of(provider: Provider<'_>) -> Self {
        Self {
            key: provider.key(),
            title: provider.title().to_owned(),
        }
    }

    /// For the samples of the pages that have some.
    pub fn samples() -> Vec<Self> {
        vec![Self {
            key: "openid_connect",
            title: "Id<canary>".to_owned(),
        }]
    }
}

/// The buttons of all providers.
pub fn buttons(visit: &Visit) -> Vec<Button> {
    let offered = visit.app.providers.offered();
    offered.map(Button::of).collect()
}

/// What `oauth/leave.html` shows. A redirect would not do: browsers hold the form's own rule about its target against it.
#[derive(Serialize)]
pub struct Leave {
    provider: String,
    url: String,
}

impl Page for Leave {
    const VIEW: &'static str = "oauth/leave.html";

    fn samples() -> Vec<Self> {
        vec![Self {
            provider: "Id<canary>".to_owned(),
            url: "https://id.example/authorize?state=a&x=<canary>".to_owned(),
        }]
    }
}

/// What `oauth/show.html` shows.
#[derive(Serialize)]
pub struct Register {
    form: Form,
    provider: String,
    email: String,
    /// The account that has the same address; else a new one is made.
    claimed: Option<String>,
}

impl Page for Register {
    const VIEW: &'static str = "oauth/show.html";

    fn samples() -> Vec<Self> {
        let mut refused = Form::new("user").with("username", "ann<canary>");
        refused.complaints.push("Username <canary>".to_owned());
        let page = |form, claimed: Option<&str>| Self {
            form,
            provider: "Id<canary>".to_owned(),
            email: "ann@<canary>".to_owned(),
            claimed: claimed.map(str::to_owned),
        };
        vec![
            page(Form::new("user"), None),
            page(refused, None),
            page(Form::new("user"), Some("ann<canary>")),
        ]
    }
}

fn provider(visit: &Visit) -> Result<Provider<'_>> {
    let named = visit.app.providers.named(visit.segment("provider"));
    named.ok_or(Error::NotFound)
}

async fn elsewhere(visit: Visit) -> PageResult {
    provider(&visit)?;
    Ok(visit.go(SIGN_IN))
}

/// Where the provider sends the browser back to. Registered there, so it must not depend on what a stranger claims.
fn callback(visit: &Visit, provider: Provider<'_>) -> String {
    let config = &visit.app.config;
    let proxies = &config.listener.trusted_proxies;
    let configured = config.machine_fqdn.external_url.is_some();
    let forwarded = client::forwarded_host(&visit.request, proxies)
        .filter(|_| !configured)
        .and_then(|host| {
            let secure = client::is_secure(&visit.request, proxies);
            let scheme = if secure { "https" } else { "http" };
            let base = format!("{scheme}://{host}");
            let whole = Url::parse(&base).is_ok_and(|it| it.path() == "/" && it.query().is_none());
            whole.then(|| format!("{base}{}", config.listener.url_root))
        });
    let base = forwarded.unwrap_or_else(|| config.public_url());
    format!("{base}/users/auth/{}/callback", provider.key())
}

/// Sends the browser to the provider. Whoever has a session shows its token. Whoever has none has nothing that a token could
/// be compared with: the form has to come from our own pages by what the browser says, and the answer of the provider has
/// to come to the browser that asked.
async fn leave(visit: Visit) -> PageResult {
    let provider = provider(&visit)?;
    let redirect = callback(&visit, provider);
    let return_to = own_path(&visit.text("return_to"));
    let address = guest(&visit).address;
    let departed = oauth::depart(&visit.app, provider, &redirect, return_to, address).await;
    let departed = match departed {
        Err(Error::TooMany(text)) => return out(&visit, &text),
        other => other?,
    };
    match departed {
        Ok(departure) => {
            let page = Leave {
                provider: provider.title().to_owned(),
                url: departure.url,
            };
            let mut response = visit.show("", &page).await?;
            keep(&visit, &mut response, &departure.sealed)?;
            Ok(response)
        }
        Err(stopped) => stop(&visit, provider, stopped).await,
    }
}

async fn come_back(visit: Visit) -> PageResult {
    let provider = provider(&visit)?;
    let (code, state, error) = (visit.text("code"), visit.text("state"), visit.text("error"));
    let answer = Answer {
        code: &code,
        state: &state,
        error: &error,
    };
    let sealed = kept(&visit);
    let guest = guest(&visit);
    let arrived = oauth::arrive(
        &visit.app,
        provider,
        sealed.as_deref(),
        answer,
        guest.address,
    )
    .await;
    let arrived = match arrived {
        Err(Error::TooMany(text)) => return out(&visit, &text),
        other => other?,
    };
    let arrival = match arrived {
        Ok(arrival) => arrival,
        Err(stopped) => return stop(&visit, provider, stopped).await,
    };
    let (known, back) = (arrival.known, arrival.return_to);
    match identities::enter(&visit.app, provider, &known, back.clone(), &guest).await? {
        Step::In(started) => {
            let text = visit.tell("oauth-welcome", provider.kind());
            let_in(&visit, &started, back.as_deref(), text)
        }
        Step::Half(account, first) => code::ask_there(&visit, &account, first, back.as_deref()),
        Step::Pending(secret) => {
            let mut response = visit.go(FORM);
            keep(&visit, &mut response, &secret)?;
            Ok(response)
        }
        Step::Out(text) => out(&visit, &text),
    }
}

/// The browser that came back.
fn guest(visit: &Visit) -> Guest<'_> {
    Guest {
        address: client::address(&visit.request, &visit.app.config.listener.trusted_proxies),
        browser: Browser {
            user_agent: client::agent(&visit.request),
            remember: false,
            replaces: visit.session.as_ref().map(|it| it.id),
        },
    }
}

/// Begins the session, and ends what led to it.
fn let_in(visit: &Visit, started: &Started, back: Option<&str>, text: String) -> PageResult {
    let path = back.and_then(own_path).unwrap_or_else(|| "/".to_owned());
    let mut response = visit.go_telling(&path, text);
    let cookie = session::cookie(&visit.app, &visit.request, &started.secret, false)?;
    response.headers_mut().append(header::SET_COOKIE, cookie);
    forget(visit, &mut response)?;
    Ok(response)
}

async fn stop(visit: &Visit, provider: Provider<'_>, stopped: Stopped) -> PageResult {
    if stopped.recorded {
        let address = guest(visit).address;
        identities::fail(&visit.app, provider, address, None, &stopped.reason).await?;
    }
    out(visit, &stopped.text)
}

/// Back to the login page, with the reason.
fn out(visit: &Visit, text: &str) -> PageResult {
    let text = visit.language.translate(text).into_owned();
    let mut response = visit.go_saying(SIGN_IN, &[Flash::alert(text)]);
    forget(visit, &mut response)?;
    Ok(response)
}

/// What the browser is to bring along until it is in.
pub(super) fn keep(visit: &Visit, response: &mut HttpResponse, value: &str) -> Result<()> {
    let seconds = PATIENCE.num_seconds();
    let cookie = session::passing_cookie(&visit.app, &visit.request, COOKIE, value, seconds)?;
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(())
}

/// What the browser brings along of a way through a provider.
pub(super) fn kept(visit: &Visit) -> Option<String> {
    session::named(&visit.request, COOKIE).filter(|it| !it.is_empty())
}

pub(super) fn forget(visit: &Visit, response: &mut HttpResponse) -> Result<()> {
    let cookie = session::passing_cookie(&visit.app, &visit.request, COOKIE, "", 0)?;
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(())
}

/// What the browser has begun and not finished, with its provider as far as that is still on offer.
async fn pending(visit: &Visit) -> Result<Option<(Pending, Provider<'_>)>> {
    let Some(secret) = kept(visit) else {
        return Ok(None);
    };
    let found = identities::find(&visit.app, &secret).await?;
    Ok(found.and_then(|it| {
        let provider = visit.app.providers.named(&it.profile.provider)?;
        Some((it, provider))
    }))
}

fn page(pending: &Pending, provider: Provider<'_>, form: Form) -> Register {
    Register {
        form,
        provider: provider.title().to_owned(),
        email: pending.profile.email.clone().unwrap_or_default(),
        claimed: pending.claims.as_ref().map(|it| it.username.clone()),
    }
}

async fn show(visit: Visit) -> PageResult {
    let Some((pending, provider)) = pending(&visit).await? else {
        return Ok(visit.go(SIGN_IN));
    };
    let mut form = Form::new("user");
    if pending.claims.is_none() {
        let base = suggested_name(&pending.profile);
        let name = queries::users::free_name(&visit.app, &base).await?;
        let shown = pending.profile.name.clone().unwrap_or_default();
        form = form.with("username", name).with("display_name", shown);
    }
    visit.show("", &page(&pending, provider, form)).await
}

async fn complete(visit: Visit) -> PageResult {
    let Some((pending, provider)) = pending(&visit).await? else {
        return out(&visit, &visit.say("oauth-late"));
    };
    refuse_fields(&visit)?;
    let guest = guest(&visit);
    let back = pending.return_to.as_deref();
    let done = if pending.claims.is_some() {
        let password = visit.text("user[password]");
        identities::claim(
            &visit.app,
            &visit.facts,
            provider,
            &pending,
            &password,
            &guest,
        )
        .await
    } else {
        let choice = Choice {
            username: visit.text("user[username]").trim().to_owned(),
            display_name: visit.text("user[display_name]"),
        };
        identities::register(&visit.app, provider, &pending, choice, &guest).await
    };
    match done {
        Ok(Step::In(started)) => {
            let text = if pending.claims.is_some() {
                visit.tell("oauth-welcome", provider.kind())
            } else {
                visit.tell("oauth-registered", &started.user.username)
            };
            let_in(&visit, &started, back, text)
        }
        Ok(Step::Half(account, first)) => code::ask_there(&visit, &account, first, back),
        Ok(Step::Out(text)) => out(&visit, &text),
        Ok(Step::Pending(_)) => Ok(visit.go(SIGN_IN)),
        Err(error) => {
            let form = visit.refused("user", error)?;
            visit.show_again("", &page(&pending, provider, form)).await
        }
    }
}

/// Nobody says more about themselves than the form asks.
fn refuse_fields(visit: &Visit) -> Result<()> {
    let read = visit.params.read();
    let more = ["email"].iter().chain(PRIVILEGED);
    for field in more {
        if read.has(&format!("user[{field}]")) {
            return Err(Error::forbidden(Rule::PrivilegedField));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Leave, Register};

    crate::web::pages::view::renders!(Leave, Register);
}
