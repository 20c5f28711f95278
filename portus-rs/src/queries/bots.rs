//! The bots of a team, for whoever looks after them.

use std::collections::HashMap;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect as _, Select};

use super::{
    application_tokens,
    filter::{Filter, filters},
    list::{Listing, in_order},
    trusts,
    users::{Row, with_homes},
    viewer::Viewer,
};
use crate::{
    app::App,
    entities::{Role, team, team_user, user},
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
    policy::users::list_bots(standing, team.hidden)
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

/// A bot with all that its caretakers see.
pub struct Kept {
    pub user: user::Model,
    /// In its team; none if it was taken out of it.
    pub role: Option<Role>,
    pub tokens: Vec<application_tokens::Row>,
    /// How many kinds of jobs enter as it.
    pub trusts: i64,
}

/// The same list as pages show it.
pub struct Stable(pub Bots);

impl Listing for Stable {
    type Entity = user::Entity;
    type Row = Kept;

    fn select(&self) -> Select<user::Entity> {
        self.0.select()
    }

    fn id() -> user::Column {
        user::Column::Id
    }

    fn sort_column(name: &str) -> Option<user::Column> {
        (name == "username").then_some(user::Column::Username)
    }

    fn filters() -> &'static [Filter] {
        Bots::filters()
    }

    async fn load(&self, app: &App, ids: &[i64]) -> Result<Vec<Kept>> {
        let rows = user::Entity::find()
            .filter(user::Column::Id.is_in(ids.iter().copied()))
            .all(app.database.reader())
            .await?;
        let roles: HashMap<i64, Role> = team_user::Entity::find()
            .select_only()
            .columns([team_user::Column::UserId, team_user::Column::Role])
            .filter(team_user::Column::TeamId.eq(self.0.team_id))
            .filter(team_user::Column::UserId.is_in(ids.iter().copied()))
            .into_tuple::<(i64, Role)>()
            .all(app.database.reader())
            .await?
            .into_iter()
            .collect();
        let mut tokens = application_tokens::of_all(app, ids).await?;
        let trusts = trusts::counts(app, ids).await?;
        let kept = rows.into_iter().map(|user| {
            let kept = Kept {
                role: roles.get(&user.id).copied(),
                tokens: tokens.remove(&user.id).unwrap_or_default(),
                trusts: trusts.get(&user.id).copied().unwrap_or_default(),
                user,
            };
            (kept.user.id, kept)
        });
        Ok(in_order(ids, kept))
    }
}

/// A bot of a team, for whoever looks after it.
pub async fn one(app: &App, viewer: &Viewer, team_id: i64, id: i64) -> Result<user::Model> {
    of(app, viewer, team_id).await?;
    user::Entity::find_by_id(id)
        .filter(user::Column::OwnerTeamId.eq(team_id))
        .one(app.database.reader())
        .await?
        .ok_or(Error::NotFound)
}
