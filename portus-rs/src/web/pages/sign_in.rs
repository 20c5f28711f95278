//! Signing in and out, for browsers and, under the same addresses, for Portus' scripts, which get JSON.

pub mod code;
mod passkey;

use std::sync::Arc;

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
};
use chrono::{NaiveDateTime, TimeDelta};
use serde::Serialize;
use serde_json::json;

use super::{
    form::Form,
    oauth::{self, Button},
    passkeys::asking::Place,
    route::{Route, delete, get, post},
    sign_up as signing_up,
    view::Page,
    visit::{Visit, wants_json},
};
use crate::{
    actions::{passkeys, password_resets, sessions, users::sign_up},
    error::{Error, Result},
    identity::actor::Actor,
    queries,
    web::{
        api::sessions::{self as api, Met},
        error::{ApiError, PageResult, status},
        extract::{caller::Open, session},
    },
};

pub fn routes() -> Vec<Route> {
    let mut routes = vec![
        get("/users/sign_in", show),
        // Whoever has a session and signs in again may have lost its token.
        post("/users/sign_in", create).without_token(),
        post("/users/sign_in.json", create).without_token(),
        delete("/users/sign_out", destroy),
        post("/users/sign_out", destroy),
        delete("/users/sign_out.json", destroy),
        post("/users/sign_out.json", destroy),
    ];
    routes.extend(code::routes());
    routes.extend(passkey::routes());
    routes
}

/// What `sign_in/show.html` shows.
#[derive(Serialize)]
pub struct SignIn {
    form: Form,
    /// Where to go once in.
    return_to: String,
    /// Whether name and password are taken here.
    passwords: bool,
    /// Whether a lost password can be replaced.
    resettable: bool,
    /// Whether whoever comes first through the directory becomes the admin.
    first_is_admin: bool,
    /// The ways in through identity providers.
    providers: Vec<Button>,
    /// Where passkeys are used, if they let anybody in.
    place: Option<Place>,
}

impl Page for SignIn {
    const VIEW: &'static str = "sign_in/show.html";

    fn samples() -> Vec<Self> {
        let mut refused = Form::new("user").with("username", "ann<canary>");
        refused.complaints.push("Invalid <canary>".to_owned());
        let page = |form, passwords| Self {
            form,
            return_to: "/teams?<canary>".to_owned(),
            passwords,
            resettable: passwords,
            first_is_admin: passwords,
            providers: Button::samples(),
            place: passwords.then(Place::sample),
        };
        vec![page(Form::new("user"), false), page(refused, true)]
    }
}

/// The form, wherever it stands.
pub async fn form(visit: &Visit, form: Form) -> PageResult {
    let config = &visit.app.config;
    let nobody_yet = sign_up::nobody_yet(&visit.app).await?;
    if nobody_yet && !form.again && sign_up::is_open(&visit.app) {
        return Ok(visit.go("/users/sign_up"));
    }
    let status = if form.again {
        StatusCode::UNAUTHORIZED
    } else {
        StatusCode::OK
    };
    let first_is_admin = nobody_yet && config.ldap.is_some() && config.first_user_admin;
    let page = SignIn {
        form,
        return_to: visit.back_to(""),
        passwords: config.ldap.is_some() || config.oauth.local_login,
        resettable: password_resets::is_open(&visit.app),
        first_is_admin,
        // Whoever comes first is to come through the directory.
        providers: if first_is_admin {
            Vec::new()
        } else {
            oauth::buttons(visit)
        },
        place: Place::of(&visit.app).filter(|_| passkeys::is_open(&visit.app)),
    };
    visit.show_as(status, "", &page).await
}

async fn show(visit: Visit) -> PageResult {
    if visit.session.is_some() {
        return Ok(visit.go_telling("/", visit.say("door-already-in")));
    }
    form(&visit, Form::new("user")).await
}

