//! What a credential carries: an application token may be limited to less than its owner's rights. Whoever asks through
//! such a token asks with a [`Reach`], and every rule takes it into account.

use super::{Rule, Standing, Verdict, Who};
use crate::entities::TokenScope;

/// The limits of a credential.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Reach {
    pub scope: TokenScope,
    /// The only namespace it is good for.
    pub namespace: Option<i64>,
    /// Whether its time will be over. What it makes must not outlast it.
    pub ends: bool,
}

impl Reach {
    /// No limits: all that the owner may.
    pub const FULL: Self = Self {
        scope: TokenScope::Full,
        namespace: None,
        ends: false,
    };

    pub fn is_full(self) -> bool {
        self == Self::FULL
    }

    /// Why no image may be pushed with it, inside its namespace.
    pub fn no_push(self) -> Option<Rule> {
        match self.scope {
            TokenScope::Push => self.namespace.map(|_| Rule::TokenOfOneNamespace),
            _ => self.no_change(),
        }
    }

    /// Why no other credential may be made with it.
    pub fn no_credential(self) -> Option<Rule> {
        let ends = self.ends.then_some(Rule::TokenThatEnds);
        self.no_change().or(ends)
    }

    /// Why nothing may be changed with it where it is not in its one namespace.
    pub fn no_change(self) -> Option<Rule> {
        match self.scope {
            TokenScope::Pull => Some(Rule::TokenOnlyPulls),
            TokenScope::Push => Some(Rule::TokenOnlyPushes),
            TokenScope::Read => Some(Rule::TokenOnlyReads),
            TokenScope::Full => self.namespace.map(|_| Rule::TokenOfOneNamespace),
        }
    }
}

impl Who {
    /// What the credential carries of its owner's rights.
    pub fn reach(self) -> Reach {
        match self {
            Self::Limited { reach, .. } => reach,
            _ => Reach::FULL,
        }
    }

    /// The same as seen from inside a namespace, or why the credential is of no use there.
    pub fn inside(self, namespace_id: i64) -> Result<Self, Rule> {
        let Self::Limited { id, admin, reach } = self else {
            return Ok(self);
        };
        match reach.namespace {
            None => Ok(self),
            Some(only) if only != namespace_id => Err(Rule::TokenOfOneNamespace),
            Some(_) => Ok(Self::with(
                id,
                admin,
                Reach {
                    namespace: None,
                    ..reach
                },
            )),
        }
    }

    /// A person asking through a credential of this reach.
    pub fn with(id: i64, admin: bool, reach: Reach) -> Self {
        if reach.is_full() {
            Self::User { id, admin }
        } else {
            Self::Limited { id, admin, reach }
        }
    }
}

impl Standing {
    /// The standing towards what lies in a namespace. A role is forgotten where the credential does not reach.
    #[must_use]
    pub fn towards(who: Who, role: Option<crate::entities::Role>, namespace: Option<i64>) -> Self {
        if who.reach().namespace.is_none() {
            return Self { who, role };
        }
        match namespace.map(|id| who.inside(id)) {
            Some(Ok(who)) => Self { who, role },
            _ => Self { who, role: None },
        }
    }

    pub(super) fn inside(self, namespace_id: i64) -> Result<Self, Verdict> {
        match self.who.inside(namespace_id) {
            Ok(who) => Ok(Self { who, ..self }),
            Err(rule) => Err(Verdict::no(rule)),
        }
    }
}

/// Using the API at all: `changes` says whether the request may change something.
pub fn api(who: Who, changes: bool) -> Verdict {
    match who.reach().scope {
        TokenScope::Pull => Verdict::no(Rule::TokenOnlyPulls),
        TokenScope::Push => Verdict::no(Rule::TokenOnlyPushes),
        TokenScope::Read if changes => Verdict::no(Rule::TokenOnlyReads),
        _ => Verdict::yes(Rule::AccountMay),
    }
}

#[cfg(test)]
mod tests;
