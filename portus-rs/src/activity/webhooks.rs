//! What the audit log keeps of webhooks: names and addresses, never what authenticates.

use url::Url;

use super::{Activity, Kind};
use crate::entities::{namespace, webhook, webhook_delivery, webhook_header};

impl Activity {
    pub fn webhook_created(namespace: &namespace::Model, webhook: &webhook::Model) -> Self {
        Self::of_webhook("webhook.create", namespace, webhook)
    }

    pub fn webhook_updated(
        namespace: &namespace::Model,
        webhook: &webhook::Model,
        fields: &[&str],
    ) -> Self {
        Self::of_webhook("webhook.update", namespace, webhook).with("fields", fields.to_vec())
    }

    pub fn webhook_destroyed(namespace: &namespace::Model, webhook: &webhook::Model) -> Self {
        Self::of_webhook("webhook.destroy", namespace, webhook)
    }

    /// Switched on or off.
    pub fn webhook_toggled(namespace: &namespace::Model, webhook: &webhook::Model) -> Self {
        let key = if webhook.enabled {
            "webhook.enabled"
        } else {
            "webhook.disabled"
        };
        Self::of_webhook(key, namespace, webhook)
    }

    pub fn webhook_header_created(
        namespace: &namespace::Model,
        webhook: &webhook::Model,
        header: &webhook_header::Model,
    ) -> Self {
        Self::of_webhook("webhook:create_header", namespace, webhook)
            .with("header", header.name.as_str())
    }

    pub fn webhook_header_destroyed(
        namespace: &namespace::Model,
        webhook: &webhook::Model,
        header: &webhook_header::Model,
    ) -> Self {
        Self::of_webhook("webhook:destroy_header", namespace, webhook)
            .with("header", header.name.as_str())
    }

    pub fn webhook_retriggered(
        namespace: &namespace::Model,
        webhook: &webhook::Model,
        (original, again): (&webhook_delivery::Model, &webhook_delivery::Model),
    ) -> Self {
        Self::of_webhook("webhook:retrigger", namespace, webhook)
            .with("delivery", original.uuid.as_str())
            .with("again", again.uuid.as_str())
    }

    pub fn webhook_tested(
        namespace: &namespace::Model,
        webhook: &webhook::Model,
        delivery: &webhook_delivery::Model,
    ) -> Self {
        Self::of_webhook("webhook:test", namespace, webhook)
            .with("delivery", delivery.uuid.as_str())
    }

    fn of_webhook(
        key: &'static str,
        namespace: &namespace::Model,
        webhook: &webhook::Model,
    ) -> Self {
        let (url, host) = told(&webhook.url);
        Self::new(key, Some((Kind::Webhook, webhook.id)))
            .with("namespace_id", namespace.id)
            .with("namespace_name", namespace.name.as_str())
            .with("webhook_url", url)
            .with("webhook_host", host)
            .with("webhook_name", webhook.name.as_str())
            .about(namespace)
    }
}

/// An address without what is often secret in it, and its host.
fn told(text: &str) -> (String, Option<String>) {
    let Ok(mut url) = Url::parse(text) else {
        return (String::new(), None);
    };
    url.set_query(None);
    url.set_fragment(None);
    // Only addresses without a host cannot be rid of these.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    let host = url.host_str().map(str::to_owned);
    (url.into(), host)
}
