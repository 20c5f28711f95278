//! Rules about accounts, their tokens, and what only admins may.

use super::{Guard, Rule, Rules, Standing, Verdict, guard::guards};
use crate::entities::{Role, application_token, team, user};

/// Whatever is reserved to admins: accounts, registries, whole-installation lists.
pub fn administer(standing: Standing) -> Verdict {
    if standing.who.reach().namespace.is_some() {
        return Verdict::no(Rule::TokenOfOneNamespace);
    }
    if standing.is_admin() {
        Verdict::yes(standing.admin_rule())
    } else {
        Verdict::no(Rule::OnlyAdmins)
    }
}

/// What people do not say about their own account: only admins do, each in a place of its own, or nobody does.
pub const PRIVILEGED: &[&str] = &[
    "admin",
    "bot",
    "canonical_name",
    "created_at",
    "credentials_version",
    "current_sign_in_at",
    "current_sign_in_ip",
    "directory",
    "directory_admin",
    "directory_gone_at",
    "enabled",
    "failed_attempts",
    "id",
    "last_sign_in_at",
    "last_sign_in_ip",
    "ldap_group_checked",
    "locked_at",
    "owner_team_id",
    "password_hash",
    "provider",
    "provider_gone_at",
    "second_factor",
    "sign_in_count",
    "uid",
    "updated_at",
];

/// Saying it.
pub fn set_privileged(standing: Standing) -> Verdict {
    if standing.is_admin() {
        Verdict::yes(standing.admin_rule())
    } else {
        Verdict::no(Rule::PrivilegedField)
    }
}

/// Listing and creating the application tokens of an account.
pub fn manage_tokens(standing: Standing, owner: i64) -> Verdict {
    if standing.who.reach().namespace.is_some() {
        return Verdict::no(Rule::TokenOfOneNamespace);
    }
    if standing.user_id() == Some(owner) {
        Verdict::yes(Rule::Oneself)
    } else if standing.is_admin() {
        Verdict::yes(standing.admin_rule())
    } else {
        Verdict::no(Rule::NotYours)
    }
}

/// Revoking an application token.
pub fn revoke_token(standing: Standing, owner: i64, owner_is_bot: bool) -> Verdict {
    if standing.user_id() == Some(owner) {
        Verdict::yes(Rule::Oneself)
    } else if standing.is_admin() && owner_is_bot {
        Verdict::yes(Rule::BotsToken)
    } else {
        Verdict::no(Rule::NotYours)
    }
}

/// The tokens of an account, those of a team's bot included.
pub fn manage_tokens_of(standing: Standing, owner: &user::Model) -> Verdict {
    let verdict = manage_tokens(standing, owner.id);
    if verdict.granted || !looks_after(standing, owner) {
        verdict
    } else {
        Verdict::yes(Rule::OwnersBot)
    }
}

/// The same for whoever gets a new credential by it.
fn credential(standing: Standing, verdict: Verdict) -> Verdict {
    match standing.who.reach().no_credential() {
        Some(rule) if verdict.granted => Verdict::no(rule),
        _ => verdict,
    }
}

/// Whether this is an owner of the team that a bot belongs to, if the standing is that in the team.
fn looks_after(standing: Standing, bot: &user::Model) -> bool {
    bot.bot && bot.owner_team_id.is_some() && standing.at_least(Role::Owner)
}

/// Making bots of a team.
pub fn manage_bots(standing: Standing, hidden: bool) -> Verdict {
    super::teams::manage_members(standing, hidden)
}

/// Listing the bots of a team, also by a token that only reads.
pub fn list_bots(standing: Standing, hidden: bool) -> Verdict {
    super::teams::look_after_members(standing, hidden)
}

/// Disabling, enabling and removing a bot of a team.
pub fn manage_bot(standing: Standing, bot: &user::Model) -> Verdict {
    if !bot.bot || bot.owner_team_id.is_none() {
        return Verdict::no(Rule::NoBotOfATeam);
    }
    if looks_after(standing, bot) {
        Verdict::yes(Rule::OwnersBot)
    } else {
        administer(standing)
    }
}

/// Saying whose signed tokens open a bot, and seeing it.
pub fn manage_trusts(standing: Standing, account: &user::Model) -> Verdict {
    if !account.bot {
        Verdict::no(Rule::OnlyBotsTrust)
    } else if looks_after(standing, account) {
        Verdict::yes(Rule::OwnersBot)
    } else {
        administer(standing)
    }
}

