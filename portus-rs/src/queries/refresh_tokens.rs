//! Where an account is logged in with docker, of which a bounded number exist.

use chrono::NaiveDateTime;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, Select};

use super::{
    filter::{Filter, filters},
    list::{Listing, in_order},
};
use crate::{
    app::App,
    entities::refresh_token,
    error::Result,
    identity::credentials::REFRESH_UNUSED,
    policy::{self, Standing, Who},
};

/// The docker logins of an account that still count, the latest first, for itself and for admins.
pub async fn of(app: &App, who: Who, user_id: i64) -> Result<Vec<refresh_token::Model>> {
    let list = list(app, who, user_id).await?;
    Ok(list
        .select()
        .order_by_desc(refresh_token::Column::LastUsedAt)
        .order_by_desc(refresh_token::Column::Id)
        .all(app.database.reader())
        .await?)
}

/// The same as a list of which parts can be asked for.
///
/// Whoever may not look learns nothing about which accounts there are.
pub async fn list(app: &App, who: Who, user_id: i64) -> Result<Logins> {
    policy::sessions::manage(Standing { who, role: None }, user_id).granted()?;
    let owner = super::users::by_id(app, user_id).await?;
    Ok(Logins {
        user_id: owner.id,
        used_after: app.clock.now() - REFRESH_UNUSED,
    })
}

/// The docker logins of an account that has been looked at before, as far as they still count.
pub struct Logins {
    user_id: i64,
    used_after: NaiveDateTime,
}

impl Listing for Logins {
    type Entity = refresh_token::Entity;
    type Row = refresh_token::Model;

    fn select(&self) -> Select<refresh_token::Entity> {
        refresh_token::Entity::find()
            .filter(refresh_token::Column::UserId.eq(self.user_id))
            .filter(refresh_token::Column::LastUsedAt.gte(self.used_after))
    }

    fn id() -> refresh_token::Column {
        refresh_token::Column::Id
    }

    fn sort_column(name: &str) -> Option<refresh_token::Column> {
        use refresh_token::Column as C;
        Some(match name {
            "service" => C::Service,
            "created_at" => C::CreatedAt,
            "last_used_at" => C::LastUsedAt,
            _ => return None,
        })
    }

    fn filters() -> &'static [Filter] {
        use refresh_token::Column as C;
        filters! {
            "service" is(C::Service) "For exactly this registry.";
            "address" is(C::Address) "From exactly this address.";
            "created_after" after(C::CreatedAt) "Begun after this moment, ISO 8601.";
            "created_before" before(C::CreatedAt) "Begun before this moment.";
            "last_used_after" after(C::LastUsedAt) "Used last after this moment.";
            "last_used_before" before(C::LastUsedAt) "Used last before this moment.";
        }
    }

    async fn load(&self, app: &App, ids: &[i64]) -> Result<Vec<refresh_token::Model>> {
        let rows = refresh_token::Entity::find()
            .filter(refresh_token::Column::Id.is_in(ids.iter().copied()))
            .all(app.database.reader())
            .await?;
        Ok(in_order(ids, rows.into_iter().map(|row| (row.id, row))))
    }
}
