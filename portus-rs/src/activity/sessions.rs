//! What the audit log keeps of signing in and out on the web.

use super::{Activity, Kind};
use crate::entities::{session, user};

impl Activity {
    pub fn session_created(session: &session::Model, user: &user::Model) -> Self {
        Self::of_session("session:create", (user.id, &user.username))
            .with("address", session.address.as_str())
            .with("user_agent", session.user_agent.as_str())
    }

    /// `count` sessions of one account ended by somebody's will; what expires is no news.
    pub fn sessions_destroyed(user: &user::Model, count: u64) -> Self {
        Self::of_session("session:destroy", (user.id, &user.username)).with("count", count)
    }

    /// A name without an account is not kept: people type passwords into the wrong field.
    pub fn session_failed(account: Option<(i64, &str)>, address: &str) -> Self {
        let it = match account {
            Some(account) => Self::of_session("session:fail", account),
            None => Self::new("session:fail", None),
        };
        it.with("address", address)
    }

    fn of_session(key: &'static str, (id, username): (i64, &str)) -> Self {
        Self::new(key, Some((Kind::User, id))).with("username", username)
    }
}
