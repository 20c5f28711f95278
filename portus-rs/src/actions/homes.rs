//! The namespaces that nobody asks for: each person's own, and a registry's global one. Both belong to hidden teams.

mod furnishing;

use std::collections::HashSet;

use chrono::NaiveDateTime;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect,
};

use super::change::Change;
use crate::{
    entities::{Role, Visibility, namespace, registry, team, team_user, user},
    error::{Error, Result, wordings},
    identity::actor::PORTUS,
    policy::guard::Authority,
    protocol::image_name,
};

/// The group that brings somebody into a team, and takes them out again unless somebody has had a hand in it.
pub(super) struct Through {
    pub group: String,
    /// The identity provider that names it; `None` for the LDAP directory.
    pub issuer: Option<String>,
}

impl Change<'_> {
    /// A hidden team with these owners, named `base` or the first free `base0`, `base1`, …
    async fn hidden_team<P: Authority>(&mut self, permit: &P, base: &str) -> Result<team::Model> {
        let name = self
            .first_free::<team::Entity>(team::Column::Name, Condition::all(), base)
            .await?
            .ok_or_else(|| Error::invalid("username", "has no free name for its personal team"))?;
        let row = hidden(name, self.now());
        Ok(self.insert(permit, row).await?)
    }

    /// `base` or the first of its numbered variants that no row within `scope` has in this column.
    async fn first_free<E: EntityTrait>(
        &self,
        column: E::Column,
        scope: Condition,
        base: &str,
    ) -> Result<Option<String>> {
        let mut candidates = image_name::candidates(base);
        // Hardly ever more than the first; whoever has many namesakes does not cost a question for each.
        for size in [1, 9, usize::MAX] {
            let wanted: Vec<String> = candidates.by_ref().take(size).collect();
            let taken = self.taken::<E>(column, scope.clone(), &wanted).await?;
            if let Some(free) = wanted.into_iter().find(|name| !taken.contains(name)) {
                return Ok(Some(free));
            }
        }
        Ok(None)
    }

    /// Which of these names are in this column of a row within `scope`.
    async fn taken<E: EntityTrait>(
        &self,
        column: E::Column,
        scope: Condition,
        wanted: &[String],
    ) -> Result<HashSet<String>> {
        let names: Vec<String> = E::find()
            .select_only()
            .column(column)
            .filter(scope)
            .filter(column.is_in(wanted))
            .into_tuple()
            .all(self.reader())
            .await?;
        Ok(names.into_iter().collect())
    }

    /// Adds somebody to a team, without questions about who may.
    pub(super) async fn join<P: Authority>(
        &mut self,
        permit: &P,
        team_id: i64,
        user_id: i64,
        role: Role,
    ) -> Result<team_user::Model, sea_orm::DbErr> {
        self.join_through(permit, team_id, user_id, role, None)
            .await
    }

    /// The same for somebody whom a group brings in.
    pub(super) async fn join_through<P: Authority>(
        &mut self,
        permit: &P,
        team_id: i64,
        user_id: i64,
        role: Role,
        source: Option<Through>,
    ) -> Result<team_user::Model, sea_orm::DbErr> {
        let row = membership(team_id, user_id, role, source, self.now());
        self.insert(permit, row).await
    }

    /// Gives a person their own namespace in a registry; bots have none.
    pub(super) async fn give_home<P: Authority>(
        &mut self,
        permit: &P,
        registry: &registry::Model,
        owner: &user::Model,
        team_id: Option<i64>,
    ) -> Result<namespace::Model> {
        let base = base_of(owner)?;
        let name = self
            .first_free::<namespace::Entity>(namespace::Column::Name, within(registry), &base)
            .await?
            .ok_or_else(|| {
                Error::invalid("username", "has no free name for its personal namespace")
            })?;
        let team_id = match team_id {
            Some(id) => id,
            None => {
                let team = self.hidden_team(permit, &owner.username).await?;
                self.join(permit, team.id, owner.id, Role::Owner).await?;
                team.id
            }
        };
        let row = home(registry, owner, name, team_id, self.now());
        Ok(self.insert(permit, row).await?)
    }

    /// Gives a new person a namespace in every registry, all of one hidden team.
    pub(super) async fn give_homes<P: Authority>(
        &mut self,
        permit: &P,
        owner: &user::Model,
    ) -> Result<Vec<namespace::Model>> {
        let registries = registry::Entity::find().all(self.reader()).await?;
        let mut homes: Vec<namespace::Model> = Vec::with_capacity(registries.len());
        for registry in &registries {
            let team = homes.first().map(|home| home.team_id);
            homes.push(self.give_home(permit, registry, owner, team).await?);
        }
        Ok(homes)
    }

    /// Admins own every registry's global namespace; whoever is no longer one does not.
    pub(super) async fn settle_admin<P: Authority>(
        &mut self,
        permit: &P,
        who: &user::Model,
    ) -> Result<()> {
        let teams: Vec<i64> = namespace::Entity::find()
            .select_only()
            .column(namespace::Column::TeamId)
            .filter(namespace::Column::Global.eq(true))
            .into_tuple()
            .all(self.reader())
            .await?;
        self.delete_where::<team_user::Entity, _>(
            permit,
            sea_orm::Condition::all()
                .add(team_user::Column::UserId.eq(who.id))
                .add(team_user::Column::TeamId.is_in(teams.iter().copied())),
        )
        .await?;
        if who.admin {
            for team in teams {
                self.join(permit, team, who.id, Role::Owner).await?;
            }
        }
        Ok(())
    }
}

