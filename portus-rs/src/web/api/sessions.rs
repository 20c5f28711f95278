//! Browsers that have signed in: one's own, and for admins anybody's.

use std::sync::Arc;

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, HeaderValue},
};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{
    operation::{Noun, delete, get, noun, post},
    reply::{NoContent, Paged, Reply, Schemas, Shown, json_body},
    respond::{Time, no_content, ok, paged},
    users::User,
};
use crate::{
    actions::sessions::{self as actions, Browser, Entry},
    app::App,
    error::{Error, Result},
    identity::{
        actor::{Account, Actor},
        credentials::Attempt,
    },
    policy::Rule,
    queries::{
        self,
        sessions::{Row, Sessions},
    },
    web::{
        error::{ApiError, ApiResult},
        extract::{
            caller::{Call, Open},
            client,
            declare::params,
            filters::Filters,
            page::Page,
            session,
        },
    },
};

pub fn operations() -> Noun {
    noun(
        "sessions",
        "Browsers that have signed in: one's own, and for admins anybody's.",
        vec![
            get("/v1/session", "Shows who calls, and how to write", show).ours(),
            post("/v1/session", "Signs a person in", create)
                .about(
                    "The session is in the cookie of the answer; a browser that had one gets another. Bots, the \
                     account `portus` and application tokens cannot sign in, and nobody can by password where \
                     `oauth.local_login` is off. `POST /users/sign_in` does the same.",
                )
                .may(&[401, 403])
                .ours(),
            delete("/v1/session", "Signs the caller out", sign_out)
                .about("`DELETE /users/sign_out` does the same.")
                .may(&[404])
                .ours(),
            get("/v1/sessions", "Lists the caller's sessions", list).ours(),
            delete("/v1/sessions", "Signs the caller out everywhere", remove_all).ours(),
            delete("/v1/sessions/{id}", "Ends a session", remove).ours(),
            get("/v1/users/{id}/sessions", "Lists an account's sessions", list_of).ours(),
            delete(
                "/v1/users/{id}/sessions",
                "Signs an account out everywhere",
                remove_all_of,
            )
            .ours(),
        ],
    )
}

params! {
    /// Who signs in.
    pub struct SignIn in user {
        pub username: String,
        pub password: String,
        /// Whether the session outlives the browser and lasts without being used.
        pub remember_me: bool,
        /// Of the second factor, where the account has one: a code of the authenticator, or a recovery code.
        pub code: Option<String>,
    }
}

params! {
    /// Which sessions.
    struct Which {
        /// All but the one that asks.
        others: bool,
    }
}

/// Who is signed in, and how to write.
#[derive(Serialize, ToSchema)]
#[schema(as = SignedIn)]
pub struct Present {
    user: OwnUser,
    /// For the header `X-CSRF-Token` of writes; null where a token proves who calls.
    csrf_token: Option<String>,
    /// Its id; null where a token proves who calls.
    session: Option<i64>,
    expires_at: Option<Time>,
}

/// An account as its owner's pages show it.
#[derive(Serialize, ToSchema)]
struct OwnUser {
    #[serde(flatten)]
    user: User,
    display_username: String,
    /// In all teams.
    namespaces_count: i64,
    /// Without the hidden ones of personal and global namespaces.
    teams_count: i64,
}

