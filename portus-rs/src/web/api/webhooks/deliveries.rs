//! What a webhook has sent and is still to send.

use serde::Serialize;
use utoipa::ToSchema;

use super::{ids, of_path};
use crate::{
    actions::webhooks::{deliveries, testing},
    entities::{DeliveryState, webhook_delivery},
    queries::webhooks::{Deliveries, delivery},
    web::{
        api::{
            operation::{Operation, get, post, put},
            reply::{Created, Paged, Shown},
            respond::{Time, created, ok, paged},
        },
        error::ApiResult,
        extract::{caller::Call, declare::params, filters::Filters, page::Page},
    },
};

pub fn operations() -> Vec<Operation> {
    vec![
        get(
            "/v1/namespaces/{id}/webhooks/{webhook_id}/deliveries",
            "Lists what a webhook has sent",
            list,
        ),
        get(
            "/v1/namespaces/{id}/webhooks/{webhook_id}/deliveries/{delivery_id}",
            "Shows what a webhook has sent and what came back",
            show,
        ),
        put(
            "/v1/namespaces/{id}/webhooks/{webhook_id}/deliveries/{delivery_id}",
            "Sends a delivery again",
            retrigger,
        )
        .about("The answer is the new delivery, which is sent soon after."),
        post(
            "/v1/namespaces/{id}/webhooks/{webhook_id}/test",
            "Sends a push that never was, to try a webhook",
            test,
        )
        .about(
            "It goes the way of all deliveries, says `\"test\": true` in its body and carries the header \
             `X-Portus-Test: true`. The answer is the delivery, which is sent soon after.",
        ),
    ]
}

/// As Portus' pages asked.
pub fn twins() -> Vec<Operation> {
    vec![put(
        "/namespaces/{id}/webhooks/{webhook_id}/deliveries/{delivery_id}.json",
        "Sends a delivery again",
        retrigger,
    )]
}

params! {
    /// How a delivery is to be sent again.
    struct Retrigger {
        /// Also for a webhook that is switched off.
        confirm: bool,
    }
}

params! {
    /// How a webhook is to be tried.
    struct Trial {
        /// Also for a webhook that is switched off.
        confirm: bool,
    }
}

#[derive(Serialize, ToSchema)]
struct WebhookDelivery {
    id: i64,
    uuid: String,
    webhook_id: i64,
    created_at: Time,
    updated_at: Time,
    /// HTTP status of the last answer; 0 without one.
    status: i16,
    request_body: String,
    request_header: Option<String>,
    response_body: Option<String>,
    response_header: Option<String>,
    /// `push` or `delete`.
    event: String,
    /// `queued`, `sending`, `delivered` or `failed`.
    #[schema(value_type = String)]
    state: DeliveryState,
    attempts: i16,
    /// While it is queued.
    next_attempt_at: Option<Time>,
    /// Why the last attempt got no answer.
    last_error: Option<String>,
    /// The delivery that this one repeats.
    retrigger_of: Option<i64>,
    /// Whether it only tries the webhook.
    test: bool,
}

impl From<webhook_delivery::Model> for WebhookDelivery {
    fn from(row: webhook_delivery::Model) -> Self {
        Self {
            id: row.id,
            uuid: row.uuid,
            webhook_id: row.webhook_id,
            created_at: Time(row.created_at),
            updated_at: Time(row.updated_at),
            status: row.status,
            request_body: row.request_body,
            request_header: row.request_header,
            response_body: row.response_body,
            response_header: row.response_header,
            event: row.event,
            state: row.state,
            attempts: row.attempts,
            next_attempt_at: (row.state == DeliveryState::Queued)
                .then_some(Time(row.next_attempt_at)),
            last_error: row.last_error,
            retrigger_of: row.retrigger_of,
            test: row.test,
        }
    }
}

async fn list(
    call: Call,
    page: Page,
    filters: Filters<Deliveries>,
) -> ApiResult<Paged<WebhookDelivery>> {
    let (webhook, _) = of_path(&call).await?;
    let list = Deliveries {
        webhook_id: webhook.id,
    };
    let list = filters.narrow(&call.app, list);
    paged(&call, &page, list, WebhookDelivery::from).await
}

async fn show(call: Call) -> ApiResult<Shown<WebhookDelivery>> {
    let id = call.strict_id("delivery_id")?;
    let (webhook, _) = of_path(&call).await?;
    ok(delivery(&call.app, webhook.id, id).await?.into())
}

async fn retrigger(call: Call, how: Retrigger) -> ApiResult<Shown<WebhookDelivery>> {
    let id = call.strict_id("delivery_id")?;
    let again = deliveries::retrigger(&call.app, &call.actor, ids(&call)?, id, how.confirm).await?;
    ok(again.into())
}

async fn test(call: Call, how: Trial) -> ApiResult<Created<WebhookDelivery>> {
    let made = testing::send(&call.app, &call.actor, ids(&call)?, how.confirm).await?;
    created(made.into())
}
