//! What the audit log keeps of teams and their members.

use super::{Activity, Kind};
use crate::entities::{team, user};

impl Activity {
    pub fn team_created(team: &team::Model) -> Self {
        Self::of_team("team.create", team).with("team", team.name.as_str())
    }

    pub fn member_added(team: &team::Model, member: &user::Model, role: &str) -> Self {
        Self::of_member("team.add_member", team, member, role)
    }

    pub fn member_removed(team: &team::Model, member: &user::Model, role: &str) -> Self {
        Self::of_member("team.remove_member", team, member, role)
    }

    pub fn member_role_changed(
        team: &team::Model,
        member: &user::Model,
        old: &str,
        new: &str,
    ) -> Self {
        Self::of_member("team.change_member_role", team, member, new)
            .with("old_role", old)
            .with("new_role", new)
    }

    /// Says that a group is the reason, of the directory or of an identity provider.
    #[must_use]
    pub fn through_group(self, group: &str) -> Self {
        self.with("group", group)
    }

    /// `attribute` is `name` or `description`.
    pub fn team_changed(
        team: &team::Model,
        attribute: TeamAttribute,
        old: &str,
        new: &str,
    ) -> Self {
        let key = match attribute {
            TeamAttribute::Name => "team.change_team_name",
            TeamAttribute::Description => "team.change_team_description",
        };
        Self::of_team(key, team)
            .with("team", team.name.as_str())
            .with("old", old)
            .with("new", new)
    }

    /// All namespaces of a team that is removed go to this one.
    pub fn namespaces_migrated(old: &team::Model, new: &team::Model) -> Self {
        Self::of_team("team.migration", new)
            .with("old_team", old.name.as_str())
            .with("team", new.name.as_str())
    }

    /// A registry is named as the thing, as in Portus: the team is gone.
    pub fn team_removed(team: &team::Model, registry_id: Option<i64>) -> Self {
        let mut it = Self::new(
            "registry.remove_team",
            registry_id.map(|id| (Kind::Registry, id)),
        )
        .with("team", team.name.as_str());
        it.team_id = Some(team.id);
        it.registry_id = registry_id;
        it.recipient = Some((Kind::Team, team.id));
        it
    }

    /// The directory's group of that name is not asked about members any more.
    pub fn ldap_check_disabled(team: &team::Model) -> Self {
        Self::of_team("team:disable_ldap_check", team).with("team", team.name.as_str())
    }

    /// A group took the last owner away.
    pub fn team_ownerless(team: &team::Model) -> Self {
        Self::of_team("team:ownerless", team).with("team", team.name.as_str())
    }

    fn of_team(key: &'static str, team: &team::Model) -> Self {
        let mut it = Self::new(key, Some((Kind::Team, team.id)));
        it.team_id = Some(team.id);
        it
    }

    fn of_member(key: &'static str, team: &team::Model, member: &user::Model, role: &str) -> Self {
        let mut it = Self::of_team(key, team)
            .with("team_user", member.username.as_str())
            .with("team", team.name.as_str())
            .with("role", role);
        it.recipient = Some((Kind::User, member.id));
        it
    }
}

/// What of a team can be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TeamAttribute {
    Name,
    Description,
}
