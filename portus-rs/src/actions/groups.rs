//! What groups of the LDAP directory give: memberships of teams, and the switch for admins. What a group gave goes when
//! the group does not list the person any more; what somebody did by hand stays.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, EntityTrait, ExprTrait as _, PaginatorTrait as _, QueryFilter,
    QuerySelect as _, QueryTrait as _,
    sea_query::{Expr, Func},
};

use super::{change::Change, homes::Through, users};
use crate::{
    activity::Activity,
    app::App,
    config::{GroupRole, GroupSync, Ldap},
    entities::{Role, team, team_user, user},
    error::Result,
    identity::actor::{Account, Actor},
    policy::{Permit, guard::KeepBooks},
    remote::ldap::{Directory, Group, Person, Wanted},
};

/// In `ldap_group_checked`: the directory has been asked.
const CHECKED: i16 = 1;
/// The directory is not to be asked.
pub const DISABLED: i16 = 2;

/// Rows written by one statement.
const MOST_AT_ONCE: usize = 500;

/// A group that gives a role in a team.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    pub group: Wanted,
    pub role: Role,
}

/// The groups that count for a team: the one of its name, and those that the settings name.
pub fn sources(sync: &GroupSync, team: &str) -> Vec<Source> {
    let by_name = Source {
        group: Wanted::Named(team.to_owned()),
        role: role(sync.default_role),
    };
    let mapped = sync.map.iter().filter(|it| it.team == team);
    std::iter::once(by_name)
        .chain(mapped.map(|it| Source {
            group: Wanted::read(&it.group),
            role: role(it.role),
        }))
        .collect()
}

fn role(role: GroupRole) -> Role {
    match role {
        GroupRole::Viewer => Role::Viewer,
        GroupRole::Contributor => Role::Contributor,
        GroupRole::Owner => Role::Owner,
    }
}

/// The highest role that any of these groups gives in a team, and the group.
pub fn given(sync: &GroupSync, team: &str, groups: &[Group]) -> Option<(Role, String)> {
    let mut best: Option<(Role, String)> = None;
    for source in sources(sync, team) {
        let found = groups.iter().find(|group| group.is(&source.group));
        if let Some(group) = found
            && best.as_ref().is_none_or(|(role, _)| *role < source.role)
        {
            best = Some((source.role, group.dn.clone()));
        }
    }
    best
}

/// Brings one person's memberships and switch for admins in line with their groups; `None` where those are not known.
pub async fn settle_person(
    app: &App,
    directory: &Directory,
    account: Arc<Account>,
    person: &Person,
    groups: Option<&[Group]>,
) -> Result<Arc<Account>> {
    let settings = directory.settings();
    let in_admin_group = groups.map(|groups| is_admin_by_group(settings, groups));
    let account = settle_admin(
        app,
        settings,
        account,
        person.below_admin_base,
        in_admin_group,
    )
    .await?;
    if let (Some(sync), Some(groups)) = (&settings.group_sync, groups) {
        settle_teams(app, sync, &account, groups).await?;
    }
    Ok(account)
}

fn is_admin_by_group(settings: &Ldap, groups: &[Group]) -> bool {
    let sync = settings.group_sync.as_ref();
    sync.is_some_and(|sync| {
        let mut wanted = sync.admins.iter().map(|it| Wanted::read(it));
        wanted.any(|it| groups.iter().any(|group| group.is(&it)))
    })
}

