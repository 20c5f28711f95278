//! What the audit log keeps of accounts and their tokens.

use super::{Activity, Kind};
use crate::entities::{application_token, bot_trust, team, user};

/// The key of a token's use.
pub const TOKEN_USED: &str = "application_token:use";

impl Activity {
    pub fn user_created(user: &user::Model) -> Self {
        Self::new("user:create", Some((Kind::User, user.id)))
            .with("username", user.username.as_str())
    }

    /// Somebody made the account for themselves.
    pub fn user_signed_up(user: &user::Model, address: &str) -> Self {
        Self::new("user:sign_up", Some((Kind::User, user.id)))
            .with("username", user.username.as_str())
            .with("admin", user.admin)
            .with("address", address)
    }

    /// Somebody asked for a letter with a link to set this account's password, and it has been written.
    pub fn reset_requested(user: &user::Model, address: &str) -> Self {
        Self::new("user:request_reset", Some((Kind::User, user.id)))
            .with("username", user.username.as_str())
            .with("address", address)
    }

    /// The password was set by such a link.
    pub fn password_reset(user: &user::Model, address: &str) -> Self {
        Self::new("user:reset_password", Some((Kind::User, user.id)))
            .with("username", user.username.as_str())
            .with("address", address)
    }

    pub fn second_factor_added(user: &user::Model) -> Self {
        Self::of_second_factor("second_factor:create", user.id, &user.username)
    }

    pub fn second_factor_removed(user: &user::Model) -> Self {
        Self::of_second_factor("second_factor:destroy", user.id, &user.username)
    }

    pub fn recovery_codes_renewed(user: &user::Model) -> Self {
        Self::of_second_factor("second_factor:renew_codes", user.id, &user.username)
    }

    /// Somebody used a recovery code in place of their authenticator.
    pub fn recovery_code_used(id: i64, username: &str) -> Self {
        Self::of_second_factor("second_factor:use_code", id, username).by(Some(id), username)
    }

    pub fn passkey_added(user: &user::Model, name: &str) -> Self {
        Self::of_second_factor("passkey:create", user.id, &user.username).with("passkey", name)
    }

    pub fn passkey_removed(user: &user::Model, name: &str) -> Self {
        Self::of_second_factor("passkey:destroy", user.id, &user.username).with("passkey", name)
    }

    /// Its counter stood where it had been before: somebody may have a copy.
    pub fn passkey_refused(user: &user::Model, name: &str, address: &str) -> Self {
        Self::of_second_factor("passkey:refuse", user.id, &user.username)
            .with("passkey", name)
            .with("address", address)
    }

    fn of_second_factor(key: &'static str, id: i64, username: &str) -> Self {
        Self::new(key, Some((Kind::User, id))).with("username", username)
    }

    /// The first login of somebody whom the directory knows.
    pub fn user_enrolled(user: &user::Model) -> Self {
        Self::user_created(user)
            .with("admin", user.admin)
            .through_directory()
    }

    /// The directory does not have it any more.
    pub fn user_gone(user: &user::Model) -> Self {
        Self::new("user:ldap_gone", Some((Kind::User, user.id)))
            .with("username", user.username.as_str())
    }

    /// The directory has it again.
    pub fn user_returned(user: &user::Model) -> Self {
        Self::new("user:ldap_returned", Some((Kind::User, user.id)))
            .with("username", user.username.as_str())
    }

    /// The provider that it came from does not vouch for it any more, for this reason.
    pub fn provider_gone(user: &user::Model, provider: &str, reason: &str) -> Self {
        Self::new("user:provider_gone", Some((Kind::User, user.id)))
            .with("username", user.username.as_str())
            .with("provider", provider)
            .with("reason", reason)
    }

    /// The provider vouches for it again.
    pub fn provider_returned(user: &user::Model, provider: &str) -> Self {
        Self::new("user:provider_returned", Some((Kind::User, user.id)))
            .with("username", user.username.as_str())
            .with("provider", provider)
    }

    /// Its password is the directory's from now on, or no longer.
    pub fn user_tied(user: &user::Model, directory: bool) -> Self {
        let key = if directory {
            "user:ldap_link"
        } else {
            "user:ldap_unlink"
        };
        Self::new(key, Some((Kind::User, user.id))).with("username", user.username.as_str())
    }

    /// Says that the directory is the reason.
    #[must_use]
    pub fn through_directory(self) -> Self {
        self.with("source", "ldap")
    }

    pub fn user_updated(user: &user::Model, fields: &[&str]) -> Self {
        Self::new("user:update", Some((Kind::User, user.id)))
            .with("username", user.username.as_str())
            .with("fields", fields.to_vec())
    }

    pub fn user_promoted(user: &user::Model) -> Self {
        Self::new("user:promote", Some((Kind::User, user.id)))
            .with("username", user.username.as_str())
    }

    pub fn user_demoted(user: &user::Model) -> Self {
        Self::new("user:demote", Some((Kind::User, user.id)))
            .with("username", user.username.as_str())
    }

    pub fn user_enabled(user: &user::Model) -> Self {
        Self::new("user:enable", Some((Kind::User, user.id)))
            .with("username", user.username.as_str())
    }

    /// May try again, whatever was guessed.
    pub fn user_unlocked(user: &user::Model) -> Self {
        Self::new("user:unlock", Some((Kind::User, user.id)))
            .with("username", user.username.as_str())
    }

