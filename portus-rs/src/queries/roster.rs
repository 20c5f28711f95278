//! The members of a team by name, as its page shows them.

use std::collections::HashMap;

use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect as _, QueryTrait as _, Select,
    sea_query::{Expr, SelectStatement},
};

use super::{
    filter::{Filter, filters, named},
    list::{Listing, in_order},
    teams,
    viewer::Viewer,
};
use crate::{
    app::App,
    entities::{Role, dialect, team_user, user},
    error::{Error, Result},
};

/// Somebody in a team.
pub struct Mate {
    pub user: user::Model,
    /// Of the membership.
    pub id: i64,
    pub role: Role,
}

/// Everybody in a team that has been looked at before, disabled accounts too.
pub struct Roster {
    pub team_id: i64,
}

impl Roster {
    fn people(&self) -> SelectStatement {
        team_user::Entity::find()
            .select_only()
            .column(team_user::Column::UserId)
            .filter(team_user::Column::TeamId.eq(self.team_id))
            .into_query()
    }
}

impl Listing for Roster {
    type Entity = user::Entity;
    type Row = Mate;

    fn select(&self) -> Select<user::Entity> {
        user::Entity::find().filter(user::Column::Id.in_subquery(self.people()))
    }

    fn id() -> user::Column {
        user::Column::Id
    }

    fn sort_column(name: &str) -> Option<user::Column> {
        (name == "username").then_some(user::Column::Username)
    }

    fn filters() -> &'static [Filter] {
        filters! {
            "name_contains" contains(user::Column::Username) "With this in the username, sign by sign.";
        }
    }

    async fn load(&self, app: &App, ids: &[i64]) -> Result<Vec<Mate>> {
        let found = team_user::Entity::find()
            .filter(team_user::Column::TeamId.eq(self.team_id))
            .filter(team_user::Column::UserId.is_in(ids.iter().copied()))
            .find_also_related(user::Entity)
            .all(app.database.reader())
            .await?;
        let mates: HashMap<i64, Mate> = mates(found).map(|it| (it.user.id, it)).collect();
        Ok(in_order(ids, mates))
    }
}

/// The same, by what they may.
pub struct Ranks {
    pub team_id: i64,
}

impl Listing for Ranks {
    type Entity = team_user::Entity;
    type Row = Mate;

    fn select(&self) -> Select<team_user::Entity> {
        team_user::Entity::find().filter(team_user::Column::TeamId.eq(self.team_id))
    }

    fn id() -> team_user::Column {
        team_user::Column::Id
    }

    fn sort_column(name: &str) -> Option<team_user::Column> {
        (name == "role").then_some(team_user::Column::Role)
    }

    fn filters() -> &'static [Filter] {
        use team_user::Column as C;
        filters! {
            "name_contains" with(|it, backend| Condition::all().add(C::UserId.in_subquery(named(
                user::Entity,
                user::Column::Id,
                dialect::contains(backend, Expr::col((user::Entity, user::Column::Username)), it.to_owned()),
            )))) "With this in the username, sign by sign.";
        }
    }

    async fn load(&self, app: &App, ids: &[i64]) -> Result<Vec<Mate>> {
        let found = team_user::Entity::find()
            .filter(team_user::Column::Id.is_in(ids.iter().copied()))
            .find_also_related(user::Entity)
            .all(app.database.reader())
            .await?;
        Ok(in_order(ids, mates(found).map(|it| (it.id, it))))
    }
}

fn mates(found: Vec<(team_user::Model, Option<user::Model>)>) -> impl Iterator<Item = Mate> {
    found.into_iter().filter_map(|(row, user)| {
        let (id, role) = (row.id, row.role);
        Some(Mate {
            user: user?,
            id,
            role,
        })
    })
}

/// A membership of a team that the viewer may see.
pub async fn membership(
    app: &App,
    viewer: &Viewer,
    id: i64,
) -> Result<(team_user::Model, user::Model)> {
    let found = team_user::Entity::find_by_id(id)
        .find_also_related(user::Entity)
        .one(app.database.reader())
        .await?;
    let (row, user) = found
        .and_then(|(row, user)| Some((row, user?)))
        .ok_or(Error::NotFound)?;
    teams::known(app, viewer, row.team_id).await?;
    Ok((row, user))
}
