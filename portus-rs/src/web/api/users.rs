//! Accounts, for admins; and the very first one.

mod of_pages;

use percent_encoding::percent_decode_str;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    application_tokens::IssuedToken,
    operation::{Noun, delete, get, noun, post, put},
    reply::{Created, NoContent, Paged, Shown},
    respond::{Time, created, no_content, ok, paged},
};
use crate::{
    actions::users,
    entities::user,
    error::Error,
    queries::{
        self,
        users::{Row, Users},
    },
    web::{
        error::{ApiError, ApiResult},
        extract::{
            caller::{Admin, Call, Open},
            declare::params,
            filters::Filters,
            page::Page,
        },
    },
};

pub fn operations() -> Noun {
    noun(
        "users",
        "Accounts, for admins; and the very first one.",
        vec![
            get("/v1/users", "Lists accounts", list),
            post("/v1/users", "Makes an account", create),
            post(
                "/v1/users/bootstrap",
                "Makes the first account, an admin",
                bootstrap,
            )
            .about("Works while there are no accounts, and unless `first_user_admin` is off.")
            .may(&[403, 405]),
            get("/v1/users/{id}", "Shows an account", show)
                .segment("id", "The id, or else the e-mail address."),
            put("/v1/users/{id}", "Changes an account", update),
            delete("/v1/users/{id}", "Removes an account", remove),
            put(
                "/v1/users/{id}/toggle_admin",
                "Makes an admin an ordinary person, and the other way round",
                toggle_admin,
            )
            .ours(),
            put("/v1/users/{id}/admin", "Makes somebody an admin", promote).ours(),
            delete("/v1/users/{id}/admin", "Makes an admin an ordinary person", demote)
                .about("The last admin who can log in stays one, and nobody does it to themselves.")
                .ours(),
            put(
                "/v1/users/{id}/toggle_enabled",
                "Shuts an account out, or lets it in again",
                toggle_enabled,
            )
            .ours(),
            put("/v1/users/{id}/enabled", "Lets an account in again", enable).ours(),
            delete("/v1/users/{id}/enabled", "Shuts an account out", disable)
                .about(
                    "For admins, and for one's own account. It is refused from the next request on, whatever it shows.",
                )
                .ours(),
            delete(
                "/v1/users/{id}/lock",
                "Lets somebody try again who was held back",
                unlock,
            )
            .about(
                "Forgets the wrong passwords that were tried for an account, from every address. Where nobody tried \
                 any, it changes nothing.",
            )
            .ours(),
            put(
                "/v1/users/{id}/ldap",
                "Ties an account to the LDAP directory",
                tie,
            )
            .about(
                "Its password is the one of the directory's person of that name from now on; sessions and logins end. \
                 405 without `ldap.enabled`.",
            )
            .may(&[405])
            .ours(),
            delete(
                "/v1/users/{id}/ldap",
                "Loosens an account from the LDAP directory",
                loosen,
            )
            .about("It has no password until an admin sets one.")
            .ours(),
        ],
    )
}

pub use of_pages::twins;

params! {
    /// An account to be made.
    struct NewUser in user {
        username: String,
        email: String,
        /// From 8 to 128 characters.
        password: String,
        display_name: Option<String>,
        /// Whether it is a program, which has no namespace of its own and cannot sign in.
        bot: bool,
    }
}

params! {
    /// The account of the first admin.
    struct FirstUser in user {
        username: String,
        email: String,
        /// From 8 to 128 characters.
        password: String,
        display_name: Option<String>,
    }
}

params! {
    /// What is to be different about an account.
    struct UserChanges in user {
        username: Option<String>,
        email: Option<String>,
        /// From 8 to 128 characters.
        password: Option<String>,
        display_name: Option<String>,
    }
}

/// An account.
#[derive(Serialize, ToSchema)]
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

async fn list(call: Admin, page: Page, filters: Filters<Users>) -> ApiResult<Paged<User>> {
    let list = filters.narrow(&call.app, Users);
    paged(&call, &page, list, User::from).await
}

