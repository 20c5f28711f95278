//! Where a name leads to.

use std::collections::HashMap;

use super::visit::Member;
use crate::{error::Result, queries::users};

/// The page about an account, if there is one for the reader: their own profile, and anybody for admins.
pub fn page(visit: &Member, id: i64) -> Option<String> {
    if visit.actor.user_id() == Some(id) {
        return Some("/users/edit".to_owned());
    }
    let admin = visit.actor.account().is_some_and(|it| it.admin);
    admin.then(|| format!("/admin/users/{id}/edit"))
}

/// The pages about the accounts of these names, by name, as far as there are any.
pub async fn pages<'a>(
    visit: &Member,
    names: impl Iterator<Item = &'a str>,
) -> Result<HashMap<String, String>> {
    let names: Vec<&str> = names.collect();
    if names.is_empty() {
        return Ok(HashMap::new());
    }
    let ids = users::ids_of(&visit.app, &names).await?;
    let pages = ids.into_iter();
    Ok(pages
        .filter_map(|(name, id)| Some((name, page(visit, id)?)))
        .collect())
}
