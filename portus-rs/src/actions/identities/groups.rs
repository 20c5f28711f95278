//! Teams that a person's groups at a provider stand for. A membership remembers the group it came from and goes with it;
//! what somebody gave by hand stays.

use std::collections::HashMap;

use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use crate::{
    actions::{change::Change, homes::Through},
    activity::Activity,
    config::{GroupRole, Groups},
    entities::{Role, team, team_user, user},
    error::Result,
    identity::actor::PORTUS,
    policy::{Permit, guard::KeepBooks},
    remote::oauth::{Profile, Provider},
};

type Books = Permit<KeepBooks>;

/// What a group gives.
struct Given {
    team: team::Model,
    role: Role,
    group: String,
}

fn role_of(role: GroupRole) -> Role {
    match role {
        GroupRole::Viewer => Role::Viewer,
        GroupRole::Contributor => Role::Contributor,
        GroupRole::Owner => Role::Owner,
    }
}

/// The highest role for each team's name, with its group.
fn wanted(provider: Provider<'_>, groups: &[String]) -> HashMap<String, (Role, String)> {
    let mut wanted: HashMap<String, (Role, String)> = HashMap::new();
    let mut add = |team: &str, role: Role, group: &str| {
        let known = wanted
            .entry(team.to_owned())
            .or_insert_with(|| (role, group.to_owned()));
        if known.0 < role {
            *known = (role, group.to_owned());
        }
    };
    for rule in provider.group_teams() {
        let role = role_of(rule.role);
        match &rule.group {
            Groups::OfTheSameName => groups.iter().for_each(|group| add(group, role, group)),
            Groups::One { group, team } if groups.contains(group) => add(team, role, group),
            Groups::One { .. } => {}
        }
    }
    wanted
}

impl Change<'_> {
    /// Brings the memberships that came from this issuer in line with the groups that it names now.
    pub(super) async fn settle_groups(
        &mut self,
        books: &Books,
        provider: Provider<'_>,
        user: &user::Model,
        profile: &Profile,
    ) -> Result<Vec<Activity>> {
        let Some(groups) = &profile.groups else {
            return Ok(Vec::new());
        };
        if user.bot || user.username == PORTUS {
            return Ok(Vec::new());
        }
        let mut given = self.given(wanted(provider, groups), user).await?;
        let (mut told, mut owned) = (Vec::new(), Vec::new());
        let memberships = team_user::Entity::find()
            .filter(team_user::Column::UserId.eq(user.id))
            .find_also_related(team::Entity)
            .all(self.reader())
            .await?;
        for (row, team) in memberships {
            let (now, Some(team)) = (given.remove(&row.team_id), team) else {
                continue;
            };
            if row.is_of_issuer(&profile.issuer) {
                if row.role == Role::Owner && now.as_ref().is_none_or(|it| it.role < row.role) {
                    owned.push(team.clone());
                }
                let change = self.settle_membership(books, user, row, &team, now);
                told.extend(change.await?);
            }
        }
        for given in given.into_values() {
            let source = Through {
                group: given.group.clone(),
                issuer: Some(profile.issuer.clone()),
            };
            self.join_through(books, given.team.id, user.id, given.role, Some(source))
                .await?;
            let joined = Activity::member_added(&given.team, user, given.role.as_str());
            told.push(joined.through_group(&given.group));
        }
        told.extend(self.ownerless(owned).await?);
        Ok(told)
    }

    async fn given(
        &self,
        wanted: HashMap<String, (Role, String)>,
        user: &user::Model,
    ) -> Result<HashMap<i64, Given>> {
        if wanted.is_empty() {
            return Ok(HashMap::new());
        }
        let teams = team::Entity::find()
            .filter(team::Column::Name.is_in(wanted.keys().map(String::as_str)))
            .filter(team::Column::Hidden.eq(false))
            .all(self.reader())
            .await?;
        let given = teams.into_iter().filter_map(|team| {
            let (role, group) = wanted.get(&team.name)?.clone();
            // As wherever admins join.
            let role = if user.admin { Role::Owner } else { role };
            Some((team.id, Given { team, role, group }))
        });
        Ok(given.collect())
    }

    /// One membership that came from a group.
    async fn settle_membership(
        &mut self,
        books: &Books,
        user: &user::Model,
        row: team_user::Model,
        team: &team::Model,
        now: Option<Given>,
    ) -> Result<Option<Activity>> {
        let group = row.group_name.as_deref().unwrap_or_default();
        let Some(now) = now else {
            self.delete_where::<team_user::Entity, _>(books, team_user::Column::Id.eq(row.id))
                .await?;
            let left = Activity::member_removed(team, user, row.role.as_str());
            return Ok(Some(left.through_group(group)));
        };
        if row.role == now.role && group == now.group {
            return Ok(None);
        }
        let changed = team_user::ActiveModel {
            id: Set(row.id),
            role: Set(now.role),
            group_name: Set(Some(now.group.clone())),
            updated_at: Set(self.now()),
            ..Default::default()
        };
        self.update(books, changed).await?;
        if row.role == now.role {
            return Ok(None);
        }
        let (old, new) = (row.role.as_str(), now.role.as_str());
        let changed = Activity::member_role_changed(team, user, old, new);
        Ok(Some(changed.through_group(&now.group)))
    }
}