    pub fn user_disabled(user: &user::Model) -> Self {
        Self::new("user:disable", Some((Kind::User, user.id)))
            .with("username", user.username.as_str())
    }

    /// Many wrong secrets for one name from one address. `account` is whose name it is, if it is anybody's: what else
    /// was typed there may be a secret.
    pub fn guesses_held(account: Option<(i64, &str)>, address: &str, minutes: i64) -> Self {
        Self::new("user:throttle", account.map(|(id, _)| (Kind::User, id)))
            .with("username", account.map(|(_, name)| name))
            .with("address", address)
            .with("minutes", minutes)
    }

    pub fn bot_created(bot: &user::Model, team: &team::Model, role: &str) -> Self {
        let mut it = Self::new("user:create_bot", Some((Kind::User, bot.id)))
            .with("username", bot.username.as_str())
            .with("team", team.name.as_str())
            .with("role", role);
        it.team_id = Some(team.id);
        it
    }

    pub fn user_unlinked(user: &user::Model, provider: &str, issuer: &str) -> Self {
        Self::new("user:unlink", Some((Kind::User, user.id)))
            .with("username", user.username.as_str())
            .with("provider", provider)
            .with("issuer", issuer)
    }

    pub fn trust_created(trust: &bot_trust::Model, bot: &user::Model) -> Self {
        Self::of_trust("user:create_trust", trust, bot)
            .with("claims", trust.claims.as_str())
            .with("scope", trust.scope.as_str())
    }

    pub fn trust_destroyed(trust: &bot_trust::Model, bot: &user::Model) -> Self {
        Self::of_trust("user:destroy_trust", trust, bot)
    }

    fn of_trust(key: &'static str, trust: &bot_trust::Model, bot: &user::Model) -> Self {
        let mut it = Self::new(key, Some((Kind::User, bot.id)))
            .with("username", bot.username.as_str())
            .with("trust", trust.name.as_str())
            .with("issuer", trust.issuer.as_str())
            .with("audience", trust.audience.as_str());
        it.team_id = bot.owner_team_id;
        it
    }

    /// A job came for the first time with its token.
    pub fn job_came(
        (bot, username): (i64, &str),
        issuer: &str,
        subject: &str,
        trusts: &[&str],
        address: &str,
    ) -> Self {
        Self::new("user:job_login", Some((Kind::User, bot)))
            .with("username", username)
            .with("method", "job")
            .with("issuer", issuer)
            .with("subject", subject)
            .with("trusts", trusts.to_vec())
            .with("address", address)
    }

    /// A job's token came from another place than the one it was first shown from.
    pub fn job_copied(
        (bot, username): (i64, &str),
        issuer: &str,
        subject: &str,
        address: &str,
    ) -> Self {
        Self::new("user:job_refuse", Some((Kind::User, bot)))
            .with("username", username)
            .with("method", "job")
            .with("issuer", issuer)
            .with("subject", subject)
            .with("address", address)
    }

    /// An account at a provider opens this one from now on.
    pub fn user_linked(user: &user::Model, provider: &str, issuer: &str, proof: &str) -> Self {
        Self::new("user:link", Some((Kind::User, user.id)))
            .with("username", user.username.as_str())
            .with("provider", provider)
            .with("issuer", issuer)
            .with("proof", proof)
    }

    pub fn user_deleted(user: &user::Model) -> Self {
        Self::new("user.delete", Some((Kind::User, user.id)))
            .with("username", user.username.as_str())
    }

    /// Somebody has looked at so many whom the directory does not have any more, and says that they are gone.
    pub fn departures_confirmed(count: u64) -> Self {
        Self::new("user:confirm_gone", None).with("count", count)
    }

    pub fn passwords_cleared(count: u64) -> Self {
        Self::new("user:clear_passwords", None).with("count", count)
    }

    /// `namespace` is the only one that the token is good for.
    pub fn token_created(
        token: &application_token::Model,
        owner: &user::Model,
        namespace: Option<&str>,
    ) -> Self {
        let mut it = Self::of_token("application_token.create", token, owner)
            .with("scope", token.scope.as_str());
        if let Some(namespace) = namespace {
            it = it.with("namespace", namespace);
        }
        if let Some(end) = token.expires_at {
            it = it.with("expires_at", end.format("%Y-%m-%dT%H:%M:%SZ").to_string());
        }
        it
    }

    pub fn token_destroyed(token: &application_token::Model, owner: &user::Model) -> Self {
        Self::of_token("application_token.destroy", token, owner)
    }

    /// A token was used; told once an hour for each address.
    pub fn token_used(
        token: &application_token::Model,
        owner: &user::Model,
        address: &str,
        user_agent: &str,
    ) -> Self {
        Self::of_token(TOKEN_USED, token, owner)
            .with("address", address)
            .with("user_agent", user_agent)
            .by(Some(owner.id), owner.username.as_str())
    }

    fn of_token(key: &'static str, token: &application_token::Model, owner: &user::Model) -> Self {
        let mut it = Self::new(key, Some((Kind::ApplicationToken, token.id)))
            .with("application", token.application.as_str())
            .with("username", owner.username.as_str());
        it.recipient = Some((Kind::User, owner.id));
        it
    }
}
