//! The namespaces that nobody asks for: each person's own, and a registry's global one. Both belong to hidden teams.

use std::collections::HashSet;

use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect,
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

/// People handled at once when a registry is new.
const BATCH: u64 = 500;

impl Change<'_> {
    /// A hidden team with these owners, named `base` or the first free `base0`, `base1`, …
    async fn hidden_team<P: Authority>(&mut self, permit: &P, base: &str) -> Result<team::Model> {
        let taken: HashSet<String> = self
            .names_like::<team::Entity>(team::Column::Name, base)
            .await?;
        let name = free(base, &taken)
            .ok_or_else(|| Error::invalid("username", "has no free name for its personal team"))?;
        let row = team::ActiveModel {
            id: NotSet,
            name: Set(name),
            hidden: Set(true),
            description: Set(None),
            // Hidden teams have no group of that name in a directory.
            ldap_group_checked: Set(2),
            checked_at: Set(None),
            created_at: Set(self.now()),
            updated_at: Set(self.now()),
        };
        Ok(self.insert(permit, row).await?)
    }

    async fn names_like<E>(&self, column: E::Column, base: &str) -> Result<HashSet<String>>
    where
        E: EntityTrait,
    {
        let names: Vec<String> = E::find()
            .select_only()
            .column(column)
            .filter(column.starts_with(base))
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
        let (group, issuer) = source.map(|it| (it.group, it.issuer)).unzip();
        let row = team_user::ActiveModel {
            id: NotSet,
            team_id: Set(team_id),
            user_id: Set(user_id),
            role: Set(role),
            group_name: Set(group),
            group_issuer: Set(issuer.flatten()),
            created_at: Set(self.now()),
            updated_at: Set(self.now()),
        };
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
        let base = image_name::personal_namespace(&owner.username).ok_or_else(|| {
            Error::invalid(
                "username",
                wordings::NO_NAME_OF_A_NAMESPACE.with(&[&owner.username]),
            )
        })?;
        let taken: Vec<String> = namespace::Entity::find()
            .select_only()
            .column(namespace::Column::Name)
            .filter(namespace::Column::RegistryId.eq(registry.id))
            .filter(namespace::Column::Name.starts_with(shortened(&base)))
            .into_tuple()
            .all(self.reader())
            .await?;
        let taken: HashSet<String> = taken.into_iter().collect();
        let name = free(&base, &taken).ok_or_else(|| {
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
        let row = namespace::ActiveModel {
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
            created_at: Set(self.now()),
            updated_at: Set(self.now()),
        };
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

    /// Furnishes a new registry: the global namespace, owned by the admins, and a namespace for every person.
    pub(super) async fn furnish<P: Authority>(
        &mut self,
        permit: &P,
        registry: &registry::Model,
    ) -> Result<()> {
        let number = registry::Entity::find().count(self.reader()).await?;
        let team = self
            .hidden_team(permit, &format!("portus_global_team_{number}"))
            .await?;
        let admins: Vec<i64> = user::Entity::find()
            .select_only()
            .column(user::Column::Id)
            .filter(user::Column::Admin.eq(true))
            .into_tuple()
            .all(self.reader())
            .await?;
        for admin in admins {
            self.join(permit, team.id, admin, Role::Owner).await?;
        }
        let row = namespace::ActiveModel {
            id: NotSet,
            registry_id: Set(registry.id),
            name: Set(format!("portus_global_namespace_{number}")),
            team_id: Set(team.id),
            global: Set(true),
            personal_user_id: Set(None),
            visibility: Set(Visibility::Public),
            description: Set(Some(format!(
                "The global namespace for the registry {}.",
                registry.name
            ))),
            created_at: Set(self.now()),
            updated_at: Set(self.now()),
        };
        self.insert(permit, row).await?;
        self.house_everybody(permit, registry).await
    }

    async fn house_everybody<P: Authority>(
        &mut self,
        permit: &P,
        registry: &registry::Model,
    ) -> Result<()> {
        let mut after = 0;
        loop {
            let people = user::Entity::find()
                .filter(user::Column::Id.gt(after))
                .filter(user::Column::Bot.eq(false))
                .cursor_by(user::Column::Id)
                .first(BATCH)
                .all(self.reader())
                .await?;
            let Some(last) = people.last() else {
                return Ok(());
            };
            after = last.id;
            let ids = people.iter().map(|person| person.id);
            let homes: Vec<(Option<i64>, i64)> = namespace::Entity::find()
                .select_only()
                .columns([namespace::Column::PersonalUserId, namespace::Column::TeamId])
                .filter(namespace::Column::PersonalUserId.is_in(ids))
                .into_tuple()
                .all(self.reader())
                .await?;
            for person in &people {
                let team = homes
                    .iter()
                    .find(|(owner, _)| *owner == Some(person.id))
                    .map(|(_, team)| *team);
                self.give_home(permit, registry, person, team).await?;
            }
        }
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

/// Enough of a name to find its numbered variants, which shorten a long one.
fn shortened(base: &str) -> String {
    base.chars().take(245).collect()
}

/// `base` or the first of its numbered variants that nobody has.
fn free(base: &str, taken: &HashSet<String>) -> Option<String> {
    image_name::candidates(base).find(|name| !taken.contains(name))
}

/// Whether this is the account that nobody may touch.
pub(super) fn is_portus(row: &user::Model) -> bool {
    row.username == PORTUS
}