/// Makes somebody an admin, or an ordinary person again, where the directory has a say in it.
pub async fn settle_admin(
    app: &App,
    settings: &Ldap,
    account: Arc<Account>,
    below_admin_base: bool,
    in_admin_group: Option<bool>,
) -> Result<Arc<Account>> {
    let sync = settings.group_sync.as_ref();
    let groups_decide = sync.is_some_and(|sync| !sync.admins.is_empty());
    let base_decides = settings.sync_admin && settings.admin_base.is_some();
    let by_group = match in_admin_group {
        Some(by_group) if groups_decide => by_group,
        // Unknown, and so unchanged.
        None if groups_decide => return Ok(account),
        _ => false,
    };
    let by_base = base_decides && below_admin_base;
    let wanted = if settings.sync_admin && (base_decides || groups_decide) {
        by_group || by_base
    } else if groups_decide {
        by_group || (account.admin && !account.is_admin_by_group())
    } else {
        return Ok(account);
    };
    let remembered = by_group && (account.is_admin_by_group() || !account.admin);
    if account.admin == wanted && account.is_admin_by_group() == remembered {
        return Ok(account);
    }
    users::promote_by_directory(app, account.id, wanted, remembered).await
}

async fn settle_teams(
    app: &App,
    sync: &GroupSync,
    account: &Account,
    groups: &[Group],
) -> Result<()> {
    let reader = app.database.reader();
    let own = team_user::Entity::find()
        .filter(team_user::Column::UserId.eq(account.id))
        .find_also_related(team::Entity)
        .all(reader)
        .await?;
    let mut desired = HashMap::new();
    for team in teams_named(app, sync, groups).await? {
        if let Some((role, group)) = given(sync, &team.name, groups) {
            let role = if account.admin { Role::Owner } else { role };
            desired.insert(team.id, (team, role, group));
        }
    }
    let mut plan = Plan::default();
    for (row, team) in own {
        let Some(team) = team.filter(is_asked_about) else {
            desired.remove(&row.team_id);
            continue;
        };
        let wanted = desired.remove(&row.team_id);
        plan.compare(row, team, wanted.map(|(_, role, group)| (role, group)));
    }
    for (team, role, group) in desired.into_values() {
        plan.joins.push((team, account.id, role, group));
    }
    plan.carry_out(app).await?;
    let unchecked = Condition::all()
        .add(user::Column::Id.eq(account.id))
        .add(user::Column::LdapGroupChecked.ne(CHECKED));
    // Most logins write nothing.
    let known = user::Entity::find().filter(unchecked.clone());
    if known.count(app.database.reader()).await? == 0 {
        return Ok(());
    }
    let checked = user::Entity::update_many()
        .col_expr(user::Column::LdapGroupChecked, Expr::value(CHECKED))
        .filter(unchecked);
    note(app, checked.as_query()).await
}

/// Asks no more about people of whom the directory has nothing to ask about; their next login does.
pub async fn pass_over(app: &App, ids: &[i64]) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let actor = Actor::Portus;
    let change = Change::begin_redoable(app, &actor).await?;
    let books = change.books()?;
    for some in ids.chunks(MOST_AT_ONCE) {
        let passed = user::Entity::update_many()
            .col_expr(user::Column::LdapGroupChecked, Expr::value(CHECKED))
            .filter(user::Column::Id.is_in(some.iter().copied()));
        change.note_use(&books, passed.as_query()).await?;
    }
    change
        .commit_unrecorded("nothing was asked, and nothing changed")
        .await
}

/// Teams that have the name of one of the groups, or that the settings name, and about which the directory is asked.
async fn teams_named(app: &App, sync: &GroupSync, groups: &[Group]) -> Result<Vec<team::Model>> {
    let mut names: Vec<String> = groups.iter().flat_map(|it| it.names.clone()).collect();
    names.extend(sync.map.iter().map(|it| it.team.clone()));
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let lower: Vec<String> = names.iter().map(|name| name.to_lowercase()).collect();
    let either = Condition::any()
        .add(team::Column::Name.is_in(names))
        .add(Expr::expr(Func::lower(Expr::col(team::Column::Name))).is_in(lower));
    Ok(team::Entity::find()
        .filter(either)
        .filter(team::Column::Hidden.eq(false))
        .filter(team::Column::LdapGroupChecked.ne(DISABLED))
        .all(app.database.reader())
        .await?)
}

