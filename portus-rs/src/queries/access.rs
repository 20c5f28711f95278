//! What somebody may do with the names that a scope holds: the one answer for docker and for `explain`.

use std::{collections::HashMap, sync::Arc};

use super::facts::Facts;
use crate::{
    entities::{Role, registry},
    error::Result,
    identity::actor::Account,
    policy::{
        Rules, Standing, Who,
        scopes::{self, Grant, Target},
    },
    protocol::{
        image_name::ImageName,
        scope::{Access, ScopeKind, ScopeRequest},
    },
};

/// The answer to one token request.
#[derive(Debug)]
pub struct Answer {
    /// The registry that the service names, if there is one.
    pub registry: Option<Arc<registry::Model>>,
    pub grant: Grant,
    asked: bool,
}

impl Answer {
    /// Grants what another answer to the same request grants besides.
    pub fn join(&mut self, other: Self) {
        let mine = std::mem::take(&mut self.grant);
        self.grant = mine.or(other.grant);
    }

    /// The token's `access` claim. Where a known registry was asked for nothing, as `docker login` does, there is none.
    pub fn access(&self) -> Option<Vec<Access>> {
        (self.asked || self.registry.is_none()).then(|| self.grant.access.clone())
    }
}

/// Decides every scope of a request for an account with all its rights, or for nobody.
pub async fn decide(
    facts: &Facts,
    rules: &Rules,
    account: Option<&Account>,
    service: &str,
    request: &ScopeRequest,
) -> Result<Answer> {
    let who = account.map_or(Who::Anonymous, |account| Who::User {
        id: account.id,
        admin: account.admin,
    });
    decide_for(facts, rules, who, service, request).await
}

/// Decides every scope of a request for whoever asks.
pub async fn decide_for(
    facts: &Facts,
    rules: &Rules,
    who: Who,
    service: &str,
    request: &ScopeRequest,
) -> Result<Answer> {
    let registry = facts.registry(service).await?;
    let mut answer = Answer {
        registry,
        grant: Grant::default(),
        asked: request.asks_anything(),
    };
    let Some(registry) = &answer.registry else {
        return Ok(answer);
    };
    let names: Vec<Option<ImageName>> = request
        .scopes
        .iter()
        .map(|scope| ImageName::parse(&scope.name).ok())
        .collect();
    let wanted: Vec<&str> = request
        .scopes
        .iter()
        .zip(&names)
        .filter(|(scope, _)| matches!(scope.kind, ScopeKind::Repository { .. }))
        .filter_map(|(_, name)| {
            name.as_ref()
                .map(|name| name.namespace().unwrap_or_default())
        })
        .collect();
    let namespaces = if wanted.is_empty() {
        HashMap::new()
    } else {
        facts.namespaces(registry.id, &wanted).await?
    };
    let memberships = match who {
        Who::User { id, admin: false }
        | Who::Limited {
            id, admin: false, ..
        } if !wanted.is_empty() => facts.roles(id).await?,
        _ => Arc::default(),
    };
    let standing = |role: Option<Role>| Standing { who, role };
    let targets: Vec<Target> = request
        .scopes
        .iter()
        .zip(&names)
        .map(|(scope, name)| match (&scope.kind, name) {
            (ScopeKind::Registry, _) => Target::Registry {
                standing: standing(None),
            },
            (_, None) => Target::Invalid,
            (_, Some(name)) => match namespaces.get(name.namespace().unwrap_or_default()) {
                Some(Some(facts)) => Target::Namespace {
                    facts: *facts,
                    standing: standing(memberships.get(&facts.team_id).copied()),
                },
                _ => Target::Unknown,
            },
        })
        .collect();
    answer.grant = scopes::decide(&request.scopes, &targets, rules);
    Ok(answer)
}
