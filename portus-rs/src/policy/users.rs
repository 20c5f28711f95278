//! Rules about accounts, their tokens, and what only admins may.

use super::{Rule, Standing, Verdict};

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
