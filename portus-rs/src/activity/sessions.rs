//! What the audit log keeps of signing in and out on the web.

use super::{Activity, Kind};
use crate::entities::{session, user};

impl Activity {
    /// `method` is how the account proved itself: `password`, a code besides, or the provider that knows the person.
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

    /// A name without an account is not kept: people type passwords into the wrong field.
    pub fn session_failed(account: Option<(i64, &str)>, address: &str) -> Self {
        Self::session_failed_by(account, address, "password")
    }

    /// The same where something else than a password was wrong.
    pub fn session_failed_by(account: Option<(i64, &str)>, address: &str, method: &str) -> Self {
        let it = match account {
            Some(account) => Self::of_session("session:fail", account),
            None => Self::new("session:fail", None),
        };
        it.with("address", address).with("method", method)
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
        Self::session_failed(account, address)
            .with("method", provider)
            .with("reason", reason)
    }

    fn of_session(key: &'static str, (id, username): (i64, &str)) -> Self {
        Self::new(key, Some((Kind::User, id))).with("username", username)
    }
}
