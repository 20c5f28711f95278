//! Webhooks of a namespace, with their headers and what they sent.

use std::collections::HashMap;

use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder as _, QuerySelect as _,
    QueryTrait as _, Select,
};

use super::{
    filter::{Filter, filters},
    list::{Listing, in_order},
    namespaces,
    viewer::Viewer,
};
use crate::{
    app::App,
    entities::{DeliveryState, namespace, webhook, webhook_delivery, webhook_header},
    error::{Error, Result},
    keys::vault::Purpose,
    policy,
};

/// A webhook as it is shown.
pub struct Row {
    pub webhook: webhook::Model,
    /// Whether a secret of it was stored under another key base, and has to be entered again.
    pub secrets_lost: bool,
}

/// A header as it is shown.
pub struct HeaderRow {
    pub header: webhook_header::Model,
    /// `None` for those who may not read it, and when it was stored under another key base.
    pub value: Option<String>,
}

/// A namespace whose webhooks the caller may see.
pub async fn namespace(app: &App, viewer: &Viewer, id: i64) -> Result<namespace::Model> {
    let row = namespaces::show(app, viewer, id).await?;
    policy::webhooks::show(viewer.standing_in(&row)).granted()?;
    Ok(row)
}

/// A webhook of a namespace that the caller may see.
pub async fn show(
    app: &App,
    viewer: &Viewer,
    namespace_id: i64,
    id: i64,
) -> Result<(webhook::Model, namespace::Model)> {
    let namespace = namespace(app, viewer, namespace_id).await?;
    let row = webhook::Entity::find_by_id(id)
        .filter(webhook::Column::NamespaceId.eq(namespace_id))
        .one(app.database.reader())
        .await?
        .ok_or(Error::NotFound)?;
    Ok((row, namespace))
}

/// A webhook with what belongs to it.
pub async fn shown(app: &App, row: webhook::Model) -> Result<Row> {
    let list = Webhooks {
        namespace_id: row.namespace_id,
    };
    let loaded = list.load(app, &[row.id]).await?.pop();
    loaded.ok_or(Error::NotFound)
}

/// The webhooks of a namespace that has been looked at before.
pub struct Webhooks {
    pub namespace_id: i64,
}

impl Listing for Webhooks {
    type Entity = webhook::Entity;
    type Row = Row;

    fn select(&self) -> Select<webhook::Entity> {
        webhook::Entity::find().filter(webhook::Column::NamespaceId.eq(self.namespace_id))
    }

    fn id() -> webhook::Column {
        webhook::Column::Id
    }

    fn sort_column(name: &str) -> Option<webhook::Column> {
        use webhook::Column as C;
        Some(match name {
            "name" => C::Name,
            "enabled" => C::Enabled,
            "created_at" => C::CreatedAt,
            "updated_at" => C::UpdatedAt,
            _ => return None,
        })
    }

    fn filters() -> &'static [Filter] {
        use webhook::Column as C;
        filters! {
            "name" is(C::Name) "Of exactly this name.";
            "name_contains" contains(C::Name) "With this in the name, sign by sign.";
            "enabled" flag(C::Enabled) "Switched on, or off.";
            "created_after" after(C::CreatedAt) "Made after this moment, ISO 8601.";
            "created_before" before(C::CreatedAt) "Made before this moment.";
            "updated_after" after(C::UpdatedAt) "Changed after this moment.";
            "updated_before" before(C::UpdatedAt) "Changed before this moment.";
        }
    }

    async fn load(&self, app: &App, ids: &[i64]) -> Result<Vec<Row>> {
        let among = |column: webhook::Column| column.is_in(ids.iter().copied());
        let rows = webhook::Entity::find()
            .filter(among(webhook::Column::Id))
            .all(app.database.reader())
            .await?;
        let lost: Vec<i64> = webhook::Entity::find()
            .select_only()
            .column(webhook::Column::Id)
            .filter(among(webhook::Column::Id))
            .filter(lost(app))
            .into_tuple()
            .all(app.database.reader())
            .await?;
        let rows = rows.into_iter().map(|webhook| {
            let row = Row {
                secrets_lost: lost.contains(&webhook.id),
                webhook,
            };
            (row.webhook.id, row)
        });
        Ok(in_order(ids, rows))
    }
}

/// The headers of a webhook that has been looked at before.
pub struct Headers {
    pub webhook_id: i64,
    /// Whether the caller may read what they say.
    pub readable: bool,
}

impl Listing for Headers {
    type Entity = webhook_header::Entity;
    type Row = HeaderRow;

    fn select(&self) -> Select<webhook_header::Entity> {
        webhook_header::Entity::find().filter(webhook_header::Column::WebhookId.eq(self.webhook_id))
    }

    fn id() -> webhook_header::Column {
        webhook_header::Column::Id
    }

    fn sort_column(name: &str) -> Option<webhook_header::Column> {
        use webhook_header::Column as C;
        Some(match name {
            "name" => C::Name,
            "created_at" => C::CreatedAt,
            "updated_at" => C::UpdatedAt,
            _ => return None,
        })
    }

    fn filters() -> &'static [Filter] {
        use webhook_header::Column as C;
        filters! {
            "name" is(C::Name) "Of exactly this name.";
            "name_contains" contains(C::Name) "With this in the name, sign by sign.";
            "created_after" after(C::CreatedAt) "Made after this moment, ISO 8601.";
            "created_before" before(C::CreatedAt) "Made before this moment.";
            "updated_after" after(C::UpdatedAt) "Changed after this moment.";
            "updated_before" before(C::UpdatedAt) "Changed before this moment.";
        }
    }

    async fn load(&self, app: &App, ids: &[i64]) -> Result<Vec<HeaderRow>> {
        let rows = webhook_header::Entity::find()
            .filter(webhook_header::Column::Id.is_in(ids.iter().copied()))
            .all(app.database.reader())
            .await?;
        let rows = rows.into_iter().map(|header| {
            let row = self.shown(app, header);
            (row.header.id, row)
        });
        Ok(in_order(ids, rows))
    }
}

