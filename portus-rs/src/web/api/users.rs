//! Accounts, for admins; and the very first one.

use actix_web::HttpResponse;
use percent_encoding::percent_decode_str;
use serde::Serialize;

use super::{
    application_tokens::NewToken,
    respond::{Time, created, no_content, ok, paged},
};
use crate::{
    actions::{
        sessions,
        users::{self, NewUser, UserChanges},
    },
    error::Error,
    queries::{
        self,
        users::{Row, Users},
    },
    web::{
        error::{ApiError, ApiResult},
        extract::caller::{Call, Open},
    },
};

/// An account.
#[derive(Serialize)]
pub struct User {
    id: i64,
    username: String,
    email: Option<String>,
    current_sign_in_at: Option<Time>,
    last_sign_in_at: Option<Time>,
    created_at: Time,
    updated_at: Time,
    admin: bool,
    enabled: bool,
    locked_at: Option<Time>,
    namespace_id: Option<i64>,
    display_name: Option<String>,
    bot: bool,
}

impl From<Row> for User {
    fn from(row: Row) -> Self {
        let user = row.user;
        Self {
            id: user.id,
            username: user.username,
            email: user.email,
            current_sign_in_at: user.current_sign_in_at.map(Time),
            last_sign_in_at: user.last_sign_in_at.map(Time),
            created_at: Time(user.created_at),
            updated_at: Time(user.updated_at),
            admin: user.admin,
            enabled: user.enabled,
            locked_at: user.locked_at.map(Time),
            namespace_id: row.namespace_id,
            display_name: user.display_name,
            bot: user.bot,
        }
    }
}

pub async fn list(call: Call) -> ApiResult<HttpResponse> {
    call.admin()?;
    paged(&call, Users, User::from).await
}

pub async fn create(call: Call) -> ApiResult<HttpResponse> {
    call.admin()?;
    let mut read = call.params.read();
    read.required_object("user");
    let new = NewUser {
        username: read.required_string("user[username]").unwrap_or_default(),
        email: read.required_string("user[email]").unwrap_or_default(),
        password: read.required_string("user[password]").unwrap_or_default(),
        display_name: read.string("user[display_name]"),
        bot: read.boolean("user[bot]").unwrap_or(false),
        admin: false,
    };
    read.finish()?;
    let made = users::create(&call.app, &call.actor, new).await?;
    let row = queries::users::with_home(&call.app, made.user).await?;
    created(User::from(row))
}

pub async fn bootstrap(open: Open) -> ApiResult<HttpResponse> {
    let mut read = open.params.read();
    read.required_object("user");
    let new = NewUser {
        username: read.required_string("user[username]").unwrap_or_default(),
        email: read.required_string("user[email]").unwrap_or_default(),
        password: read.required_string("user[password]").unwrap_or_default(),
        display_name: read.string("user[display_name]"),
        ..NewUser::default()
    };
    read.finish()?;
    match users::bootstrap(&open.app, new).await {
        Ok((_, issued)) => created(NewToken::from(issued)),
        // Too late rather than missing, and 400 is what Portus' clients expect.
        Err(Error::Unknown(text)) => Err(ApiError::BadRequest(text)),
        Err(error) => Err(error.into()),
    }
}

/// By id, or else by e-mail address.
pub async fn show(call: Call) -> ApiResult<HttpResponse> {
    call.admin()?;
    let written = call.segment("id");
    let row = if written.bytes().all(|byte| byte.is_ascii_digit()) {
        queries::users::by_id(&call.app, call.id("id")?).await?
    } else {
        let email = percent_decode_str(written).decode_utf8_lossy();
        queries::users::by_email(&call.app, &email).await?
    };
    ok(User::from(queries::users::with_home(&call.app, row).await?))
}

pub async fn update(call: Call) -> ApiResult<HttpResponse> {
    call.admin()?;
    let mut read = call.params.read();
    read.required_object("user");
    let changes = UserChanges {
        username: read.string("user[username]"),
        email: read.string("user[email]"),
        password: read.string("user[password]"),
        display_name: read.string("user[display_name]"),
    };
    read.finish()?;
    let id = call.id("id")?;
    let own = call.session.as_ref().filter(|it| it.account.id == id);
    let kept = own.filter(|_| changes.password.is_some()).map(|it| it.id);
    let row = users::update(&call.app, &call.actor, id, changes).await?;
    if let Some(session) = kept {
        sessions::keep_after_password_change(&call.app, &call.actor, session).await?;
    }
    ok(User::from(queries::users::with_home(&call.app, row).await?))
}

pub async fn delete(call: Call) -> ApiResult<HttpResponse> {
    call.admin()?;
    users::delete(&call.app, &call.actor, call.id("id")?).await?;
    no_content()
}
