//! Trying a webhook: what it would be told of a push that never was.

use chrono::NaiveDateTime;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use serde_json::{Value, json};

use super::{
    deliveries::{Message, queued},
    permitted,
};
use crate::{
    actions::change::Change,
    activity::Activity,
    app::App,
    entities::{namespace, registry, webhook_delivery},
    error::{Error, Result},
    identity::actor::Actor,
    policy::webhooks::ManageWebhook,
    protocol::digest::Digest,
};

/// The image of which it tells.
const REPOSITORY: &str = "webhook-test";
const TAG: &str = "latest";
/// What the digest is of.
const MANIFEST: &str =
    r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json"}"#;

/// Queues a push for a webhook of that namespace, marked as a test, behind whatever else it is to be told. For a webhook
/// that is switched off this has to be `confirmed`.
pub async fn send(
    app: &App,
    actor: &Actor,
    (namespace_id, webhook_id): (i64, i64),
    confirmed: bool,
) -> Result<webhook_delivery::Model> {
    let mut change = Change::begin(app, actor).await?;
    let permit = permitted::<ManageWebhook>(&change, namespace_id, webhook_id).await?;
    let (webhook, namespace) = permit.on();
    if !webhook.enabled && !confirmed {
        return Err(Error::Refused(
            "This webhook is disabled. Send confirm=true to test it all the same".to_owned(),
        ));
    }
    let registry = registry::Entity::find()
        .filter(registry::Column::Id.eq(namespace.registry_id))
        .one(change.reader())
        .await?
        .ok_or(Error::NotFound)?;
    let message = Message {
        event: "push".to_owned(),
        body: push(namespace, &registry, actor, change.now()).to_string(),
        // Asked for by somebody, so it is sent whatever was told before.
        request_id: None,
        retrigger_of: None,
        test: true,
    };
    let row = queued(webhook_id, message, change.now());
    let made = change.insert(&permit, row).await?;
    let told = Activity::webhook_tested(namespace, webhook, &made);
    change.commit([told]).await?;
    app.wake.webhooks.notify_one();
    Ok(made)
}

/// As a registry tells of a push, and that it is a test.
fn push(
    namespace: &namespace::Model,
    registry: &registry::Model,
    actor: &Actor,
    now: NaiveDateTime,
) -> Value {
    let repository = if namespace.global {
        REPOSITORY.to_owned()
    } else {
        format!("{}/{REPOSITORY}", namespace.name)
    };
    let scheme = if registry.use_ssl { "https" } else { "http" };
    let host = registry.hostname.as_str();
    let digest = Digest::of(MANIFEST.as_bytes());
    json!({
        "id": uuid::Uuid::new_v4().to_string(),
        "timestamp": now.and_utc().to_rfc3339(),
        "action": "push",
        "test": true,
        "target": {
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "digest": digest,
            "size": MANIFEST.len(),
            "length": MANIFEST.len(),
            "repository": repository,
            "url": format!("{scheme}://{host}/v2/{repository}/manifests/{digest}"),
            "tag": TAG,
        },
        "request": {
            "id": uuid::Uuid::new_v4().to_string(),
            "addr": "192.0.2.1:50000",
            "host": host,
            "method": "PUT",
            "useragent": concat!("portus-rs/", env!("CARGO_PKG_VERSION")),
        },
        "actor": { "name": actor.name() },
        "source": { "addr": host, "instanceID": uuid::Uuid::new_v4().to_string() },
    })
}