/// What a person's own namespace is called where nobody else's is.
fn base_of(owner: &user::Model) -> Result<String> {
    image_name::personal_namespace(&owner.username).ok_or_else(|| {
        let words = wordings::NO_NAME_OF_A_NAMESPACE.with(&[&owner.username]);
        Error::invalid("username", words)
    })
}

fn within(registry: &registry::Model) -> Condition {
    Condition::all().add(namespace::Column::RegistryId.eq(registry.id))
}

fn hidden(name: String, now: NaiveDateTime) -> team::ActiveModel {
    team::ActiveModel {
        id: NotSet,
        name: Set(name),
        hidden: Set(true),
        description: Set(None),
        // Hidden teams have no group of that name in a directory.
        ldap_group_checked: Set(2),
        checked_at: Set(None),
        created_at: Set(now),
        updated_at: Set(now),
    }
}

fn membership(
    team_id: i64,
    user_id: i64,
    role: Role,
    source: Option<Through>,
    now: NaiveDateTime,
) -> team_user::ActiveModel {
    let (group, issuer) = source.map(|it| (it.group, it.issuer)).unzip();
    team_user::ActiveModel {
        id: NotSet,
        team_id: Set(team_id),
        user_id: Set(user_id),
        role: Set(role),
        group_name: Set(group),
        group_issuer: Set(issuer.flatten()),
        created_at: Set(now),
        updated_at: Set(now),
    }
}

fn home(
    registry: &registry::Model,
    owner: &user::Model,
    name: String,
    team_id: i64,
    now: NaiveDateTime,
) -> namespace::ActiveModel {
    namespace::ActiveModel {
        id: NotSet,
        registry_id: Set(registry.id),
        name: Set(name),
        team_id: Set(team_id),
        global: Set(false),
        personal_user_id: Set(Some(owner.id)),
        visibility: Set(Visibility::Private),
        description: Set(Some(format!(
            "This personal namespace belongs to {}.",
            owner.username
        ))),
        created_at: Set(now),
        updated_at: Set(now),
    }
}

/// Whether this is the account that nobody may touch.
pub(super) fn is_portus(row: &user::Model) -> bool {
    row.username == PORTUS
}
