//! The one who looks, with all their roles: what single decisions about many things need.

use std::{collections::HashMap, sync::Arc};

use super::facts::Facts;
use crate::{
    entities::Role,
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
        Standing {
            who: self.who,
            role: None,
        }
    }

    /// How they stand in a team.
    pub fn standing(&self, team_id: i64) -> Standing {
        Standing {
            who: self.who,
            role: self.roles.get(&team_id).copied(),
        }
    }
}
