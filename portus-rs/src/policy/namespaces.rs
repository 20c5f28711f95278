//! Rules about namespaces and what lies in them.

use super::{Guard, PushPolicy, Rule, Rules, Standing, Verdict, guard::guards};
use crate::entities::{Role, Visibility, namespace, repository, tag, team};

/// What the rules need to know of a namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NamespaceFacts {
    pub id: i64,
    pub team_id: i64,
    pub visibility: Visibility,
    pub global: bool,
    pub personal_user_id: Option<i64>,
}

impl From<&namespace::Model> for NamespaceFacts {
    fn from(row: &namespace::Model) -> Self {
        Self {
            id: row.id,
            team_id: row.team_id,
            visibility: row.visibility,
            global: row.global,
            personal_user_id: row.personal_user_id,
        }
    }
}

/// Pulling an image, and seeing the namespace and its repositories at all.
pub fn pull(standing: Standing, namespace: &NamespaceFacts) -> Verdict {
    let standing = match standing.inside(namespace.id) {
        Ok(standing) => standing,
        Err(verdict) => return verdict,
    };
    if standing.is_admin() {
        return Verdict::yes(standing.admin_rule());
    }
    if standing.role.is_some() {
        return Verdict::yes(Rule::MemberMayPull);
    }
    // A global namespace is never private; a row that says so is read as protected.
    match namespace.visibility {
        Visibility::Public => Verdict::yes(Rule::AnybodyMayPull),
        Visibility::Private if !namespace.global => Verdict::no(Rule::PrivateNamespace),
        _ if standing.is_known() => Verdict::yes(Rule::AccountMayPull),
        _ => Verdict::no(Rule::ProtectedNamespace),
    }
}

/// Pushing an image.
pub fn push(standing: Standing, namespace: &NamespaceFacts, rules: &Rules) -> Verdict {
    let standing = match standing.inside(namespace.id) {
        Ok(standing) => standing,
        Err(verdict) => return verdict,
    };
    if let Some(rule) = standing.who.reach().no_push() {
        return Verdict::no(rule);
    }
    if !standing.is_known() {
        return Verdict::no(Rule::AnonymousMayNotPush);
    }
    if standing.is_admin() {
        return Verdict::yes(standing.admin_rule());
    }
    match rules.push {
        PushPolicy::AllowTeams if standing.at_least(Role::Contributor) => {
            Verdict::yes(Rule::TeamMayPush)
        }
        PushPolicy::AllowTeams if standing.role.is_some() => Verdict::no(Rule::ViewerMayNotPush),
        PushPolicy::AllowTeams => Verdict::no(Rule::StrangerMayNotPush),
        // Whoever has left the team may not even pull there any more.
        PushPolicy::AllowPersonal
            if standing.role.is_some()
                && namespace.personal_user_id.is_some()
                && namespace.personal_user_id == standing.user_id() =>
        {
            Verdict::yes(Rule::PersonalMayPush)
        }
        PushPolicy::AllowPersonal => Verdict::no(Rule::OnlyPersonalPush),
        PushPolicy::AdminOnly => Verdict::no(Rule::OnlyAdminsPush),
    }
}

/// Deleting tags and repositories; the namespace itself has one rule more.
pub fn delete(standing: Standing, rules: &Rules) -> Verdict {
    if let Some(rule) = standing.who.reach().no_change() {
        return Verdict::no(rule);
    }
    if !rules.delete {
        return Verdict::no(Rule::DeletionOff);
    }
    if standing.is_admin() {
        return Verdict::yes(standing.admin_rule());
    }
    if standing.at_least(Role::Owner) {
        return Verdict::yes(Rule::OwnerMay);
    }
    if rules.delete_by_contributors && standing.at_least(Role::Contributor) {
        return Verdict::yes(Rule::ContributorMayDelete);
    }
    Verdict::no(Rule::OnlyOwnersDelete)
}

/// Removing a namespace with everything in it.
pub fn remove(standing: Standing, namespace: &NamespaceFacts, rules: &Rules) -> Verdict {
    if namespace.global {
        Verdict::no(Rule::GlobalNamespace)
    } else {
        delete(standing, rules)
    }
}

/// Whether a button for removing it makes sense: personal namespaces go with their people only.
pub fn is_destroyable(standing: Standing, namespace: &namespace::Model, rules: &Rules) -> bool {
    let removable = super::guard::verdict::<DeleteNamespace>(standing, namespace, rules).granted;
    namespace.personal_user_id.is_none() && removable
}

