//! Browsers that have signed in: one's own, and for admins anybody's.

use std::sync::Arc;

use actix_web::{
    HttpResponse,
    http::header::{self, HeaderValue},
};
use serde::Serialize;

use super::{
    respond::{Time, no_content, ok},
    users::User,
};
use crate::{
    actions::sessions::{self as actions, Browser},
    app::App,
    entities::session as row,
    error::{Error, Result},
    identity::{actor::Actor, sign_in::Attempt},
    policy::Rule,
    queries,
    web::{
        error::{ApiError, ApiResult},
        extract::{
            caller::{Call, Open},
            client, session,
        },
    },
};

/// Who signs in. Has no `Debug`: it holds a password.
pub struct SignIn {
    pub username: String,
    pub password: String,
    pub remember_me: bool,
}

/// Who is signed in, and how to write.
#[derive(Serialize)]
pub struct Present {
    user: OwnUser,
    /// For the header `X-CSRF-Token` of writes; null where a token proves who calls.
    csrf_token: Option<String>,
    session: Option<i64>,
    expires_at: Option<Time>,
}

/// An account as its owner's pages show it.
#[derive(Serialize)]
struct OwnUser {
    #[serde(flatten)]
    user: User,
    display_username: String,
    namespaces_count: i64,
    teams_count: i64,
}

#[derive(Serialize)]
pub struct Session {
    id: i64,
    /// Whether it is the one that asks.
    current: bool,
    address: String,
    user_agent: String,
    remember: bool,
    created_at: Time,
    last_seen_at: Time,
    expires_at: Time,
}

impl Session {
    fn new(row: row::Model, current: Option<i64>) -> Self {
        Self {
            id: row.id,
            current: current == Some(row.id),
            address: row.address,
            user_agent: row.user_agent,
            remember: row.remember,
            created_at: Time(row.created_at),
            last_seen_at: Time(row.last_seen_at),
            expires_at: Time(row.expires_at),
        }
    }
}

/// A session that has just begun, and the cookie for it.
pub struct Entered {
    pub body: Present,
    pub cookie: HeaderValue,
}

/// Signs a browser in. The one that had a session gets another.
pub async fn enter(open: &Open, wanted: &SignIn) -> ApiResult<Entered> {
    let (app, request) = (&open.app, &open.request);
    // Nobody is to be signed in as somebody else by another site.
    if !session::is_same_origin(app, request) {
        return Err(Error::forbidden(Rule::ForgedRequest).into());
    }
    let facts = app.present.facts().await?;
    let replaced = session::resume(app, &facts, request).await?;
    let attempt = Attempt {
        username: &wanted.username,
        password: &wanted.password,
        address: client::address(request, &app.config.listener.trusted_proxies),
    };
    let user_agent = request
        .headers()
        .get(header::USER_AGENT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let browser = Browser {
        user_agent,
        remember: wanted.remember_me,
        replaces: replaced.map(|old| old.id),
    };
    let started = actions::sign_in(app, &facts, &attempt, &browser).await?;
    let cookie = session::cookie(app, request, &started.secret, wanted.remember_me)?;
    let body = Present {
        csrf_token: Some(started.csrf_token),
        session: Some(started.session.id),
        expires_at: Some(Time(started.session.expires_at)),
        user: own(app, started.user).await?,
    };
    Ok(Entered { body, cookie })
}

async fn own(app: &App, user: crate::entities::user::Model) -> Result<OwnUser> {
    let counts = queries::users::counts(app, user.id).await?;
    Ok(OwnUser {
        display_username: queries::users::display_name(app, &user).to_owned(),
        user: User::from(queries::users::with_home(app, user).await?),
        namespaces_count: counts.namespaces,
        teams_count: counts.teams,
    })
}

pub async fn create(open: Open) -> ApiResult<HttpResponse> {
    let mut read = open.params.read();
    read.required_object("user");
    let wanted = SignIn {
        username: read.required_string("user[username]").unwrap_or_default(),
        password: read.required_string("user[password]").unwrap_or_default(),
        remember_me: read.boolean("user[remember_me]").unwrap_or(false),
    };
    read.finish()?;
    let entered = enter(&open, &wanted).await?;
    Ok(HttpResponse::Created()
        .insert_header((header::SET_COOKIE, entered.cookie))
        .json(entered.body))
}

pub async fn show(call: Call) -> ApiResult<HttpResponse> {
    let id = call.actor.user_id().ok_or(ApiError::NOT_FOUND)?;
    let user = queries::users::by_id(&call.app, id).await?;
    let session = call.session.as_ref();
    ok(Present {
        csrf_token: session.map(|it| it.csrf_token().to_owned()),
        session: session.map(|it| it.id),
        expires_at: session.map(|it| Time(it.expires_at)),
        user: own(&call.app, user).await?,
    })
}

pub async fn destroy(call: Call) -> ApiResult<HttpResponse> {
    let session = call.session.as_ref().ok_or(ApiError::NOT_FOUND)?;
    let actor = Actor::User(Arc::clone(&session.account));
    actions::end(&call.app, &actor, session.id).await?;
    Ok(HttpResponse::NoContent()
        .insert_header((
            header::SET_COOKIE,
            session::no_cookie(&call.app, &call.request)?,
        ))
        .finish())
}

pub async fn list(call: Call) -> ApiResult<HttpResponse> {
    let id = call.actor.user_id().ok_or(ApiError::NOT_FOUND)?;
    of(&call, id).await
}

pub async fn list_of(call: Call) -> ApiResult<HttpResponse> {
    let id = call.id("id")?;
    of(&call, id).await
}

async fn of(call: &Call, user_id: i64) -> ApiResult<HttpResponse> {
    let rows = queries::sessions::of(&call.app, call.actor.who(), user_id).await?;
    let current = call.session.as_ref().map(|it| it.id);
    let views: Vec<Session> = rows
        .into_iter()
        .map(|row| Session::new(row, current))
        .collect();
    ok(views)
}

/// Signs the caller out everywhere, or everywhere else.
pub async fn delete_all(call: Call) -> ApiResult<HttpResponse> {
    let mut read = call.params.read();
    let others = read.boolean("others").unwrap_or(false);
    read.finish()?;
    let id = call.actor.user_id().ok_or(ApiError::NOT_FOUND)?;
    let kept = call.session.as_ref().map(|it| it.id).filter(|_| others);
    actions::end_all(&call.app, &call.actor, id, kept).await?;
    no_content()
}

pub async fn delete_all_of(call: Call) -> ApiResult<HttpResponse> {
    let id = call.id("id")?;
    actions::end_all(&call.app, &call.actor, id, None).await?;
    no_content()
}

pub async fn delete(call: Call) -> ApiResult<HttpResponse> {
    actions::end(&call.app, &call.actor, call.id("id")?).await?;
    no_content()
}