async fn create(visit: Visit) -> PageResult {
    let wanted = api::SignIn {
        username: visit.text("user[username]"),
        password: visit.text("user[password]"),
        remember_me: visit.ticked("user[remember_me]"),
        code: visit.filled("user[code]"),
    };
    let open = Open {
        app: visit.app.clone(),
        params: visit.params.clone(),
        request: visit.request.clone(),
    };
    let begun = visit.now();
    match api::enter(&open, &wanted).await {
        Ok(Met::In(entered)) => {
            let greeting = greeting(&visit, &entered, begun).await?;
            welcome(&visit, *entered, greeting)
        }
        Ok(Met::Half(_)) if wants_json(&visit.request) => {
            said(Error::NotSignedIn(api::NEEDS_CODE.to_owned()))
        }
        Ok(Met::Half(account)) => code::ask(&visit, &account, wanted.remember_me).await,
        Err(ApiError::Failed(error)) if told(&error) => refuse(&visit, error).await,
        Err(error) => Err(error.into()),
    }
}

/// What is said to somebody of the directory whose account was made by this very login.
async fn greeting(
    visit: &Visit,
    entered: &api::Entered,
    begun: NaiveDateTime,
) -> Result<Option<String>> {
    let user = &entered.user;
    // Databases keep less of a moment than the clock tells.
    if !user.directory || user.created_at + TimeDelta::milliseconds(1) < begun {
        return Ok(None);
    }
    let hello = visit.say("sign-in-first-time");
    let home = queries::users::home_name(&visit.app, user.id).await?;
    Ok(Some(match home {
        Some(home) => {
            let home = signing_up::told_home(visit.language, &user.username, &home);
            format!("{hello} {home}")
        }
        None => hello,
    }))
}

/// Lets a browser in.
fn welcome(visit: &Visit, entered: api::Entered, greeting: Option<String>) -> PageResult {
    let cookie = (header::SET_COOKIE, entered.cookie);
    if wants_json(&visit.request) {
        return Ok(HttpResponse::Created()
            .insert_header(cookie)
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .json(entered.body));
    }
    let back = visit.back_to("/");
    let mut response = match greeting {
        Some(text) => visit.go_telling(&back, text),
        None => visit.go(&back),
    };
    response.headers_mut().append(cookie.0, cookie.1);
    if oauth::kept(visit).is_some() {
        oauth::forget(visit, &mut response)?;
    }
    Ok(response)
}

/// What is said to whoever tries.
fn told(error: &Error) -> bool {
    matches!(
        error,
        Error::NotSignedIn(_) | Error::Unproved(_) | Error::Forbidden(_)
    )
}

/// A refusal for programs: in Portus' one sentence at the door, else as the API says it.
pub fn said(error: Error) -> PageResult {
    use actix_web::ResponseError as _;
    let mut response = if told(&error) {
        HttpResponse::build(status(&error)).json(json!({ "error": error.to_string() }))
    } else {
        ApiError::from(error).error_response()
    };
    let never = header::HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, never);
    Ok(response)
}

async fn refuse(visit: &Visit, error: Error) -> PageResult {
    if wants_json(&visit.request) {
        return said(error);
    }
    let kept = visit.refused("user", error)?;
    form(visit, kept).await
}

/// Ends the session of the browser; without one there is nothing to end.
async fn destroy(visit: Visit) -> PageResult {
    if let Some(found) = &visit.session {
        let actor = Actor::User(Arc::clone(&found.account));
        sessions::end(&visit.app, &actor, found.id).await?;
    }
    let cookie = session::no_cookie(&visit.app, &visit.request)?;
    let mut response = if wants_json(&visit.request) {
        HttpResponse::build(StatusCode::NO_CONTENT).finish()
    } else {
        visit.go_telling("/users/sign_in", visit.say("door-signed-out"))
    };
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::SignIn;

    crate::web::pages::view::renders!(SignIn);
}
