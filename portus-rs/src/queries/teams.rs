//! Teams that the caller may see.

use sea_orm::{
    ColumnTrait, Condition, EntityTrait, ExprTrait as _, PaginatorTrait as _, QueryFilter,
    QuerySelect as _, QueryTrait as _, Select, sea_query::SelectStatement,
};

use super::{
    filter::{Filter, Narrowed, filters},
    list::{Listing, in_order},
    viewer::Viewer,
};
use crate::{
    app::App,
    entities::{Role, team, team_user},
    error::{Error, Invalid, Result},
    policy,
};

/// Teams that are not hidden.
pub struct Teams {
    pub viewer: Viewer,
}

impl Listing for Teams {
    type Entity = team::Entity;
    type Row = team::Model;

    fn select(&self) -> Select<team::Entity> {
        team::Entity::find()
            .filter(team::Column::Hidden.eq(false))
            .filter(policy::visible::teams(self.viewer.who))
    }

    fn id() -> team::Column {
        team::Column::Id
    }

    fn sort_column(name: &str) -> Option<team::Column> {
        use team::Column as C;
        Some(match name {
            "name" => C::Name,
            "description" => C::Description,
            "created_at" => C::CreatedAt,
            "updated_at" => C::UpdatedAt,
            "hidden" => C::Hidden,
            _ => return None,
        })
    }

    fn filters() -> &'static [Filter] {
        use team::Column as C;
        filters! {
            "name" is(C::Name) "Of exactly this name.";
            "name_contains" contains(C::Name) "With this in the name, sign by sign.";
            "ownerless" truth(|it| {
                let owned = team::Column::Id.in_subquery(owned());
                Condition::all().add(if it { owned.not() } else { owned })
            }) "Without an owner, so that only admins look after it; or with one.";
            "created_after" after(C::CreatedAt) "Made after this moment, ISO 8601.";
            "created_before" before(C::CreatedAt) "Made before this moment.";
            "updated_after" after(C::UpdatedAt) "Changed after this moment.";
            "updated_before" before(C::UpdatedAt) "Changed before this moment.";
        }
    }

    async fn load(&self, app: &App, ids: &[i64]) -> Result<Vec<team::Model>> {
        let rows = team::Entity::find()
            .filter(team::Column::Id.is_in(ids.iter().copied()))
            .all(app.database.reader())
            .await?;
        Ok(in_order(ids, rows.into_iter().map(|row| (row.id, row))))
    }
}

/// Those that the viewer is in, or those that they see without being in them.
pub fn by_membership(viewer: Viewer, member: bool) -> Narrowed<Teams> {
    let own = joined(&viewer);
    let id = team::Column::Id;
    let which = if member {
        id.in_subquery(own)
    } else {
        id.not_in_subquery(own)
    };
    Narrowed::to(Teams { viewer }, Condition::all().add(which))
}

/// The ids of the teams that the viewer is in, hidden ones too.
pub fn joined(viewer: &Viewer) -> SelectStatement {
    team_user::Entity::find()
        .select_only()
        .column(team_user::Column::TeamId)
        .filter(team_user::Column::UserId.eq(viewer.standing_nowhere().user_id()))
        .into_query()
}

/// The ids of the teams that somebody owns. Whoever removes the account of an only owner leaves a team without one.
fn owned() -> SelectStatement {
    team_user::Entity::find()
        .select_only()
        .column(team_user::Column::TeamId)
        .filter(team_user::Column::Role.eq(Role::Owner))
        .into_query()
}

/// What stands against a team of this name, other than the one with this id.
pub async fn complaints(app: &App, name: &str, except: i64) -> Result<Invalid> {
    let mut invalid = Invalid::default();
    let name = name.trim();
    if name.is_empty() {
        invalid.add("name", "can't be blank");
        return Ok(invalid);
    }
    let others = team::Entity::find()
        .filter(team::Column::Name.eq(name))
        .filter(team::Column::Id.ne(except))
        .count(app.database.reader())
        .await?;
    if others > 0 {
        invalid.add("name", "is reserved or has already been taken");
    }
    Ok(invalid)
}

/// A team that people know of.
pub async fn known(app: &App, viewer: &Viewer, id: i64) -> Result<team::Model> {
    let row = show(app, viewer, id).await?;
    Some(row).filter(|it| !it.hidden).ok_or(Error::NotFound)
}

/// A team, hidden ones included, for its members and admins.
pub async fn show(app: &App, viewer: &Viewer, id: i64) -> Result<team::Model> {
    if !policy::teams::show(viewer.standing(id)).granted {
        return Err(Error::NotFound);
    }
    team::Entity::find_by_id(id)
        .one(app.database.reader())
        .await?
        .ok_or(Error::NotFound)
}
