//! What a new registry is given: its global namespace, and one for everybody, however many they are.

use std::collections::HashMap;

use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect, QueryTrait as _,
};

use super::{base_of, hidden, home, membership, within};
use crate::{
    actions::change::Change,
    entities::{Role, Visibility, namespace, registry, team, team_user, user},
    error::Result,
    policy::guard::Authority,
};

/// People handled at once.
const BATCH: u64 = 500;

impl Change<'_> {
    /// Furnishes a new registry: the global namespace, owned by the admins, and a namespace for every person.
    pub(in crate::actions) async fn furnish<P: Authority>(
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
            let mut teams: HashMap<i64, i64> = homes
                .into_iter()
                .filter_map(|(owner, team)| Some((owner?, team)))
                .collect();
            let new = people.iter().filter(|it| !teams.contains_key(&it.id));
            let new = self.team_up(permit, new.collect()).await?;
            teams.extend(new);
            // Those whose names others have, one by one.
            for person in self.house(permit, registry, people, &teams).await? {
                let team = teams.get(&person.id).copied();
                self.give_home(permit, registry, &person, team).await?;
            }
        }
    }

    /// Gives many people hidden teams of their own at once. Returns the teams by their owners, without those whose name is
    /// taken.
    async fn team_up<P: Authority>(
        &mut self,
        permit: &P,
        people: Vec<&user::Model>,
    ) -> Result<Vec<(i64, i64)>> {
        let names: Vec<String> = people.iter().map(|it| it.username.clone()).collect();
        let taken = self
            .taken::<team::Entity>(team::Column::Name, Condition::all(), &names)
            .await?;
        let owners: HashMap<&str, i64> = people
            .iter()
            .filter(|it| !taken.contains(&it.username))
            .map(|it| (&*it.username, it.id))
            .collect();
        if owners.is_empty() {
            return Ok(Vec::new());
        }
        let now = self.now();
        let rows = owners.keys().map(|name| hidden((*name).to_owned(), now));
        let statement = team::Entity::insert_many(rows).into_query();
        self.execute::<team::Entity, _, _>(permit, &statement)
            .await?;
        let made: Vec<(i64, String)> = team::Entity::find()
            .select_only()
            .columns([team::Column::Id, team::Column::Name])
            .filter(team::Column::Name.is_in(owners.keys().copied()))
            .into_tuple()
            .all(self.reader())
            .await?;
        let teams: Vec<(i64, i64)> = made
            .iter()
            .filter_map(|(team, name)| Some((*owners.get(&**name)?, *team)))
            .collect();
        let members = teams
            .iter()
            .map(|(owner, team)| membership(*team, *owner, Role::Owner, None, now));
        let statement = team_user::Entity::insert_many(members).into_query();
        self.execute::<team_user::Entity, _, _>(permit, &statement)
            .await?;
        Ok(teams)
    }

    /// Gives many people namespaces at once, of the teams that hold their others. Returns those whose name is taken.
    async fn house<P: Authority>(
        &mut self,
        permit: &P,
        registry: &registry::Model,
        people: Vec<user::Model>,
        teams: &HashMap<i64, i64>,
    ) -> Result<Vec<user::Model>> {
        let bases = people
            .iter()
            .map(base_of)
            .collect::<Result<Vec<String>>>()?;
        let mut taken = self
            .taken::<namespace::Entity>(namespace::Column::Name, within(registry), &bases)
            .await?;
        let mut rows = Vec::with_capacity(people.len());
        let mut left = Vec::new();
        for (person, base) in people.into_iter().zip(bases) {
            match teams.get(&person.id) {
                Some(team) if taken.insert(base.clone()) => {
                    rows.push(home(registry, &person, base, *team, self.now()));
                }
                _ => left.push(person),
            }
        }
        if !rows.is_empty() {
            let statement = namespace::Entity::insert_many(rows).into_query();
            self.execute::<namespace::Entity, _, _>(permit, &statement)
                .await?;
        }
        Ok(left)
    }
}
