//! Headers that a webhook sends along.

use serde::Serialize;
use utoipa::ToSchema;

use super::{ids, of_path};
use crate::{
    actions::webhooks::headers,
    policy,
    queries::webhooks::{HeaderRow, Headers},
    web::{
        api::{
            operation::{Operation, delete, get, post},
            reply::{Created, Done, NoContent, Paged},
            respond::{Time, created, no_content, paged},
        },
        error::ApiResult,
        extract::{caller::Call, declare::params, filters::Filters, page::Page},
    },
};

pub fn operations() -> Vec<Operation> {
    vec![
        get(
            "/v1/namespaces/{id}/webhooks/{webhook_id}/headers",
            "Lists a webhook's headers",
            list,
        ),
        post(
            "/v1/namespaces/{id}/webhooks/{webhook_id}/headers",
            "Adds a header to a webhook",
            create,
        ),
        delete(
            "/v1/namespaces/{id}/webhooks/{webhook_id}/headers/{header_id}",
            "Removes a header from a webhook",
            remove,
        ),
    ]
}

/// As Portus' pages asked.
pub fn twins() -> Vec<Operation> {
    vec![
        post(
            "/namespaces/{id}/webhooks/{webhook_id}/headers.json",
            "Adds a header to a webhook",
            create_leniently,
        ),
        delete(
            "/namespaces/{id}/webhooks/{webhook_id}/headers/{header_id}.json",
            "Removes a header from a webhook",
            remove_quietly,
        ),
    ]
}

params! {
    /// A header to be sent along.
    struct NewWebhookHeader in webhook_header {
        /// Unique within the webhook, whatever the case.
        name: String,
        value: String,
    }
}

params! {
    /// The same, where what is not said is empty.
    struct NewWebhookHeaderOfPage in webhook_header {
        /// Unique within the webhook, whatever the case.
        name: Option<String>,
        value: Option<String>,
    }
}

#[derive(Serialize, ToSchema)]
struct WebhookHeader {
    id: i64,
    name: String,
    /// For owners of the team and admins only, since it may be secret.
    value: Option<String>,
    webhook_id: i64,
    created_at: Time,
    updated_at: Time,
}

impl From<HeaderRow> for WebhookHeader {
    fn from(row: HeaderRow) -> Self {
        let it = row.header;
        Self {
            id: it.id,
            name: it.name,
            value: row.value,
            webhook_id: it.webhook_id,
            created_at: Time(it.created_at),
            updated_at: Time(it.updated_at),
        }
    }
}

async fn list(
    call: Call,
    page: Page,
    filters: Filters<Headers>,
) -> ApiResult<Paged<WebhookHeader>> {
    let list = of_webhook(&call).await?;
    let list = filters.narrow(&call.app, list);
    paged(&call, &page, list, WebhookHeader::from).await
}

async fn create(call: Call, new: NewWebhookHeader) -> ApiResult<Created<WebhookHeader>> {
    let (name, value) = (&new.name, &new.value);
    let made = headers::create(&call.app, &call.actor, ids(&call)?, name, value).await?;
    let list = of_webhook(&call).await?;
    created(WebhookHeader::from(list.shown(&call.app, made)))
}

async fn remove(call: Call) -> ApiResult<NoContent> {
    let header = call.strict_id("header_id")?;
    headers::delete(&call.app, &call.actor, ids(&call)?, header).await?;
    no_content()
}

async fn create_leniently(
    call: Call,
    new: NewWebhookHeaderOfPage,
) -> ApiResult<Created<WebhookHeader>> {
    let new = NewWebhookHeader {
        name: new.name.unwrap_or_default(),
        value: new.value.unwrap_or_default(),
    };
    create(call, new).await
}

async fn remove_quietly(call: Call) -> ApiResult<Done> {
    remove(call).await.map(|_| Done)
}

async fn of_webhook(call: &Call) -> ApiResult<Headers> {
    let (webhook, namespace) = of_path(call).await?;
    let viewer = call.viewer().await?;
    let standing = viewer.standing_in(&namespace);
    Ok(Headers {
        webhook_id: webhook.id,
        readable: policy::webhooks::read_headers(standing).granted,
    })
}
