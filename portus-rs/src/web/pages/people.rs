//! Where a name leads to.

use super::visit::Member;

/// The page about an account, if there is one for the reader: their own profile, and anybody for admins.
pub fn page(visit: &Member, id: i64) -> Option<String> {
    if visit.actor.user_id() == Some(id) {
        return Some("/users/edit".to_owned());
    }
    let admin = visit.actor.account().is_some_and(|it| it.admin);
    admin.then(|| format!("/admin/users/{id}/edit"))
}
