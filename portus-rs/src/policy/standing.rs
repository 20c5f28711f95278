//! The facts about the one who asks.

use crate::entities::Role;

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    Anonymous,
    User {
        id: i64,
        admin: bool,
    },
    /// Somebody with an account, through a credential that carries less than all their rights.
    Limited {
        id: i64,
        admin: bool,
        reach: super::Reach,
    },
    /// Somebody with a shell on the machine.
    Operator,
    /// The service's own work: events, synchronisation.
    Service,
}

/// Who asks, and as what they stand in the team that owns the thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub who: Who,
    pub role: Option<Role>,
}

impl Standing {
    pub const ANONYMOUS: Self = Self {
        who: Who::Anonymous,
        role: None,
    };

    /// Whether no role is needed.
    pub fn is_admin(self) -> bool {
        match self.who {
            Who::User { admin, .. } => admin,
            // Within its namespace a credential counts as one of no namespace.
            Who::Limited { admin, reach, .. } => admin && reach.namespace.is_none(),
            Who::Operator | Who::Service => true,
            Who::Anonymous => false,
        }
    }

    pub fn is_known(self) -> bool {
        self.who != Who::Anonymous
    }

    pub fn user_id(self) -> Option<i64> {
        match self.who {
            Who::User { id, .. } | Who::Limited { id, .. } => Some(id),
            _ => None,
        }
    }

    /// Whether the role is this one or includes it.
    pub fn at_least(self, role: Role) -> bool {
        self.role.is_some_and(|held| held >= role)
    }

    pub(super) fn admin_rule(self) -> super::Rule {
        match self.who {
            Who::Operator => super::Rule::OperatorMay,
            Who::Service => super::Rule::ServiceMay,
            _ => super::Rule::AdminMay,
        }
    }
}
