//! Headers that a webhook sends along.

use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, QueryFilter,
};

use super::{LONGEST, TOO_LONG, permitted};
use crate::{
    actions::change::Change,
    activity::Activity,
    app::App,
    entities::webhook_header,
    error::{Error, Invalid, Result, is_taken, wordings},
    identity::actor::Actor,
    keys::vault::Purpose,
    policy::webhooks::DressWebhook,
};

/// Headers of one webhook.
const MOST: usize = 50;
/// Bytes of a value.
const LONGEST_VALUE: usize = 8192;

/// Adds a header to a webhook of that namespace.
pub async fn create(
    app: &App,
    actor: &Actor,
    (namespace_id, webhook_id): (i64, i64),
    name: &str,
    value: &str,
) -> Result<webhook_header::Model> {
    let mut change = Change::begin(app, actor).await?;
    let permit = permitted::<DressWebhook>(&change, namespace_id, webhook_id).await?;
    let (name, value) = (name.trim(), value.trim());
    let mut invalid = complaints(name, value);
    let others = webhook_header::Entity::find()
        .filter(webhook_header::Column::WebhookId.eq(webhook_id))
        .all(change.reader())
        .await?;
    // In HTTP case makes no other header.
    if others.iter().any(|it| it.name.eq_ignore_ascii_case(name)) {
        invalid.add("name", TAKEN);
    }
    if others.len() >= MOST {
        invalid.add("base", wordings::TOO_MANY_HEADERS.with(&[&MOST]));
    }
    invalid.into_result()?;
    let row = webhook_header::ActiveModel {
        id: NotSet,
        webhook_id: Set(webhook_id),
        name: Set(name.to_owned()),
        value_sealed: Set(app
            .vault
            .seal(Purpose::WebhookHeader, value)
            .map_err(|error| Error::Internal(error.into()))?),
        created_at: Set(change.now()),
        updated_at: Set(change.now()),
    };
    let made = match change.insert(&permit, row).await {
        Err(error) if is_taken(&error) => return Err(Error::invalid("name", TAKEN)),
        made => made?,
    };
    let (webhook, namespace) = permit.on();
    let told = Activity::webhook_header_created(namespace, webhook, &made);
    change.commit([told]).await?;
    Ok(made)
}

/// Removes a header from a webhook of that namespace, and returns what it was.
pub async fn delete(
    app: &App,
    actor: &Actor,
    (namespace_id, webhook_id): (i64, i64),
    id: i64,
) -> Result<webhook_header::Model> {
    let mut change = Change::begin(app, actor).await?;
    let permit = permitted::<DressWebhook>(&change, namespace_id, webhook_id).await?;
    let row = webhook_header::Entity::find_by_id(id)
        .filter(webhook_header::Column::WebhookId.eq(webhook_id))
        .one(change.reader())
        .await?
        .ok_or(Error::NotFound)?;
    change
        .delete_where::<webhook_header::Entity, _>(&permit, webhook_header::Column::Id.eq(id))
        .await?;
    let (webhook, namespace) = permit.on();
    let told = Activity::webhook_header_destroyed(namespace, webhook, &row);
    change.commit([told]).await?;
    Ok(row)
}

const TAKEN: &str = "has already been taken";

/// Headers that belong to the connection, which the sender alone writes.
const OURS: &[&str] = &[
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

fn complaints(name: &str, value: &str) -> Invalid {
    let mut invalid = Invalid::default();
    let in_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if name.is_empty() {
        invalid.add("name", "can't be blank");
    } else if name.len() > LONGEST {
        invalid.add("name", TOO_LONG);
    } else if !name.chars().all(in_token) || OURS.contains(&name.to_ascii_lowercase().as_str()) {
        invalid.add("name", "is invalid");
    }
    // A line break would begin another header.
    if value.contains(|c: char| c.is_control() && c != '\t') {
        invalid.add("value", "is invalid");
    } else if value.len() > LONGEST_VALUE {
        invalid.add("value", wordings::TOO_MANY_BYTES.with(&[&LONGEST_VALUE]));
    }
    invalid
}

#[cfg(test)]
mod tests {
    use super::complaints;

    #[test]
    fn a_header_cannot_bring_another_one_along() {
        let fine = |name, value| complaints(name, value).into_result().is_ok();
        assert!(fine("Authorization", "Bearer x"));
        assert!(fine("X-A", ""));
        for name in ["", "X A", "X:", "X\r\nY", "Häder", "Host", "content-length"] {
            assert!(!fine(name, "x"), "{name:?}");
        }
        for value in ["a\r\nX-B: c", "a\0", "a\nb"] {
            assert!(!fine("X-A", value), "{value:?}");
        }
        assert!(!fine("X-A", &"x".repeat(8193)));
    }
}
