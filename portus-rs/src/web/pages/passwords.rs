//! Forgotten passwords: asking for a letter, and setting another one by the link in it.

use std::sync::Arc;

use actix_web::{HttpResponse, http::header};
use serde::Serialize;
use serde_json::json;

use super::{
    flash::Flash,
    form::Form,
    language::Language,
    route::{Route, get, post, put},
    sign_in,
    view::Page,
    visit::{Visit, wants_json},
};
use crate::{
    actions::{
        password_resets,
        sessions::{self, Browser},
    },
    identity::actor::{Account, Actor},
    web::{api::sessions as api, error::PageResult, extract::client},
};

pub fn routes() -> Vec<Route> {
    vec![
        get("/users/password/new", new),
        get("/users/password/edit", edit),
        post("/users/password", create).without_token(),
        post("/users/password.json", create).without_token(),
        put("/users/password", update).without_token(),
        put("/users/password.json", update).without_token(),
    ]
}

/// What `passwords/new.html` shows: who has forgotten theirs?
#[derive(Serialize)]
pub struct Forgotten {
    form: Form,
}

impl Page for Forgotten {
    const VIEW: &'static str = "passwords/new.html";

    fn samples() -> Vec<Self> {
        let mut refused = Form::new("user").with("email", "ann<canary>");
        refused
            .errors
            .insert("email".to_owned(), vec!["Email <canary>".to_owned()]);
        vec![
            Self {
                form: Form::new("user"),
            },
            Self { form: refused },
        ]
    }
}

/// What `passwords/edit.html` shows: the new one.
#[derive(Serialize)]
pub struct Another {
    form: Form,
    /// The secret of the link.
    token: String,
}

impl Page for Another {
    const VIEW: &'static str = "passwords/edit.html";

    fn samples() -> Vec<Self> {
        let mut refused = Form::new("user");
        refused
            .errors
            .insert("password".to_owned(), vec!["Password <canary>".to_owned()]);
        [Form::new("user"), refused]
            .map(|form| Self {
                form,
                token: "prs_p_<canary>".to_owned(),
            })
            .into()
    }
}

const TOKEN: &str = "reset_password_token";

async fn new(visit: Visit) -> PageResult {
    if let Some(elsewhere) = turned(&visit) {
        return Ok(elsewhere);
    }
    let form = Form::new("user");
    visit.show("", &Forgotten { form }).await
}

/// Nobody with a session, nor where passwords are not ours, has anything to do here.
fn turned(visit: &Visit) -> Option<HttpResponse> {
    if visit.session.is_some() {
        return Some(visit.go_telling("/", visit.say("door-already-in")));
    }
    (!password_resets::is_open(&visit.app)).then(|| visit.go("/users/sign_in"))
}

async fn create(visit: Visit) -> PageResult {
    let email = visit.text("user[email]");
    let json = wants_json(&visit.request);
    let language = visit.language.tag();
    match password_resets::request(&visit.app, &email, language, visit.address()).await {
        Ok(()) if json => {
            let text = Language::English.say("password-sent");
            Ok(HttpResponse::Accepted().json(json!({ "message": text })))
        }
        Ok(()) => Ok(visit.go_telling("/users/sign_in", visit.say("password-sent"))),
        Err(error) if json => sign_in::said(error),
        Err(error) => {
            let form = visit.refused("user", error)?;
            visit.show_again("", &Forgotten { form }).await
        }
    }
}

async fn edit(visit: Visit) -> PageResult {
    if let Some(elsewhere) = turned(&visit) {
        return Ok(elsewhere);
    }
    let token = visit.text(TOKEN);
    if token.is_empty() {
        let why = Flash::alert(visit.say("password-no-link"));
        return Ok(visit.go_saying("/users/sign_in", &[why]));
    }
    if let Err(error) = password_resets::check(&visit.app, &token).await {
        return visit.go_refused("/users/password/new", error);
    }
    let form = Form::new("user");
    visit.show("", &Another { form, token }).await
}

async fn update(visit: Visit) -> PageResult {
    let token = visit.text("user[reset_password_token]");
    let password = visit.text("user[password]");
    let again = "user[password_confirmation]";
    let again = visit.params.read().string(again);
    let json = wants_json(&visit.request);
    let (app, address) = (&visit.app, visit.address());
    let redeemed = password_resets::redeem(app, &token, &password, again.as_deref(), address).await;
    let owner = match redeemed {
        Ok(owner) => owner,
        Err(error) if json => return sign_in::said(error),
        Err(error) => {
            let form = visit.refused("user", error)?;
            if form.errors.contains_key(TOKEN) {
                let why: Vec<Flash> = form.sentences().map(Flash::alert).collect();
                return Ok(visit.go_saying("/users/password/new", &why));
            }
            return visit.show_again("", &Another { form, token }).await;
        }
    };
    if !password_resets::opens_session(app, &owner) {
        let text = "password-changed";
        return Ok(if json {
            HttpResponse::Ok().json(json!({ "message": Language::English.say(text) }))
        } else {
            visit.go_telling("/users/sign_in", visit.say(text))
        });
    }
    let actor = Actor::User(Arc::new(Account::from(&owner)));
    let browser = Browser {
        user_agent: client::agent(&visit.request),
        remember: false,
        replaces: None,
    };
    let started = sessions::start_by(app, &actor, address, &browser, "password reset").await?;
    let entered = api::entered(app, &visit.request, started, false).await?;
    let text = "password-changed-and-in";
    let mut response = if json {
        HttpResponse::Ok()
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .json(json!({ "message": Language::English.say(text) }))
    } else {
        visit.go_telling("/", visit.say(text))
    };
    response
        .headers_mut()
        .append(header::SET_COOKIE, entered.cookie);
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::{Another, Forgotten};

    crate::web::pages::view::renders!(Forgotten, Another);
}
