//! What the audit log keeps of signing in and out on the web, and of docker's logins.

use super::{Activity, Kind};
use crate::entities::{refresh_token, session, user};

/// Where a secret is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Door {
    /// Where docker and its like get tokens.
    Docker,
    Api,
}

/// Keys of what happens with docker's logins.
pub mod docker_login {
    pub const USED: &str = "session:use_docker_login";
    /// Docker keeps nothing, or its like, and shows the password each time.
    pub const PASSWORD_USED: &str = "session:use_password";
}

impl Activity {
    /// `method` is how the account proved itself: `password`, `ldap` (the directory's password), a code besides, or the provider that knows the person.
    pub fn session_created(session: &session::Model, user: &user::Model, method: &str) -> Self {
        Self::of_session("session:create", (user.id, &user.username))
            .with("method", method)
            .with("address", session.address.as_str())
            .with("user_agent", session.user_agent.as_str())
    }

    /// `count` sessions of one account ended by somebody's will; what expires is no news.
    pub fn sessions_destroyed(user: &user::Model, count: u64) -> Self {
        Self::of_session("session:destroy", (user.id, &user.username)).with("count", count)
    }

    /// The same by the provider through which they began, for this reason.
    pub fn sessions_ended_by(user: &user::Model, count: u64, provider: &str, reason: &str) -> Self {
        Self::sessions_destroyed(user, count)
            .with("provider", provider)
            .with("reason", reason)
    }

    /// `method` is what was wrong. A name without an account is not kept: people type passwords into the wrong field.
    pub fn session_failed_by(account: Option<(i64, &str)>, address: &str, method: &str) -> Self {
        let it = match account {
            Some(account) => Self::of_session("session:fail", account),
            None => Self::new("session:fail", None),
        };
        it.with("address", address).with("method", method)
    }

    /// The same where nothing was wrong, but whoever knows the password did not answer.
    pub fn session_unproved(
        account: Option<(i64, &str)>,
        address: &str,
        method: &str,
        reason: &str,
    ) -> Self {
        Self::session_failed_by(account, address, method).with("reason", reason)
    }

    /// Docker got something to keep in place of a password. `method` is what was shown for it: `password`, `ldap` (the
    /// directory's password) or `token`.
    pub fn docker_login_created(
        login: &refresh_token::Model,
        (id, username): (i64, &str),
        method: &str,
        user_agent: &str,
    ) -> Self {
        Self::of_docker_login("session:docker_login", login, (id, username))
            .with("method", method)
            .with("address", login.address.as_str())
            .with("user_agent", user_agent)
    }

    /// The same was used; told now and then.
    pub fn docker_login_used(
        login: &refresh_token::Model,
        user: &user::Model,
        address: &str,
        user_agent: &str,
    ) -> Self {
        Self::of_docker_login(docker_login::USED, login, (user.id, &user.username))
            .with("address", address)
            .with("user_agent", user_agent)
    }

    /// A password was used where docker gets its tokens; told now and then.
    pub fn docker_password_used(user: &user::Model, address: &str, user_agent: &str) -> Self {
        let method = if user.directory { "ldap" } else { "password" };
        Self::of_session(docker_login::PASSWORD_USED, (user.id, &user.username))
            .with("method", method)
            .with("address", address)
            .with("user_agent", user_agent)
            .by(Some(user.id), user.username.as_str())
    }

    fn of_docker_login(
        key: &'static str,
        login: &refresh_token::Model,
        (id, username): (i64, &str),
    ) -> Self {
        Self::of_session(key, (id, username))
            .with("login", login.id)
            .with("service", login.service.as_str())
            .with("client", login.client_id.as_str())
            .by(Some(id), username)
    }

    /// So many secrets shown at this door were wrong, or their account not to be used. A name without an account is not
    /// kept, here neither.
    pub fn wrong_secrets(
        door: Door,
        account: Option<(i64, &str)>,
        address: &str,
        count: u64,
    ) -> Self {
        let key = match door {
            Door::Docker => "session:fail_docker",
            Door::Api => "session:fail_api",
        };
        let it = match account {
            Some(account) => Self::of_session(key, account),
            None => Self::new(key, None),
        };
        it.with("address", address).with("count", count)
    }

    /// A docker login is ended by its owner or an admin.
    pub fn docker_login_ended(user: &user::Model, service: &str) -> Self {
        Self::of_session("session:end_docker_login", (user.id, &user.username))
            .with("service", service)
    }

    /// Somebody came back from a provider and was not let in. The account is known where the provider's answer led to one.
    pub fn provider_failed(
        account: Option<(i64, &str)>,
        provider: &str,
        reason: &str,
        address: &str,
    ) -> Self {
        Self::session_unproved(account, address, provider, reason)
    }

    fn of_session(key: &'static str, (id, username): (i64, &str)) -> Self {
        Self::new(key, Some((Kind::User, id))).with("username", username)
    }
}
