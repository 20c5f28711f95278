//! Rules about accounts, their tokens, and what only admins may.

use super::{Guard, Rule, Rules, Standing, Verdict, guard::guards};
use crate::entities::{application_token, user};

/// Whatever is reserved to admins: accounts, registries, whole-installation lists.
pub fn administer(standing: Standing) -> Verdict {
    if standing.is_admin() {
        Verdict::yes(standing.admin_rule())
    } else {
        Verdict::no(Rule::OnlyAdmins)
    }
}

/// Listing and creating the application tokens of an account.
pub fn manage_tokens(standing: Standing, owner: i64) -> Verdict {
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

guards! {
    /// Making an account. Sign-up asks its own guard.
    CreateUser on (): |standing, it, rules| administer(standing), visible: true;
    /// Changing, enabling, promoting or removing an account.
    ManageUser on user::Model: |standing, it, rules| administer(standing), visible: standing.is_admin();
    /// Making an application token for an account.
    IssueToken on user::Model: |standing, it, rules| manage_tokens(standing, it.id), visible: true;
    /// Revoking an application token of an account.
    RevokeToken on (application_token::Model, user::Model): |standing, it, rules|
        revoke_token(standing, it.1.id, it.1.bot), visible: true;
}
