//! Where the news of a namespace is sent.

mod deliveries;
mod headers;

use serde::Serialize;
use utoipa::ToSchema;

use super::{
    operation::{Noun, Operation, delete, get, noun, post, put},
    presented::{Dressed, WebhookExtras, one, presented},
    reply::{Created, NoContent, Paged, Shown},
    respond::{Time, created, no_content, ok, paged},
};
use crate::{
    actions::webhooks::{self, WebhookFields},
    entities::{ContentType, RequestMethod, namespace, webhook},
    queries::webhooks::{Row, Webhooks, namespace as visible_namespace, show as visible, shown},
    web::{
        error::ApiResult,
        extract::{caller::Call, declare::params, filters::Filters, page::Page},
    },
};

pub fn operations() -> Noun {
    let own = vec![
        get(
            "/v1/namespaces/{id}/webhooks",
            "Lists a namespace's webhooks, for members of its team",
            list,
        ),
        post("/v1/namespaces/{id}/webhooks", "Makes a webhook", create),
        get(
            "/v1/namespaces/{id}/webhooks/{webhook_id}",
            "Shows a webhook",
            show_one,
        ),
        put(
            "/v1/namespaces/{id}/webhooks/{webhook_id}",
            "Changes a webhook",
            update,
        ),
        put(
            "/v1/namespaces/{id}/webhooks/{webhook_id}/toggle_enabled",
            "Switches a webhook on if it is off, and off if it is on",
            toggle,
        ),
        delete(
            "/v1/namespaces/{id}/webhooks/{webhook_id}",
            "Removes a webhook with its headers and deliveries",
            remove,
        ),
    ];
    let all = own
        .into_iter()
        .chain(headers::operations())
        .chain(deliveries::operations());
    noun(
        "webhooks",
        "Where the news of a namespace is sent.",
        all.map(Operation::ours).collect(),
    )
}

/// As Portus' pages asked.
pub fn twins() -> Vec<Operation> {
    let own = vec![
        post("/namespaces/{id}/webhooks.json", "Makes a webhook", create),
        put(
            "/namespaces/{id}/webhooks/{webhook_id}.json",
            "Changes a webhook",
            update,
        ),
        put(
            "/namespaces/{id}/webhooks/{webhook_id}/toggle_enabled.json",
            "Switches a webhook on if it is off, and off if it is on",
            toggle,
        ),
        delete(
            "/namespaces/{id}/webhooks/{webhook_id}.json",
            "Removes a webhook with its headers and deliveries",
            remove,
        ),
    ];
    let all = own.into_iter().chain(headers::twins());
    all.chain(deliveries::twins()).collect()
}

params! {
    /// What is said of a webhook; what is not said stays, or is the default of a new one.
    struct WebhookParams in webhook {
        /// The host of the URL unless given.
        name: Option<String>,
        /// `http` or `https`; without a scheme it is `http`.
        url: Option<String>,
        /// `GET` unless given.
        request_method: Option<String> = ["GET", "POST"],
        /// `application/json` unless given.
        content_type: Option<String> = ["application/json", "application/x-www-form-urlencoded"],
        /// For basic authentication; empty for none.
        username: Option<String>,
        /// For basic authentication; empty for none. It is never told again.
        password: Option<String>,
        /// Signs what is sent; empty for none. It is never told again.
        secret: Option<String>,
        /// Send bare JSON as a form too, as Portus 2.x did, and not in a field `payload`.
        raw_body: Option<bool>,
        /// Off unless given.
        enabled: Option<bool>,
    }
}

impl From<WebhookParams> for WebhookFields {
    fn from(params: WebhookParams) -> Self {
        Self {
            name: params.name,
            url: params.url,
            request_method: params.request_method,
            content_type: params.content_type,
            username: params.username,
            password: params.password,
            secret: params.secret,
            raw_body: params.raw_body,
            enabled: params.enabled,
        }
    }
}

#[derive(Serialize, ToSchema)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a field that clients know"
)]
struct Webhook {
    id: i64,
    name: String,
    enabled: bool,
    namespace_id: i64,
    created_at: Time,
    updated_at: Time,
    username: Option<String>,
    /// Always null: it is never told again.
    #[schema(value_type = Option<String>)]
    password: Option<()>,
    password_set: bool,
    secret_set: bool,
    /// Something secret was stored under another key base: enter password, secret and headers again.
    secrets_lost: bool,
    url: String,
    #[schema(value_type = String)]
    request_method: RequestMethod,
    #[schema(value_type = String)]
    content_type: ContentType,
    raw_body: bool,
}

impl From<Row> for Webhook {
    fn from(row: Row) -> Self {
        let it = row.webhook;
        Self {
            id: it.id,
            name: it.name,
            enabled: it.enabled,
            namespace_id: it.namespace_id,
            created_at: Time(it.created_at),
            updated_at: Time(it.updated_at),
            username: it.username,
            password: None,
            password_set: it.password_sealed.is_some(),
            secret_set: it.secret_sealed.is_some(),
            secrets_lost: row.secrets_lost,
            url: it.url,
            request_method: it.request_method,
            content_type: it.content_type,
            raw_body: it.raw_body,
        }
    }
}

type PresentedWebhook = Dressed<Webhook, WebhookExtras>;

async fn in_full(call: &Call, row: webhook::Model) -> ApiResult<PresentedWebhook> {
    one::<Webhooks, _, _>(call, shown(&call.app, row).await?).await
}

async fn list(
    call: Call,
    page: Page,
    filters: Filters<Webhooks>,
) -> ApiResult<Paged<PresentedWebhook>> {
    let viewer = call.viewer().await?;
    let namespace = visible_namespace(&call.app, &viewer, call.strict_id("id")?).await?;
    let list = Webhooks {
        namespace_id: namespace.id,
    };
    let list = filters.narrow(&call.app, presented(&call, list).await?);
    paged(&call, &page, list, Dressed::from).await
}

async fn create(call: Call, params: WebhookParams) -> ApiResult<Created<PresentedWebhook>> {
    let namespace = call.strict_id("id")?;
    let made = webhooks::create(&call.app, &call.actor, namespace, params.into()).await?;
    created(in_full(&call, made).await?)
}

async fn show_one(call: Call) -> ApiResult<Shown<PresentedWebhook>> {
    let (row, _) = of_path(&call).await?;
    ok(in_full(&call, row).await?)
}

async fn update(call: Call, params: WebhookParams) -> ApiResult<Shown<PresentedWebhook>> {
    let row = webhooks::update(&call.app, &call.actor, ids(&call)?, params.into()).await?;
    ok(in_full(&call, row).await?)
}

async fn toggle(call: Call) -> ApiResult<Shown<PresentedWebhook>> {
    let row = webhooks::toggle_enabled(&call.app, &call.actor, ids(&call)?).await?;
    ok(in_full(&call, row).await?)
}

async fn remove(call: Call) -> ApiResult<NoContent> {
    webhooks::delete(&call.app, &call.actor, ids(&call)?).await?;
    no_content()
}

/// The namespace and the webhook that the path names.
fn ids(call: &Call) -> ApiResult<(i64, i64)> {
    Ok((call.strict_id("id")?, call.strict_id("webhook_id")?))
}

/// The webhook that the path names, if the caller may see it.
async fn of_path(call: &Call) -> ApiResult<(webhook::Model, namespace::Model)> {
    let (namespace_id, id) = ids(call)?;
    let viewer = call.viewer().await?;
    Ok(visible(&call.app, &viewer, namespace_id, id).await?)
}
