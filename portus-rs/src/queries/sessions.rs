//! The sessions of an account, of which a bounded number exist.

use chrono::NaiveDateTime;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, Select};

use super::{
    filter::{Filter, filters},
    list::{Listing, in_order},
};
use crate::{
    app::App,
    entities::{session, user},
    error::Result,
    identity::session::idle_limit,
    policy::{self, Who},
};

/// The sessions of an account that still count, the latest first, for itself and for admins.
///
/// Whoever may not look learns nothing about which accounts there are.
pub async fn of(app: &App, who: Who, user_id: i64) -> Result<Vec<session::Model>> {
    let list = list(app, who, user_id, None).await?;
    Ok(list
        .select()
        .order_by_desc(session::Column::Id)
        .all(app.database.reader())
        .await?)
}

/// The same as a list of which parts can be asked for. `current` is the session that asks.
pub async fn list(app: &App, who: Who, user_id: i64, current: Option<i64>) -> Result<Sessions> {
    let standing = policy::Standing { who, role: None };
    policy::sessions::manage(standing, user_id).granted()?;
    let owner = super::users::by_id(app, user_id).await?;
    let now = app.clock.now();
    Ok(Sessions {
        owner,
        now,
        used_after: now - idle_limit(app),
        current,
    })
}

/// A session as it is shown.
pub struct Row {
    pub session: session::Model,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// The sessions of an account that has been looked at before, as far as they still count.
pub struct Sessions {
    owner: user::Model,
    now: NaiveDateTime,
    used_after: NaiveDateTime,
    current: Option<i64>,
}

impl Listing for Sessions {
    type Entity = session::Entity;
    type Row = Row;

    fn select(&self) -> Select<session::Entity> {
        let used = Condition::any()
            .add(session::Column::Remember.eq(true))
            .add(session::Column::LastSeenAt.gt(self.used_after));
        session::Entity::find()
            .filter(session::Column::UserId.eq(self.owner.id))
            .filter(session::Column::CredentialsVersion.eq(self.owner.credentials_version))
            .filter(session::Column::ExpiresAt.gt(self.now))
            .filter(used)
    }

    fn id() -> session::Column {
        session::Column::Id
    }

    fn sort_column(name: &str) -> Option<session::Column> {
        use session::Column as C;
        Some(match name {
            "created_at" => C::CreatedAt,
            "last_seen_at" => C::LastSeenAt,
            "expires_at" => C::ExpiresAt,
            _ => return None,
        })
    }

    fn filters() -> &'static [Filter] {
        use session::Column as C;
        filters! {
            "address" is(C::Address) "From exactly this address.";
            "user_agent_contains" contains(C::UserAgent) "With this in what the browser calls itself, sign by sign.";
            "created_after" after(C::CreatedAt) "Begun after this moment, ISO 8601.";
            "created_before" before(C::CreatedAt) "Begun before this moment.";
            "last_seen_after" after(C::LastSeenAt) "Used last after this moment.";
            "last_seen_before" before(C::LastSeenAt) "Used last before this moment.";
            "expires_after" after(C::ExpiresAt) "Ends after this moment.";
            "expires_before" before(C::ExpiresAt) "Ends before this moment.";
        }
    }

    async fn load(&self, app: &App, ids: &[i64]) -> Result<Vec<Row>> {
        let rows = session::Entity::find()
            .filter(session::Column::Id.is_in(ids.iter().copied()))
            .all(app.database.reader())
            .await?;
        let rows = rows.into_iter().map(|session| {
            let current = self.current == Some(session.id);
            (session.id, Row { session, current })
        });
        Ok(in_order(ids, rows))
    }
}
