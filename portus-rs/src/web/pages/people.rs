//! What people are called, and where a name leads to.

use std::collections::HashMap;

use serde::Serialize;

use super::visit::{Member, Visit};
use crate::{entities::user, error::Result, queries::users};

/// Whoever did something, as pages name them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Person {
    pub name: String,
    /// The page about them, for those who have one.
    pub href: Option<String>,
}

impl Person {
    /// By their account, while it exists, else as they were called.
    pub fn of(visit: &Visit, account: Option<&user::Model>, stored: Option<&str>) -> Option<Self> {
        if let Some(account) = account {
            return Some(Self {
                name: users::display_name(&visit.app, account).to_owned(),
                href: page(visit, account.id),
            });
        }
        let name = stored.filter(|name| !name.is_empty())?.to_owned();
        Some(Self { name, href: None })
    }

    /// For samples.
    pub fn sample(known: bool) -> Self {
        Self {
            name: "ann<canary>".to_owned(),
            href: known.then(|| "/users/edit".to_owned()),
        }
    }
}

/// The page about an account, if there is one for the reader: their own profile, and anybody for admins.
pub fn page(visit: &Visit, id: i64) -> Option<String> {
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
