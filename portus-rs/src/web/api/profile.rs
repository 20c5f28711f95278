//! The caller's own account.

use super::{
    operation::{Noun, get, noun, put},
    reply::Shown,
    respond::ok,
    users::User,
};
use crate::{
    actions::users,
    identity::throttle,
    queries,
    web::{
        error::{ApiError, ApiResult},
        extract::{caller::Call, client, declare::params},
    },
};

pub fn operations() -> Noun {
    noun(
        "profile",
        "The caller's own account.",
        vec![
            get("/v1/profile", "Shows the caller's own account", show).ours(),
            put("/v1/profile", "Changes the caller's own account", update)
                .about(
                    "A new password or e-mail address needs `current_password`; the address of an account whose password \
                     nobody knows needs a session that its provider began less than ten minutes ago. A new password ends the account's \
                     docker logins and other sessions; its application tokens stay. What only admins may set is refused with 403.",
                )
                .ours(),
        ],
    )
}

params! {
    /// What is to be different about the caller's account.
    struct ProfileChanges in user {
        email: Option<String>,
        display_name: Option<String>,
        /// From 8 to 128 characters.
        password: Option<String>,
        password_confirmation: Option<String>,
        current_password: Option<String>,
    }
}

async fn show(call: Call) -> ApiResult<Shown<User>> {
    let id = call.actor.user_id().ok_or(ApiError::NOT_FOUND)?;
    own(&call, id).await
}

async fn update(call: Call, changes: ProfileChanges) -> ApiResult<Shown<User>> {
    call.refuse_fields("user", &["username", "id", "namespace_id"])?;
    let changes = users::ProfileChanges {
        email: changes.email,
        display_name: changes.display_name,
        password: changes.password,
        password_confirmation: changes.password_confirmation,
        current_password: changes.current_password,
    };
    let proxies = &call.app.config.listener.trusted_proxies;
    let source = throttle::source(client::address(&call.request, proxies));
    let asking = users::Asking {
        address: &source,
        session: call.session.as_ref().map(|it| it.id),
    };
    let row = users::update_own(&call.app, &call.actor, changes, asking).await?;
    own(&call, row.id).await
}

async fn own(call: &Call, id: i64) -> ApiResult<Shown<User>> {
    let row = queries::users::by_id(&call.app, id).await?;
    ok(User::from(queries::users::with_home(&call.app, row).await?))
}
