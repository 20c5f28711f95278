//! The one who looks, with all their roles: what single decisions about many things need.

use std::{collections::HashMap, sync::Arc};

use super::facts::Facts;
use crate::{
    entities::{Role, namespace},
    error::Result,
    identity::actor::Actor,
    policy::{Standing, Who},
};

/// Whoever looks.
#[derive(Clone, Debug)]
pub struct Viewer {
    pub who: Who,
    roles: Arc<HashMap<i64, Role>>,
}

impl Viewer {
    pub async fn of(facts: &Facts, actor: &Actor) -> Result<Self> {
        let roles = match actor.user_id() {
            Some(id) => facts.roles(id).await?,
            None => Arc::default(),
        };
        Ok(Self {
            who: actor.who(),
            roles,
        })
    }

    /// How they stand towards what belongs to no team.
    pub fn standing_nowhere(&self) -> Standing {
        Standing::towards(self.who, None, None)
    }

    /// The teams that they are in, in order.
    pub fn teams(&self) -> Vec<i64> {
        let mut ids: Vec<i64> = self.roles.keys().copied().collect();
        ids.sort_unstable();
        ids
    }

    /// How they stand in a team.
    pub fn standing(&self, team_id: i64) -> Standing {
        Standing::towards(self.who, self.roles.get(&team_id).copied(), None)
    }

    /// How they stand towards what lies in a namespace.
    pub fn standing_in(&self, namespace: &namespace::Model) -> Standing {
        let role = self.roles.get(&namespace.team_id).copied();
        Standing::towards(self.who, role, Some(namespace.id))
    }
}
