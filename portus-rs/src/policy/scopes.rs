//! What docker may do with what it asks for. Each action is checked on its own; `*` is cut down to what is allowed.

use serde::Serialize;

use super::{NamespaceFacts, Rule, Rules, Standing, Verdict, Who, namespaces};
use crate::{
    entities::TokenScope,
    protocol::scope::{Access, Action, RequestedScope, ScopeKind, merge},
};

/// One action on one name, and the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// Index into the scopes that were asked.
    pub scope: usize,
    pub action: Action,
    pub verdict: Verdict,
}

/// What is known of the thing a scope names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    Namespace {
        facts: NamespaceFacts,
        /// The caller's standing in the team that owns it.
        standing: Standing,
    },
    /// No such namespace in this registry.
    Unknown,
    /// No registry accepts the name.
    Invalid,
    /// The scope is about the registry itself.
    Registry { standing: Standing },
}

/// Everything a token request was answered with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grant {
    pub access: Vec<Access>,
    pub decisions: Vec<Decision>,
}

impl Grant {
    /// What either of two answers to the same scopes grants.
    #[must_use]
    pub fn or(mut self, other: Self) -> Self {
        self.access.extend(other.access);
        self.access = merge(self.access);
        for decision in other.decisions.into_iter().filter(|it| it.verdict.granted) {
            let same =
                |it: &&mut Decision| it.scope == decision.scope && it.action == decision.action;
            match self.decisions.iter_mut().find(same) {
                Some(mine) => mine.verdict = decision.verdict,
                None => self.decisions.push(decision),
            }
        }
        self
    }

    /// Answers that were no.
    pub fn refusals(&self) -> impl Iterator<Item = &Decision> {
        self.decisions.iter().filter(|it| !it.verdict.granted)
    }
}

/// Decides each scope about its target; both lists have the same order.
pub fn decide(scopes: &[RequestedScope], targets: &[Target], rules: &Rules) -> Grant {
    let mut grant = Grant::default();
    for (index, (scope, target)) in scopes.iter().zip(targets).enumerate() {
        let mut granted = Vec::new();
        for action in &scope.actions {
            for (action, verdict) in answers(scope, action, target, rules) {
                if verdict.granted && !granted.contains(&action) {
                    granted.push(action.clone());
                }
                grant.decisions.push(Decision {
                    scope: index,
                    action,
                    verdict,
                });
            }
        }
        if !granted.is_empty() {
            grant.access.push(scope.granted(granted));
        }
    }
    grant.access = merge(grant.access);
    grant
}

fn answers(
    scope: &RequestedScope,
    action: &Action,
    target: &Target,
    rules: &Rules,
) -> Vec<(Action, Verdict)> {
    let one = |verdict| vec![(action.clone(), verdict)];
    match (&scope.kind, target) {
        (ScopeKind::Registry, Target::Registry { standing }) => {
            one(catalog(&scope.name, action, *standing))
        }
        (ScopeKind::Repository { .. }, Target::Namespace { facts, standing }) => {
            let verdict = |action: &Action| repository(action, *standing, facts, rules);
            if *action != Action::All {
                return one(verdict(action));
            }
            let parts = [Action::Pull, Action::Push, Action::Delete];
            let answers: Vec<_> = parts.map(|part| (verdict(&part), part)).into();
            // Registries read `*` as everything, so it is granted only with all three.
            if answers.iter().all(|(verdict, _)| verdict.granted) {
                return one(answers[0].0);
            }
            answers
                .into_iter()
                .map(|(verdict, part)| (part, verdict))
                .collect()
        }
        (_, Target::Invalid) => one(Verdict::no(Rule::InvalidName)),
        _ => one(Verdict::no(Rule::UnknownNamespace)),
    }
}

fn repository(
    action: &Action,
    standing: Standing,
    facts: &NamespaceFacts,
    rules: &Rules,
) -> Verdict {
    let standing = match standing.inside(facts.id) {
        Ok(standing) => standing,
        Err(verdict) => return verdict,
    };
    match action {
        Action::Pull => namespaces::pull(standing, facts),
        Action::Push => namespaces::push(standing, facts, rules),
        // The service deletes what an admin or the collector decided elsewhere, whatever the switch says.
        Action::Delete if standing.who == Who::Service => Verdict::yes(Rule::ServiceMay),
        Action::Delete => namespaces::delete(standing, rules),
        _ => Verdict::no(Rule::UnknownAction),
    }
}

/// Searching: finding by name whatever one may see.
pub fn search(who: Who) -> Verdict {
    let standing = Standing { who, role: None };
    catalog("catalog", &Action::Search, standing)
}

fn catalog(name: &str, action: &Action, standing: Standing) -> Verdict {
    let reach = standing.who.reach();
    match action {
        _ if name != "catalog" => Verdict::no(Rule::UnknownResource),
        Action::All | Action::Search if reach.namespace.is_some() => {
            Verdict::no(Rule::TokenOfOneNamespace)
        }
        Action::All | Action::Search if reach.scope == TokenScope::Pull => {
            Verdict::no(Rule::TokenOnlyPulls)
        }
        Action::All | Action::Search if reach.scope == TokenScope::Push => {
            Verdict::no(Rule::TokenOnlyPushes)
        }
        Action::All if reach.scope == TokenScope::Read => Verdict::no(Rule::TokenOnlyReads),
        Action::All if standing.is_admin() => Verdict::yes(standing.admin_rule()),
        Action::All => Verdict::no(Rule::OnlyAdminsSeeCatalog),
        Action::Search if standing.is_known() => Verdict::yes(Rule::AccountMaySearch),
        Action::Search => Verdict::no(Rule::LogInToSearch),
        _ => Verdict::no(Rule::UnknownAction),
    }
}