/// Changing name, description or team.
pub fn update(standing: Standing, namespace: &NamespaceFacts, rules: &Rules) -> Verdict {
    let standing = match standing.inside(namespace.id) {
        Ok(standing) => standing,
        Err(verdict) => return verdict,
    };
    if let Some(rule) = standing.who.reach().no_change() {
        return Verdict::no(rule);
    }
    if standing.is_admin() {
        return Verdict::yes(standing.admin_rule());
    }
    if !standing.at_least(Role::Owner) {
        return Verdict::no(Rule::OnlyOwners);
    }
    if !rules.manage_namespace {
        return Verdict::no(Rule::SwitchedOff);
    }
    // Whoever may not push there has no business changing it either, as in Portus.
    let push = push(standing, namespace, rules);
    if push.granted {
        Verdict::yes(Rule::OwnerMay)
    } else {
        push
    }
}

/// Describing a repository in it.
pub fn describe(standing: Standing) -> Verdict {
    if let Some(rule) = standing.who.reach().no_change() {
        return Verdict::no(rule);
    }
    if standing.is_admin() {
        Verdict::yes(standing.admin_rule())
    } else if standing.at_least(Role::Owner) {
        Verdict::yes(Rule::OwnerMay)
    } else {
        Verdict::no(Rule::OnlyOwners)
    }
}

/// Opening or closing a namespace to people outside its team.
pub fn change_visibility(standing: Standing, namespace: &NamespaceFacts, rules: &Rules) -> Verdict {
    let standing = match standing.inside(namespace.id) {
        Ok(standing) => standing,
        Err(verdict) => return verdict,
    };
    if let Some(rule) = standing.who.reach().no_change() {
        return Verdict::no(rule);
    }
    if standing.is_admin() {
        return Verdict::yes(standing.admin_rule());
    }
    if namespace.global {
        return Verdict::no(Rule::GlobalNamespace);
    }
    if !rules.change_visibility {
        return Verdict::no(Rule::SwitchedOff);
    }
    update(standing, namespace, rules)
}

/// Creating a namespace for the team in which this is the caller's standing.
pub fn create_in(standing: Standing, hidden: bool, rules: &Rules) -> Verdict {
    if let Some(rule) = standing.who.reach().no_change() {
        return Verdict::no(rule);
    }
    if hidden {
        return Verdict::no(Rule::HiddenTeam);
    }
    if standing.is_admin() {
        return Verdict::yes(standing.admin_rule());
    }
    if !rules.create_namespace {
        return Verdict::no(Rule::SwitchedOff);
    }
    match rules.push {
        PushPolicy::AllowTeams if standing.at_least(Role::Contributor) => {
            Verdict::yes(Rule::TeamMayPush)
        }
        PushPolicy::AllowTeams if standing.role.is_some() => Verdict::no(Rule::ViewerMayNotPush),
        PushPolicy::AllowTeams => Verdict::no(Rule::StrangerMayNotPush),
        PushPolicy::AllowPersonal => Verdict::no(Rule::OnlyPersonalPush),
        PushPolicy::AdminOnly => Verdict::no(Rule::OnlyAdminsPush),
    }
}

guards! {
    /// Creating a namespace that belongs to a team.
    CreateNamespace on team::Model: |standing, it, rules| create_in(standing, it.hidden, rules),
        visible: !it.hidden && super::teams::show(standing).granted;
    UpdateNamespace on namespace::Model: |standing, it, rules| update(standing, &it.into(), rules),
        visible: pull(standing, &it.into()).granted;
    ChangeVisibility on namespace::Model: |standing, it, rules|
        change_visibility(standing, &it.into(), rules),
        visible: pull(standing, &it.into()).granted;
    /// Removing a namespace with everything in it, in the registry too.
    DeleteNamespace on namespace::Model: |standing, it, rules| remove(standing, &it.into(), rules),
        visible: pull(standing, &it.into()).granted;
    /// Deleting a repository with all its tags, in the registry too.
    DeleteRepository on (repository::Model, namespace::Model): |standing, it, rules| delete(standing, rules),
        visible: pull(standing, &(&it.1).into()).granted;
    /// Deleting what a tag points to, in the registry too.
    DeleteTag on (tag::Model, repository::Model, namespace::Model): |standing, it, rules| delete(standing, rules),
        visible: pull(standing, &(&it.2).into()).granted;
    /// Changing what a repository says of itself.
    DescribeRepository on (repository::Model, namespace::Model): |standing, it, rules| describe(standing),
        visible: pull(standing, &(&it.1).into()).granted;
}