async fn create(call: Admin, new: NewUser) -> ApiResult<Created<User>> {
    let new = users::NewUser {
        username: new.username,
        email: new.email,
        password: new.password,
        display_name: new.display_name,
        bot: new.bot,
        admin: false,
    };
    let made = users::create(&call.app, &call.actor, new).await?;
    let row = queries::users::with_home(&call.app, made.user).await?;
    created(User::from(row))
}

async fn bootstrap(open: Open, new: FirstUser) -> ApiResult<Created<IssuedToken>> {
    open.refuse_privileged("user")?;
    let new = users::NewUser {
        username: new.username,
        email: new.email,
        password: new.password,
        display_name: new.display_name,
        ..users::NewUser::default()
    };
    match users::bootstrap(&open.app, new).await {
        Ok((_, issued)) => created(IssuedToken::from(issued)),
        // Too late rather than missing, and 400 is what Portus' clients expect.
        Err(Error::Unknown(text)) => Err(ApiError::BadRequest(text)),
        Err(error) => Err(error.into()),
    }
}

/// By id, or else by e-mail address.
async fn show(call: Admin) -> ApiResult<Shown<User>> {
    let written = call.segment("id");
    let row = if written.bytes().all(|byte| byte.is_ascii_digit()) {
        queries::users::by_id(&call.app, call.id("id")?).await?
    } else {
        let email = percent_decode_str(written).decode_utf8_lossy();
        queries::users::by_email(&call.app, &email).await?
    };
    ok(User::from(queries::users::with_home(&call.app, row).await?))
}

async fn update(call: Admin, changes: UserChanges) -> ApiResult<Shown<User>> {
    let changes = users::UserChanges {
        username: changes.username,
        email: changes.email,
        password: changes.password,
        display_name: changes.display_name,
        session: call.session.as_ref().map(|it| it.id),
    };
    let id = call.id("id")?;
    let row = users::update(&call.app, &call.actor, id, changes).await?;
    ok(User::from(queries::users::with_home(&call.app, row).await?))
}

async fn remove(call: Admin) -> ApiResult<NoContent> {
    users::delete(&call.app, &call.actor, call.id("id")?).await?;
    no_content()
}

async fn toggle_admin(call: Admin) -> ApiResult<Shown<User>> {
    let row = users::toggle_admin(&call.app, &call.actor, call.id("id")?).await?;
    shown(&call, row).await
}

async fn promote(call: Admin) -> ApiResult<Shown<User>> {
    let row = users::set_admin(&call.app, &call.actor, call.id("id")?, true).await?;
    shown(&call, row).await
}

async fn demote(call: Admin) -> ApiResult<Shown<User>> {
    let row = users::set_admin(&call.app, &call.actor, call.id("id")?, false).await?;
    shown(&call, row).await
}

async fn toggle_enabled(call: Call) -> ApiResult<Shown<User>> {
    let row = users::toggle_enabled(&call.app, &call.actor, call.id("id")?).await?;
    shown(&call, row).await
}

async fn enable(call: Call) -> ApiResult<Shown<User>> {
    let row = users::set_enabled(&call.app, &call.actor, call.id("id")?, true).await?;
    shown(&call, row).await
}

async fn disable(call: Call) -> ApiResult<Shown<User>> {
    let row = users::set_enabled(&call.app, &call.actor, call.id("id")?, false).await?;
    shown(&call, row).await
}

async fn unlock(call: Admin) -> ApiResult<Shown<User>> {
    let done = users::unlock(&call.app, &call.actor, call.id("id")?).await?;
    shown(&call, done.user).await
}

async fn tie(call: Admin) -> ApiResult<Shown<User>> {
    let row = users::set_directory(&call.app, &call.actor, call.id("id")?, true).await?;
    shown(&call, row).await
}

async fn loosen(call: Admin) -> ApiResult<Shown<User>> {
    let row = users::set_directory(&call.app, &call.actor, call.id("id")?, false).await?;
    shown(&call, row).await
}

async fn shown(call: &Call, row: user::Model) -> ApiResult<Shown<User>> {
    ok(User::from(queries::users::with_home(&call.app, row).await?))
}
