//! Making an account for oneself, for browsers and, under the same address, for programs, which get JSON.

use std::sync::Arc;

use actix_web::{HttpResponse, http::header};
use serde::Serialize;

use super::{
    form::Form,
    language::Language,
    oauth::{self, Button},
    route::{Route, get, post},
    sign_in,
    view::Page,
    visit::{Visit, wants_json},
};
use crate::{
    actions::{
        sessions::{self, Browser},
        users::{self, Created, NewPerson, sign_up},
    },
    identity::actor::{Account, Actor},
    policy::users::{PRIVILEGED, set_privileged},
    web::{api::sessions as api, error::PageResult, extract::client},
};

pub fn routes() -> Vec<Route> {
    vec![
        get("/users/sign_up", show),
        post("/users", create).without_token(),
        post("/users.json", create).without_token(),
    ]
}

/// What `sign_up/show.html` shows.
#[derive(Serialize)]
pub struct SignUp {
    form: Form,
    /// Whether whoever signs up becomes the admin.
    makes_admin: bool,
    /// Whether nobody has an account yet to sign in with.
    first: bool,
    /// The ways in through identity providers, which make an account as well.
    providers: Vec<Button>,
}

impl Page for SignUp {
    const VIEW: &'static str = "sign_up/show.html";

    fn samples() -> Vec<Self> {
        let mut refused = Form::new("user").with("username", "ann<canary>");
        refused
            .errors
            .insert("email".to_owned(), vec!["Email <canary>".to_owned()]);
        refused.complaints.push("too many <canary>".to_owned());
        let page = |form, makes_admin, first| Self {
            form,
            makes_admin,
            first,
            providers: Button::samples(),
        };
        vec![
            page(Form::new("user"), true, true),
            page(Form::new("user"), false, true),
            page(refused, false, false),
        ]
    }
}

/// Who has signed up.
#[derive(Serialize)]
struct SignedUp {
    #[serde(flatten)]
    present: api::Present,
    message: String,
}

async fn show(visit: Visit) -> PageResult {
    if visit.session.is_some() {
        return Ok(visit.go_telling("/", visit.say("door-already-in")));
    }
    if !sign_up::is_open(&visit.app) {
        return Ok(visit.go("/users/sign_in"));
    }
    let page = page(&visit, Form::new("user")).await?;
    visit.show("", &page).await
}

async fn page(visit: &Visit, form: Form) -> crate::error::Result<SignUp> {
    let first = sign_up::nobody_yet(&visit.app).await?;
    Ok(SignUp {
        form,
        makes_admin: first && visit.app.config.first_user_admin,
        first,
        providers: oauth::buttons(visit),
    })
}

async fn create(visit: Visit) -> PageResult {
    for field in PRIVILEGED {
        if visit.params.read().has(&format!("user[{field}]")) {
            set_privileged(visit.viewer().await?.standing_nowhere()).granted()?;
        }
    }
    let again = "user[password_confirmation]";
    let person = NewPerson {
        username: visit.text("user[username]"),
        email: visit.text("user[email]"),
        password: visit.text("user[password]"),
        password_confirmation: visit.params.read().string(again),
    };
    let address = visit.address();
    let json = wants_json(&visit.request);
    let made = match users::sign_up(&visit.app, &visit.actor, person, address).await {
        Ok(made) => made,
        Err(error) if json => return sign_in::said(error),
        Err(error) => {
            let page = page(&visit, visit.refused("user", error)?).await?;
            return visit.show_again("", &page).await;
        }
    };
    let actor = Actor::User(Arc::new(Account::from(&made.user)));
    let browser = Browser {
        user_agent: client::agent(&visit.request),
        remember: false,
        replaces: None,
    };
    let started = sessions::start_by(&visit.app, &actor, address, &browser, "sign-up").await?;
    let entered = api::entered(&visit.app, &visit.request, started, false).await?;
    let cookie = entered.cookie;
    let mut response = if json {
        HttpResponse::Created()
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .json(SignedUp {
                present: entered.body,
                message: welcome(Language::English, &made),
            })
    } else {
        visit.go_telling("/", welcome(visit.language, &made))
    };
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}

/// The sentence for a new account, with the name of its namespace where there is one already.
pub fn welcome(language: Language, made: &Created) -> String {
    let hello = language.say("sign-up-welcome");
    match made.homes.first() {
        None => hello,
        Some(home) => {
            let home = told_home(language, &made.user.username, &home.name);
            format!("{hello} {home}")
        }
    }
}

/// The sentence about somebody's own namespace.
pub fn told_home(language: Language, username: &str, home: &str) -> String {
    let message = if home == username {
        "sign-up-namespace"
    } else {
        "sign-up-namespace-tweaked"
    };
    language.tell(message, [("name", home.into())])
}

#[cfg(test)]
mod tests {
    use super::SignUp;

    crate::web::pages::view::renders!(SignUp);
}
