//! The bots of a team, for whoever looks after them.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Select};

use super::{
    filter::{Filter, filters},
    list::{Listing, in_order},
    users::{Row, with_homes},
    viewer::Viewer,
};
use crate::{
    app::App,
    entities::{team, user},
    error::{Error, Result},
    policy,
};

/// Bots that belong to one team.
pub struct Bots {
    team_id: i64,
}

/// The list of a team's bots, for its owners and for admins.
pub async fn of(app: &App, viewer: &Viewer, team_id: i64) -> Result<Bots> {
    let team = team::Entity::find_by_id(team_id)
        .one(app.database.reader())
        .await?
        .ok_or(Error::NotFound)?;
    let standing = viewer.standing(team_id);
    policy::users::manage_bots(standing, team.hidden)
        .granted()
        .map_err(|refusal| {
            if policy::teams::show(standing).granted {
                refusal
            } else {
                Error::NotFound
            }
        })?;
    Ok(Bots { team_id })
}

impl Listing for Bots {
    type Entity = user::Entity;
    type Row = Row;

    fn select(&self) -> Select<user::Entity> {
        user::Entity::find().filter(user::Column::OwnerTeamId.eq(self.team_id))
    }

    fn id() -> user::Column {
        user::Column::Id
    }

    fn sort_column(_: &str) -> Option<user::Column> {
        None
    }

    fn filters() -> &'static [Filter] {
        use user::Column as C;
        filters! {
            "name" is(C::Username) "Of exactly this username.";
            "name_contains" contains(C::Username) "With this in the username, sign by sign.";
            "enabled" flag(C::Enabled) "Enabled, or disabled.";
            "created_after" after(C::CreatedAt) "Made after this moment, ISO 8601.";
            "created_before" before(C::CreatedAt) "Made before this moment.";
            "updated_after" after(C::UpdatedAt) "Changed after this moment.";
            "updated_before" before(C::UpdatedAt) "Changed before this moment.";
        }
    }

    async fn load(&self, app: &App, ids: &[i64]) -> Result<Vec<Row>> {
        let rows = user::Entity::find()
            .filter(user::Column::Id.is_in(ids.iter().copied()))
            .all(app.database.reader())
            .await?;
        let rows = with_homes(app, rows).await?;
        Ok(in_order(
            ids,
            rows.into_iter().map(|row| (row.user.id, row)),
        ))
    }
}
