//! Notifications of registries that were given up, and giving them another try. For admins.

use actix_web::HttpResponse;
use serde::Serialize;

use super::{
    respond::{Time, paged},
    sync::{RegistryName, registry_id},
};
use crate::{
    actions::inbox,
    queries::dead_events::{DeadEvents, Row},
    web::{error::ApiResult, extract::caller::Call},
};

#[derive(Serialize)]
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

#[derive(Serialize)]
struct Replayed {
    /// How many were put back.
    replayed: u64,
}

pub async fn dead(call: Call) -> ApiResult<HttpResponse> {
    call.admin()?;
    let mut read = call.params.read();
    let registry = read.string("registry");
    read.finish()?;
    let list = DeadEvents {
        registry_id: registry_id(&call, registry.as_deref()).await?,
    };
    paged(&call, list, DeadEvent::from).await
}

pub async fn replay(call: Call) -> ApiResult<HttpResponse> {
    call.admin()?;
    inbox::replay(&call.app, &call.actor, call.id("id")?).await?;
    Ok(HttpResponse::Accepted().json(Replayed { replayed: 1 }))
}

pub async fn replay_all(call: Call) -> ApiResult<HttpResponse> {
    call.admin()?;
    let replayed = inbox::replay_all(&call.app, &call.actor).await?;
    Ok(HttpResponse::Accepted().json(Replayed { replayed }))
}
