//! Notifications of registries that were given up, and giving them another try. For admins.

use serde::Serialize;
use utoipa::ToSchema;

use super::{
    operation::{Noun, get, noun, post},
    reply::{Answered, Paged},
    respond::{Time, paged},
    sync::RegistryName,
};
use crate::{
    actions::inbox,
    queries::dead_events::{DeadEvents, Row},
    web::{
        error::ApiResult,
        extract::{caller::Admin, filters::Filters, page::Page},
    },
};

pub fn operations() -> Noun {
    noun(
        "events",
        "Notifications of registries that could not be applied, for admins.",
        vec![
            get(
                "/v1/events/dead",
                "Lists notifications that were given up, the oldest first",
                dead,
            )
            .ours(),
            post(
                "/v1/events/dead/replay",
                "Puts all that were given up back to be applied",
                replay_all,
            )
            .ours(),
            post(
                "/v1/events/{id}/replay",
                "Puts one that was given up back to be applied",
                replay,
            )
            .ours(),
        ],
    )
}

#[derive(Serialize, ToSchema)]
struct DeadEvent {
    id: i64,
    registry: RegistryName,
    /// The registry's own name for it.
    event_id: String,
    action: String,
    repository: String,
    /// The host that the registry's client had asked.
    host: Option<String>,
    attempts: i16,
    /// What went wrong the last time.
    error: Option<String>,
    received_at: Time,
    updated_at: Time,
}

impl From<Row> for DeadEvent {
    fn from(row: Row) -> Self {
        let host = row.host();
        let Row { event, registry } = row;
        Self {
            id: event.id,
            registry: RegistryName::from(registry),
            event_id: event.event_id,
            action: event.action,
            repository: event.repository,
            host,
            attempts: event.attempts,
            error: event.last_error,
            received_at: Time(event.created_at),
            updated_at: Time(event.updated_at),
        }
    }
}

#[derive(Serialize, ToSchema)]
struct Replayed {
    /// How many were put back.
    replayed: u64,
}

async fn dead(
    call: Admin,
    page: Page,
    filters: Filters<DeadEvents>,
) -> ApiResult<Paged<DeadEvent>> {
    let list = filters.narrow(&call.app, DeadEvents);
    paged(&call, &page, list, DeadEvent::from).await
}

async fn replay(call: Admin) -> ApiResult<Answered<202, Replayed>> {
    inbox::replay(&call.app, &call.actor, call.id("id")?).await?;
    Ok(Answered(Replayed { replayed: 1 }))
}

async fn replay_all(call: Admin) -> ApiResult<Answered<202, Replayed>> {
    let replayed = inbox::replay_all(&call.app, &call.actor).await?;
    Ok(Answered(Replayed { replayed }))
}
