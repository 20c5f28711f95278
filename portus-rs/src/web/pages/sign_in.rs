//! Signing in and out, for browsers and, under the same addresses, for Portus' scripts, which get JSON.

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
};
use serde::Serialize;
use serde_json::json;

use super::{
    form::Form,
    oauth::{self, Button},
    route::{Route, delete, get, post},
    view::Page,
    visit::{Visit, wants_json},
};
use crate::{
    actions::sessions,
    error::Error,
    identity::actor::Actor,
    web::{
        api::sessions as api,
        error::{ApiError, PageResult, status},
        extract::{caller::Open, session},
    },
};

pub fn routes() -> Vec<Route> {
    vec![
        get("/users/sign_in", show),
        // Whoever has a session and signs in again may have lost its token.
        post("/users/sign_in", create).without_token(),
        post("/users/sign_in.json", create).without_token(),
        delete("/users/sign_out", destroy),
        post("/users/sign_out", destroy),
        delete("/users/sign_out.json", destroy),
        post("/users/sign_out.json", destroy),
    ]
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
    /// The ways in through identity providers.
    providers: Vec<Button>,
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
            providers: vec![Button {
                key: "openid_connect",
                title: "Id<canary>".to_owned(),
            }],
        };
        vec![page(Form::new("user"), false), page(refused, true)]
    }
}

/// The form, wherever it stands.
pub async fn form(visit: &Visit, form: Form) -> PageResult {
    let config = &visit.app.config;
    let status = if form.again {
        StatusCode::UNAUTHORIZED
    } else {
        StatusCode::OK
    };
    let page = SignIn {
        form,
        return_to: visit.back_to(""),
        passwords: config.ldap.is_some() || config.oauth.local_login,
        resettable: config.ldap.is_none() && config.oauth.local_login,
        providers: oauth::buttons(visit),
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
    };
    let open = Open {
        app: visit.app.clone(),
        params: visit.params.clone(),
        request: visit.request.clone(),
    };
    let entered = match api::enter(&open, &wanted).await {
        Ok(entered) => entered,
        Err(ApiError::Failed(error)) if told(&error) => return refuse(&visit, error).await,
        Err(error) => return Err(error.into()),
    };
    let cookie = (header::SET_COOKIE, entered.cookie.clone());
    if wants_json(&visit.request) {
        return Ok(HttpResponse::Created()
            .insert_header(cookie)
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .json(entered.body));
    }
    let mut response = visit.go(&visit.back_to("/"));
    response.headers_mut().append(cookie.0, cookie.1);
    Ok(response)
}

/// What is said to whoever tries.
fn told(error: &Error) -> bool {
    matches!(error, Error::NotSignedIn(_) | Error::Forbidden(_))
}

async fn refuse(visit: &Visit, error: Error) -> PageResult {
    if wants_json(&visit.request) {
        return Ok(HttpResponse::build(status(&error))
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .json(json!({ "error": error.to_string() })));
    }
    let kept = visit.refused("user", error)?;
    form(visit, kept).await
}

/// Ends the session of the browser; without one there is nothing to end.
async fn destroy(visit: Visit) -> PageResult {
    if let Some(found) = &visit.session {
        let actor = Actor::User(std::sync::Arc::clone(&found.account));
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
