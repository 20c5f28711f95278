//! What the audit log keeps of accounts and their tokens.

use super::{Activity, Kind};
use crate::entities::{application_token, user};

impl Activity {
    pub fn user_created(user: &user::Model) -> Self {
        Self::new("user:create", Some((Kind::User, user.id)))
            .with("username", user.username.as_str())
    }

    pub fn user_updated(user: &user::Model, fields: &[&str]) -> Self {
        Self::new("user:update", Some((Kind::User, user.id)))
            .with("username", user.username.as_str())
            .with("fields", fields.to_vec())
    }

    pub fn user_deleted(user: &user::Model) -> Self {
        Self::new("user.delete", Some((Kind::User, user.id)))
            .with("username", user.username.as_str())
    }

    pub fn passwords_cleared(count: u64) -> Self {
        Self::new("user:clear_passwords", None).with("count", count)
    }

    pub fn token_created(token: &application_token::Model, owner: &user::Model) -> Self {
        Self::of_token("application_token.create", token, owner)
    }

    pub fn token_destroyed(token: &application_token::Model, owner: &user::Model) -> Self {
        Self::of_token("application_token.destroy", token, owner)
    }

    fn of_token(key: &'static str, token: &application_token::Model, owner: &user::Model) -> Self {
        let mut it = Self::new(key, Some((Kind::ApplicationToken, token.id)))
            .with("application", token.application.as_str())
            .with("username", owner.username.as_str());
        it.recipient = Some((Kind::User, owner.id));
        it
    }
}
