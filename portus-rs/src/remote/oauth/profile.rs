//! What a provider says of a person.

use serde::{Deserialize, Serialize};

use super::error::{OAuthError, Result};

/// Longest text kept of anything, in characters.
const LONGEST: usize = 255;
/// Groups of one person that count.
const MOST_GROUPS: usize = 1000;

/// Somebody as a provider knows them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// The provider's name in the configuration.
    pub provider: String,
    /// Within this, subjects are unique.
    pub issuer: String,
    /// Never given to anybody else there.
    pub subject: String,
    /// Lower case.
    pub email: Option<String>,
    /// Whether the provider vouches that it is theirs.
    pub email_verified: bool,
    /// A user name to suggest.
    pub username: Option<String>,
    /// A display name to suggest.
    pub name: Option<String>,
    /// Where groups are compared at all.
    pub groups: Option<Vec<String>>,
}

impl Profile {
    /// The same with what no row takes cut off, or why it is of no use.
    pub(super) fn checked(mut self) -> Result<Self> {
        let fits = |text: &str| {
            !text.is_empty()
                && text.chars().count() <= LONGEST
                && !text.chars().any(char::is_control)
        };
        if !fits(&self.subject) || !fits(&self.issuer) {
            return Err(OAuthError::failed(
                "the provider does not say who this is",
                "the subject is empty, too long or unreadable",
            ));
        }
        let email = self.email.take();
        self.email = email
            .map(|it| it.trim().to_lowercase())
            .filter(|it| fits(it) && it.contains('@'));
        self.email_verified &= self.email.is_some();
        self.username = clean(self.username.take());
        self.name = clean(self.name.take());
        if let Some(groups) = &mut self.groups {
            groups.retain(|it| fits(it));
            groups.truncate(MOST_GROUPS);
        }
        Ok(self)
    }
}

fn clean(text: Option<String>) -> Option<String> {
    let text: String = text?
        .chars()
        .filter(|c| !c.is_control())
        .take(LONGEST)
        .collect();
    Some(text.trim().to_owned()).filter(|it| !it.is_empty())
}
