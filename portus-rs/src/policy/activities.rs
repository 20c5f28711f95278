//! Rules about what of the audit log somebody may read. History is never more public than its thing: while a namespace
//! is there its present team and visibility count, and once it is gone those that it had at the end.

use super::{Rule, Standing, Verdict};

/// What the rules need to know of an entry. The standing that goes with it is the one in the team that owns the
/// namespace now or owned it at the end, or else in the team that the entry is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActivityFacts {
    pub about: AboutWhat,
    pub actor_id: Option<i64>,
    /// Whether the namespace is public, or was so when it was removed.
    pub public: bool,
}

/// What an entry is about, as far as it matters to the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AboutWhat {
    /// A repository and its tags, or how a namespace became public or went.
    Content,
    /// A namespace otherwise, or its webhooks.
    Namespace,
    Team,
    Token,
    /// Accounts, registries, the installation.
    Service,
}

/// Kinds of things that lie in a namespace.
pub const PLACED: [&str; 4] = ["Namespace", "Repository", "Webhook", "Registry"];
/// Entries about namespaces that everybody may read who may see the namespace.
pub const CONTENT_KEYS: [&str; 2] = ["namespace.change_visibility", "registry.delete"];
/// A team that is gone is kept under its registry.
pub const TEAM_REMOVED: &str = "registry.remove_team";

impl AboutWhat {
    pub fn of(key: &str, trackable_type: Option<&str>, in_namespace: bool) -> Self {
        let kind = trackable_type.unwrap_or_default();
        if kind == "ApplicationToken" {
            Self::Token
        } else if in_namespace && PLACED.contains(&kind) {
            if kind == "Repository" || CONTENT_KEYS.contains(&key) {
                Self::Content
            } else {
                Self::Namespace
            }
        } else if !in_namespace && (kind == "Team" || key == TEAM_REMOVED) {
            Self::Team
        } else {
            Self::Service
        }
    }
}

/// Reading an entry of the audit log. Says what [`super::visible::activities`] says.
pub fn show(standing: Standing, activity: &ActivityFacts) -> Verdict {
    if standing.who.reach().namespace.is_some() {
        return Verdict::no(Rule::TokenOfOneNamespace);
    }
    if standing.is_admin() {
        return Verdict::yes(standing.admin_rule());
    }
    match activity.about {
        AboutWhat::Token
            if standing.user_id().is_some() && standing.user_id() == activity.actor_id =>
        {
            Verdict::yes(Rule::Oneself)
        }
        AboutWhat::Token => Verdict::no(Rule::NotYours),
        AboutWhat::Service => Verdict::no(Rule::OnlyAdmins),
        _ if standing.role.is_some() => Verdict::yes(Rule::MemberMay),
        AboutWhat::Content if activity.public && standing.is_known() => {
            Verdict::yes(Rule::AccountMay)
        }
        _ => Verdict::no(Rule::NotAMember),
    }
}
