//! Rules about teams and their members.

use super::{Guard, Rule, Rules, Standing, Verdict, guard::guards};
use crate::entities::{Role, team};

/// Creating a team.
pub fn create(standing: Standing, rules: &Rules) -> Verdict {
    if let Some(rule) = standing.who.reach().no_change() {
        return Verdict::no(rule);
    }
    if standing.is_admin() {
        return Verdict::yes(standing.admin_rule());
    }
    match (standing.is_known(), rules.create_team) {
        (false, _) => Verdict::no(Rule::LogIn),
        (true, true) => Verdict::yes(Rule::AccountMay),
        (true, false) => Verdict::no(Rule::SwitchedOff),
    }
}

/// Seeing a team, its members and its namespaces.
pub fn show(standing: Standing) -> Verdict {
    if standing.who.reach().namespace.is_some() {
        return Verdict::no(Rule::TokenOfOneNamespace);
    }
    if standing.is_admin() {
        Verdict::yes(standing.admin_rule())
    } else if standing.role.is_some() {
        Verdict::yes(Rule::MemberMay)
    } else {
        Verdict::no(Rule::NotAMember)
    }
}

/// Changing a team's name or description.
pub fn update(standing: Standing, hidden: bool, rules: &Rules) -> Verdict {
    if let Some(rule) = standing.who.reach().no_change() {
        return Verdict::no(rule);
    }
    if hidden {
        return Verdict::no(Rule::HiddenTeam);
    }
    if standing.is_admin() {
        return Verdict::yes(standing.admin_rule());
    }
    if !standing.at_least(Role::Owner) {
        return Verdict::no(Rule::OnlyOwners);
    }
    if rules.manage_team {
        Verdict::yes(Rule::OwnerMay)
    } else {
        Verdict::no(Rule::SwitchedOff)
    }
}

/// Adding, removing and promoting members.
pub fn manage_members(standing: Standing, hidden: bool) -> Verdict {
    match standing.who.reach().no_change() {
        Some(rule) => Verdict::no(rule),
        None => look_after_members(standing, hidden),
    }
}

/// Looking at what only those see who may let people in.
pub(super) fn look_after_members(standing: Standing, hidden: bool) -> Verdict {
    if standing.who.reach().namespace.is_some() {
        return Verdict::no(Rule::TokenOfOneNamespace);
    }
    if hidden {
        return Verdict::no(Rule::HiddenTeam);
    }
    if standing.is_admin() {
        Verdict::yes(standing.admin_rule())
    } else if standing.at_least(Role::Owner) {
        Verdict::yes(Rule::OwnerMay)
    } else {
        Verdict::no(Rule::OnlyOwners)
    }
}

/// Removing a team with its namespaces.
pub fn delete(standing: Standing, hidden: bool, rules: &Rules) -> Verdict {
    if hidden {
        Verdict::no(Rule::HiddenTeam)
    } else {
        super::namespaces::delete(standing, rules)
    }
}

/// Taking over the namespaces of a team that is removed.
pub fn take_over(standing: Standing, hidden: bool) -> Verdict {
    manage_members(standing, hidden)
}

guards! {
    CreateTeam on (): |standing, it, rules| create(standing, rules), visible: true;
    UpdateTeam on team::Model: |standing, it, rules| update(standing, it.hidden, rules),
        visible: show(standing).granted;
    ManageMembers on team::Model: |standing, it, rules| manage_members(standing, it.hidden),
        visible: show(standing).granted;
    /// Removing a team with its namespaces, or after they have moved.
    DeleteTeam on team::Model: |standing, it, rules| delete(standing, it.hidden, rules),
        visible: show(standing).granted;
    /// Receiving the namespaces of a team that is removed.
    TakeOver on team::Model: |standing, it, rules| take_over(standing, it.hidden),
        visible: !it.hidden && show(standing).granted;
}