/// A browser that has signed in.
#[derive(Serialize, ToSchema)]
struct Session {
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
    fn new(
        Row {
            session: row,
            current,
        }: Row,
    ) -> Self {
        Self {
            id: row.id,
            current,
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
    /// Who has entered.
    pub user: crate::entities::user::Model,
}

/// How far somebody has come.
pub enum Met {
    In(Box<Entered>),
    /// The password was right, and the account asks for a code besides.
    Half(Arc<Account>),
}

/// What a program is told that sent no code where one is needed.
pub const NEEDS_CODE: &str =
    "This account has a second factor: send one of its codes as user[code] too.";

/// Signs a browser in. The one that had a session gets another.
pub async fn enter(open: &Open, wanted: &SignIn) -> ApiResult<Met> {
    let (app, request) = (&open.app, &open.request);
    // Nobody is to be signed in as somebody else by another site.
    if !session::is_same_origin(app, request) {
        return Err(Error::forbidden(Rule::ForgedRequest).into());
    }
    let facts = app.present.facts().await?;
    let replaced = session::resume(app, &facts, request).await?;
    let attempt = Attempt {
        username: &wanted.username,
        secret: &wanted.password,
        address: client::address(request, &app.config.listener.trusted_proxies),
    };
    let browser = Browser {
        user_agent: client::agent(request),
        remember: wanted.remember_me,
        replaces: replaced.map(|old| old.id),
    };
    let code = wanted.code.as_deref();
    match actions::sign_in(app, &facts, attempt, code, &browser).await? {
        Entry::In(started) => Ok(Met::In(Box::new(
            entered(app, request, *started, wanted.remember_me).await?,
        ))),
        Entry::NeedsCode(account) => Ok(Met::Half(account)),
    }
}

/// What a browser is given of the session that has just begun.
pub async fn entered(
    app: &App,
    request: &HttpRequest,
    started: actions::Started,
    remember: bool,
) -> ApiResult<Entered> {
    let cookie = session::cookie(app, request, &started.secret, remember)?;
    let body = Present {
        csrf_token: Some(started.csrf_token),
        session: Some(started.session.id),
        expires_at: Some(Time(started.session.expires_at)),
        user: own(app, started.user.clone()).await?,
    };
    Ok(Entered {
        body,
        cookie,
        user: started.user,
    })
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

/// 201 with who has signed in, and the cookie.
struct SignedIn(Entered);

impl Reply for SignedIn {
    fn respond(self, _: &HttpRequest) -> ApiResult<HttpResponse> {
        Ok(HttpResponse::Created()
            .insert_header((header::SET_COOKIE, self.0.cookie))
            .json(self.0.body))
    }

    fn describe(schemas: &mut Schemas) -> Vec<(u16, Value)> {
        let mut response = json_body("Signed in.", &schemas.refer::<Present>());
        response["headers"] = cookie_header("The session.");
        vec![(201, response)]
    }
}

/// 204, and the end of the cookie.
struct SignedOut(HeaderValue);

impl Reply for SignedOut {
    fn respond(self, _: &HttpRequest) -> ApiResult<HttpResponse> {
        Ok(HttpResponse::NoContent()
            .insert_header((header::SET_COOKIE, self.0))
            .finish())
    }

    fn describe(_: &mut Schemas) -> Vec<(u16, Value)> {
        let headers = cookie_header("Makes the browser forget the session.");
        vec![(
            204,
            json!({"description": "Signed out.", "headers": headers}),
        )]
    }
}

fn cookie_header(about: &str) -> Value {
    json!({"Set-Cookie": {"description": about, "schema": {"type": "string"}}})
}

async fn create(open: Open, wanted: SignIn) -> ApiResult<SignedIn> {
    match enter(&open, &wanted).await? {
        Met::In(entered) => Ok(SignedIn(*entered)),
        Met::Half(_) => Err(Error::NotSignedIn(NEEDS_CODE.to_owned()).into()),
    }
}

async fn show(call: Call) -> ApiResult<Shown<Present>> {
    let user = queries::users::by_id(&call.app, caller(&call)?).await?;
    let session = call.session.as_ref();
    ok(Present {
        csrf_token: session.map(|it| it.csrf_token().to_owned()),
        session: session.map(|it| it.id),
        expires_at: session.map(|it| Time(it.expires_at)),
        user: own(&call.app, user).await?,
    })
}

async fn sign_out(call: Call) -> ApiResult<SignedOut> {
    let session = call.session.as_ref().ok_or(ApiError::NOT_FOUND)?;
    let actor = Actor::User(Arc::clone(&session.account));
    actions::end(&call.app, &actor, session.id).await?;
    Ok(SignedOut(session::no_cookie(&call.app, &call.request)?))
}

async fn list(call: Call, page: Page, filters: Filters<Sessions>) -> ApiResult<Paged<Session>> {
    let owner = caller(&call)?;
    of(&call, owner, page, filters).await
}

async fn list_of(call: Call, page: Page, filters: Filters<Sessions>) -> ApiResult<Paged<Session>> {
    let owner = call.id("id")?;
    of(&call, owner, page, filters).await
}

async fn of(
    call: &Call,
    user_id: i64,
    page: Page,
    filters: Filters<Sessions>,
) -> ApiResult<Paged<Session>> {
    let current = call.session.as_ref().map(|it| it.id);
    let list = queries::sessions::list(&call.app, call.actor.who(), user_id, current).await?;
    let list = filters.narrow(&call.app, list);
    paged(call, &page.newest_first(), list, Session::new).await
}

async fn remove_all(call: Call, which: Which) -> ApiResult<NoContent> {
    let current = call.session.as_ref().map(|it| it.id);
    let kept = current.filter(|_| which.others);
    actions::end_all(&call.app, &call.actor, caller(&call)?, kept).await?;
    no_content()
}

async fn remove_all_of(call: Call) -> ApiResult<NoContent> {
    actions::end_all(&call.app, &call.actor, call.id("id")?, None).await?;
    no_content()
}

async fn remove(call: Call) -> ApiResult<NoContent> {
    actions::end(&call.app, &call.actor, call.id("id")?).await?;
    no_content()
}

fn caller(call: &Call) -> ApiResult<i64> {
    call.actor.user_id().ok_or(ApiError::NOT_FOUND)
}