/// Making somebody an admin, or an ordinary person again.
pub fn switch_admin(standing: Standing, account: &user::Model) -> Verdict {
    let verdict = administer(standing);
    if !verdict.granted {
        verdict
    } else if account.username == user::PORTUS {
        Verdict::no(Rule::PortusStays)
    } else if account.bot {
        Verdict::no(Rule::BotsAreNoAdmins)
    } else if standing.user_id() == Some(account.id) {
        Verdict::no(Rule::NotOneself)
    } else {
        verdict
    }
}

/// Shutting an account out.
pub fn disable(standing: Standing, account: &user::Model) -> Verdict {
    if account.username == user::PORTUS && standing.is_admin() {
        Verdict::no(Rule::PortusStays)
    } else if standing.user_id() == Some(account.id) {
        Verdict::yes(Rule::Oneself)
    } else {
        enable(standing, account)
    }
}

/// Letting an account in again.
pub fn enable(standing: Standing, account: &user::Model) -> Verdict {
    if looks_after(standing, account) {
        Verdict::yes(Rule::OwnersBot)
    } else {
        administer(standing)
    }
}

/// Changing what people may of their own account.
pub fn edit_profile(standing: Standing, account: &user::Model) -> Verdict {
    if standing.user_id() != Some(account.id) {
        Verdict::no(Rule::NotYours)
    } else if account.bot {
        Verdict::no(Rule::BotsHaveNoProfile)
    } else {
        Verdict::yes(Rule::Oneself)
    }
}

/// Making an account for oneself, where the installation lets people.
pub fn sign_up(standing: Standing) -> Verdict {
    if standing.is_known() {
        Verdict::no(Rule::HasAccount)
    } else {
        Verdict::yes(Rule::VisitorMay)
    }
}

/// Taking the second factor off an account: one's own, or that of somebody who has lost it.
pub fn drop_second_factor(standing: Standing, account: &user::Model) -> Verdict {
    if standing.user_id() == Some(account.id) {
        edit_profile(standing, account)
    } else {
        administer(standing)
    }
}

guards! {
    DropSecondFactor on user::Model: |standing, it, rules| drop_second_factor(standing, it),
        visible: standing.is_admin() || standing.user_id() == Some(it.id);
    SignUp on (): |standing, it, rules| sign_up(standing), visible: true;
    /// Making an account. Sign-up asks its own guard.
    CreateUser on (): |standing, it, rules| administer(standing), visible: true;
    /// Changing or removing an account.
    ManageUser on user::Model: |standing, it, rules| administer(standing), visible: standing.is_admin();
    SwitchAdmin on user::Model: |standing, it, rules| switch_admin(standing, it), visible: standing.is_admin();
    DisableUser on user::Model: |standing, it, rules| disable(standing, it), visible: true;
    EnableUser on user::Model: |standing, it, rules| enable(standing, it), visible: true;
    EditProfile on user::Model: |standing, it, rules| edit_profile(standing, it), visible: true;
    CreateBot on team::Model: |standing, it, rules| manage_bots(standing, it.hidden),
        visible: super::teams::show(standing).granted;
    ManageBot on user::Model: |standing, it, rules| manage_bot(standing, it),
        visible: standing.is_admin() || standing.role.is_some();
    /// Saying whose signed tokens open a bot.
    ManageTrusts on user::Model: |standing, it, rules| manage_trusts(standing, it),
        visible: standing.is_admin() || standing.role.is_some();
    /// Making an application token for an account.
    IssueToken on user::Model: |standing, it, rules| credential(standing, manage_tokens_of(standing, it)),
        visible: true;
    /// Revoking an application token of an account.
    RevokeToken on (application_token::Model, user::Model): |standing, it, rules|
        if looks_after(standing, &it.1) {
            Verdict::yes(Rule::OwnersBot)
        } else {
            revoke_token(standing, it.1.id, it.1.bot)
        }, visible: true;
}

#[cfg(test)]
mod tests {
    use sea_orm::{IdenStatic as _, Iterable as _};

    use super::PRIVILEGED;
    use crate::entities::user::Column;

    #[test]
    fn every_field_of_an_account_is_ones_own_or_not() {
        let own = ["username", "email", "display_name", "language"];
        let mut fields: Vec<&str> = Column::iter().map(|it| it.as_str()).collect();
        fields.retain(|it| !own.contains(it));
        fields.sort_unstable();
        assert_eq!(fields, PRIVILEGED);
    }
}
