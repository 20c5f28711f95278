//! Teams that the caller may see.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Select};

use super::{
    filter::{Filter, filters},
    list::{Listing, in_order},
    viewer::Viewer,
};
use crate::{
    app::App,
    entities::team,
    error::{Error, Result},
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