/// What groups give now: teams by name, with the role and the group.
pub async fn would_give(
    app: &App,
    sync: &GroupSync,
    groups: &[Group],
) -> Result<Vec<(String, Role, String)>> {
    let teams = teams_named(app, sync, groups).await?;
    let mut gifts: Vec<_> = teams
        .into_iter()
        .filter_map(|team| {
            let (role, group) = given(sync, &team.name, groups)?;
            Some((team.name, role, group))
        })
        .collect();
    gifts.sort();
    Ok(gifts)
}

fn is_asked_about(team: &team::Model) -> bool {
    !team.hidden && team.ldap_group_checked != DISABLED
}

/// Somebody whom a group brings into a team.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brought {
    pub user_id: i64,
    pub admin: bool,
    pub role: Role,
    pub group: String,
}

/// Brings a team's members in line with its groups. `all` says that every group could be read, so that who is not among
/// these has left.
pub async fn settle_team(
    app: &App,
    team: &team::Model,
    brought: Vec<Brought>,
    all: bool,
) -> Result<()> {
    let mut desired: HashMap<i64, (Role, String)> = HashMap::new();
    for it in brought {
        let role = if it.admin { Role::Owner } else { it.role };
        let best = desired
            .entry(it.user_id)
            .or_insert((role, it.group.clone()));
        if best.0 < role {
            *best = (role, it.group);
        }
    }
    let rows = team_user::Entity::find()
        .filter(team_user::Column::TeamId.eq(team.id))
        .all(app.database.reader())
        .await?;
    let mut plan = Plan::default();
    for row in rows {
        let wanted = desired.remove(&row.user_id);
        if wanted.is_some() || all {
            plan.compare(row, team.clone(), wanted);
        }
    }
    for (user_id, (role, group)) in desired {
        plan.joins.push((team.clone(), user_id, role, group));
    }
    plan.carry_out(app).await?;
    let checked = team::Entity::update_many()
        .col_expr(team::Column::LdapGroupChecked, Expr::value(CHECKED))
        .col_expr(team::Column::CheckedAt, Expr::value(app.clock.now()))
        .filter(team::Column::Id.eq(team.id))
        .filter(team::Column::LdapGroupChecked.ne(DISABLED));
    note(app, checked.as_query()).await
}

/// Writes when the directory was asked, which no cache needs to know.
async fn note(app: &App, statement: &sea_orm::sea_query::UpdateStatement) -> Result<()> {
    let actor = Actor::Portus;
    let change = Change::begin_redoable(app, &actor).await?;
    let books = change.books()?;
    change.note_use(&books, statement).await?;
    change
        .commit_unrecorded("what the directory said is in the log")
        .await
}

/// What is to be different.
#[derive(Default)]
struct Plan {
    joins: Vec<(team::Model, i64, Role, String)>,
    changes: Vec<(team::Model, team_user::Model, Role, String)>,
    leaves: Vec<(team::Model, team_user::Model)>,
}

impl Plan {
    /// `wanted` is what groups give now. What somebody made by hand is left as it is, and what another source gave.
    fn compare(
        &mut self,
        row: team_user::Model,
        team: team::Model,
        wanted: Option<(Role, String)>,
    ) {
        if !row.is_of_directory() {
            return;
        }
        match wanted {
            None => self.leaves.push((team, row)),
            Some((role, group)) if row.role != role || row.group_name.as_ref() != Some(&group) => {
                self.changes.push((team, row, role, group));
            }
            Some(_) => {}
        }
    }