impl Headers {
    pub fn shown(&self, app: &App, header: webhook_header::Model) -> HeaderRow {
        let open = || {
            let opened = app.vault.open(Purpose::WebhookHeader, &header.value_sealed);
            opened.ok().map(|value| value.expose().to_owned())
        };
        HeaderRow {
            value: self.readable.then(open).flatten(),
            header,
        }
    }
}

/// What a webhook that has been looked at before has sent, and is still to send.
pub struct Deliveries {
    pub webhook_id: i64,
}

impl Listing for Deliveries {
    type Entity = webhook_delivery::Entity;
    type Row = webhook_delivery::Model;

    fn select(&self) -> Select<webhook_delivery::Entity> {
        webhook_delivery::Entity::find()
            .filter(webhook_delivery::Column::WebhookId.eq(self.webhook_id))
    }

    fn id() -> webhook_delivery::Column {
        webhook_delivery::Column::Id
    }

    fn sort_column(name: &str) -> Option<webhook_delivery::Column> {
        use webhook_delivery::Column as C;
        Some(match name {
            "status" => C::Status,
            "created_at" => C::CreatedAt,
            "updated_at" => C::UpdatedAt,
            _ => return None,
        })
    }

    fn filters() -> &'static [Filter] {
        use webhook_delivery::Column as C;
        filters! {
            "event" is(C::Event) "Of this kind: `push` or `delete`.";
            "state" word(DeliveryState::WORDS, |it| it.parse::<DeliveryState>().map_or_else(
                |()| Condition::all(),
                |it| Condition::all().add(C::State.eq(it)),
            )) "Which have come so far.";
            "status" id(C::Status) "Answered with this HTTP status; 0 without an answer.";
            "uuid" is(C::Uuid) "Of this UUID.";
            "uuid_contains" contains(C::Uuid) "With this in the UUID, sign by sign.";
            "test" flag(C::Test) "Which only try the webhook, or only others.";
            "created_after" after(C::CreatedAt) "Made after this moment, ISO 8601.";
            "created_before" before(C::CreatedAt) "Made before this moment.";
            "updated_after" after(C::UpdatedAt) "Changed after this moment.";
            "updated_before" before(C::UpdatedAt) "Changed before this moment.";
            "next_attempt_after" after(C::NextAttemptAt) "To be tried after this moment.";
            "next_attempt_before" before(C::NextAttemptAt) "To be tried before this moment.";
        }
    }

    async fn load(&self, app: &App, ids: &[i64]) -> Result<Vec<webhook_delivery::Model>> {
        let rows = webhook_delivery::Entity::find()
            .filter(webhook_delivery::Column::Id.is_in(ids.iter().copied()))
            .all(app.database.reader())
            .await?;
        Ok(in_order(ids, rows.into_iter().map(|row| (row.id, row))))
    }
}

/// One delivery of a webhook that has been looked at before.
pub async fn delivery(app: &App, webhook_id: i64, id: i64) -> Result<webhook_delivery::Model> {
    webhook_delivery::Entity::find_by_id(id)
        .filter(webhook_delivery::Column::WebhookId.eq(webhook_id))
        .one(app.database.reader())
        .await?
        .ok_or(Error::NotFound)
}

/// How many webhooks each of these namespaces has; none are left out. One query.
pub async fn counts(app: &App, namespace_ids: &[i64]) -> Result<HashMap<i64, i64>> {
    let rows: Vec<(i64, i64)> = webhook::Entity::find()
        .select_only()
        .column(webhook::Column::NamespaceId)
        .column_as(webhook::Column::Id.count(), "webhooks")
        .filter(webhook::Column::NamespaceId.is_in(namespace_ids.iter().copied()))
        .group_by(webhook::Column::NamespaceId)
        .into_tuple()
        .all(app.database.reader())
        .await?;
    Ok(rows.into_iter().collect())
}

/// Webhooks with secrets that were stored under another key base, in every namespace: for admins, who tell the owners
/// what to enter again.
pub async fn with_lost_secrets(app: &App) -> Result<Vec<(webhook::Model, namespace::Model)>> {
    let rows = webhook::Entity::find()
        .filter(lost(app))
        .order_by_asc(webhook::Column::Id)
        .find_also_related(namespace::Entity)
        .limit(LOST_AT_ONCE)
        .all(app.database.reader())
        .await?;
    Ok(rows
        .into_iter()
        .filter_map(|(row, namespace)| Some((row, namespace?)))
        .collect())
}

/// More than these nobody reads.
const LOST_AT_ONCE: u64 = 1000;

/// Webhooks of which the vault cannot open something.
fn lost(app: &App) -> Condition {
    let ours = format!("{}%", app.vault.prefix());
    let headers = webhook_header::Entity::find()
        .select_only()
        .column(webhook_header::Column::WebhookId)
        .filter(webhook_header::Column::ValueSealed.not_like(ours.as_str()))
        .into_query();
    // What is null is neither like nor unlike anything.
    Condition::any()
        .add(webhook::Column::PasswordSealed.not_like(ours.as_str()))
        .add(webhook::Column::SecretSealed.not_like(ours.as_str()))
        .add(webhook::Column::Id.in_subquery(headers))
}