    async fn carry_out(self, app: &App) -> Result<()> {
        if self.joins.is_empty() && self.changes.is_empty() && self.leaves.is_empty() {
            return Ok(());
        }
        let actor = Actor::Portus;
        let mut change = Change::begin(app, &actor).await?;
        let books = change.books()?;
        // Two processes must not both find somebody missing.
        change.take_turns().await?;
        let (mut told, mut owned) = (Vec::new(), Vec::new());
        for (team, user_id, role, group) in self.joins {
            told.extend(join(&mut change, &books, &team, user_id, role, group).await?);
        }
        for (team, row, role, group) in self.changes {
            let Some(member) = member(&change, &row).await? else {
                continue;
            };
            let changed = team_user::ActiveModel {
                id: Set(row.id),
                role: Set(role),
                group_name: Set(Some(group.clone())),
                updated_at: Set(change.now()),
                ..Default::default()
            };
            change.update(&books, changed).await?;
            if row.role == Role::Owner && role < row.role {
                owned.push(team.clone());
            }
            if row.role != role {
                let (old, new) = (row.role.as_str(), role.as_str());
                told.push(
                    Activity::member_role_changed(&team, &member, old, new).through_group(&group),
                );
            }
        }
        for (team, row) in self.leaves {
            let Some(member) = member(&change, &row).await? else {
                continue;
            };
            change
                .delete_where::<team_user::Entity, _>(&books, team_user::Column::Id.eq(row.id))
                .await?;
            if row.role == Role::Owner {
                owned.push(team.clone());
            }
            let group = row.group_name.as_deref().unwrap_or_default();
            told.push(
                Activity::member_removed(&team, &member, row.role.as_str()).through_group(group),
            );
        }
        told.extend(change.ownerless(owned).await?);
        change.commit(told).await
    }
}

impl Change<'_> {
    /// Says of these teams, whose groups have taken an owner away, which have none any more. A group that is no longer there
    /// must not go on giving rights; nor must a team be left so without anybody hearing of it.
    pub(super) async fn ownerless(&self, teams: Vec<team::Model>) -> Result<Vec<Activity>> {
        if teams.is_empty() {
            return Ok(Vec::new());
        }
        let owned: HashSet<i64> = team_user::Entity::find()
            .select_only()
            .column(team_user::Column::TeamId)
            .distinct()
            .filter(team_user::Column::TeamId.is_in(teams.iter().map(|it| it.id)))
            .filter(team_user::Column::Role.eq(Role::Owner))
            .into_tuple::<i64>()
            .all(self.reader())
            .await?
            .into_iter()
            .collect();
        let mut told = Vec::new();
        let mut seen = HashSet::new();
        for team in teams {
            if owned.contains(&team.id) || !seen.insert(team.id) {
                continue;
            }
            tracing::warn!(
                team.name = team.name,
                "The team {} has no owner any more, since no group gives it one: an admin makes somebody its owner on the \
                 team's page",
                team.name
            );
            told.push(Activity::team_ownerless(&team));
        }
        Ok(told)
    }
}

/// The member, if the row is still as it was read: a group's.
async fn member(change: &Change<'_>, row: &team_user::Model) -> Result<Option<user::Model>> {
    let found = team_user::Entity::find_by_id(row.id)
        .find_also_related(user::Entity)
        .one(change.reader())
        .await?;
    Ok(found
        .filter(|(now, _)| now.is_of_directory())
        .and_then(|(_, member)| member))
}

async fn join(
    change: &mut Change<'_>,
    books: &Permit<KeepBooks>,
    team: &team::Model,
    user_id: i64,
    role: Role,
    group: String,
) -> Result<Option<Activity>> {
    let present = team_user::Entity::find()
        .filter(team_user::Column::TeamId.eq(team.id))
        .filter(team_user::Column::UserId.eq(user_id))
        .one(change.reader())
        .await?;
    let member = user::Entity::find_by_id(user_id)
        .one(change.reader())
        .await?;
    let still_there = team::Entity::find_by_id(team.id)
        .one(change.reader())
        .await?
        .is_some_and(|team| is_asked_about(&team));
    let Some(member) = member.filter(|_| present.is_none() && still_there) else {
        return Ok(None);
    };
    let source = Through {
        group: group.clone(),
        issuer: None,
    };
    change
        .join_through(books, team.id, user_id, role, Some(source))
        .await?;
    let told = Activity::member_added(team, &member, role.as_str());
    Ok(Some(told.through_group(&group)))
}
