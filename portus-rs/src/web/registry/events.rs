//! `POST /v2/webhooks/events`: what registries notify about goes into the inbox, nothing more.
//!
//! A registry repeats what is not answered 2xx for ever and sends nothing else meanwhile. So whatever a proven
//! registry sends is answered 202; 401 is for whom proves nothing, 503 for a database that is away.

mod sender;

use std::sync::Arc;

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    post,
    web::{Data, Payload},
};
use futures_util::StreamExt as _;

use self::sender::{Sender, owner};
use super::hosts;
use crate::{
    actions::inbox,
    app::App,
    entities::registry,
    error::Result,
    identity::actor::PORTUS,
    intake::Refusal,
    protocol::event::{Deleted, Event, EventAction, EventKind, EventReader, Malformed},
    web::extract::client,
};

/// Largest envelope taken without a secret, in bytes.
const UNPROVEN_BODY: usize = 1024 * 1024;
/// Events of one envelope are stored in parts of about this size, so that memory stays bounded.
const PART: usize = 256;
const PART_BYTES: usize = 1024 * 1024;
/// Our own requests to registries carry this before the version.
const OUR_AGENT: &str = "portus-rs/";

#[post("/v2/webhooks/events")]
pub async fn receive(app: Data<App>, request: HttpRequest, body: Payload) -> HttpResponse {
    let app = app.into_inner();
    match take(&app, &request, body).await {
        Ok(status) => HttpResponse::build(status).finish(),
        Err(error) => {
            tracing::error!(
                "events could not be stored, the registry will send them again: {error}"
            );
            HttpResponse::ServiceUnavailable().finish()
        }
    }
}

async fn take(app: &Arc<App>, request: &HttpRequest, body: Payload) -> Result<StatusCode> {
    let address = client::address(request, &app.config.listener.trusted_proxies);
    let facts = app.present.facts().await?;
    let registries = facts.all_registries().await?;
    let sender = Sender::of(request, &registries);
    if !matches!(sender, Sender::Proven(_)) && app.inbox.is_tiresome(address) {
        tracing::debug!(client.address = %address, "too many deliveries without a valid secret");
        return Ok(StatusCode::TOO_MANY_REQUESTS);
    }
    match sender {
        Sender::Proven(registry) => {
            let complete = read_proven(app, &registry, body).await?;
            if complete && !registry.events_enforced {
                inbox::enforce(app, registry.id).await?;
            }
            Ok(StatusCode::ACCEPTED)
        }
        Sender::Wrong => {
            app.inbox
                .note_refusal(Some(address), Refusal::WrongSecret, 1);
            tracing::warn!(
                client.address = %address,
                "events with a wrong secret were refused: give the registry the Authorization header that `portus-rs registry-config` prints"
            );
            Ok(StatusCode::UNAUTHORIZED)
        }
        Sender::Unproven => {
            let delivery = Unproven {
                app,
                registries: &registries,
                address,
            };
            delivery.read(body).await
        }
    }
}

/// Reads an envelope of any size in parts. Returns whether it arrived whole: a cut one comes again.
async fn read_proven(
    app: &Arc<App>,
    registry: &registry::Model,
    mut body: Payload,
) -> Result<bool> {
    let mut reader = EventReader::new();
    let mut part = Vec::new();
    let mut bytes = 0;
    let mut malformed = Vec::new();
    while let Some(chunk) = body.next().await {
        let Ok(chunk) = chunk else {
            tracing::warn!(registry.name, "the registry hung up within an envelope");
            return Ok(false);
        };
        for item in reader.feed(&chunk) {
            sort(item, &mut part, &mut bytes, &mut malformed);
        }
        if part.len() >= PART || bytes >= PART_BYTES {
            bytes = 0;
            store(app, registry, std::mem::take(&mut part)).await?;
        }
    }
    if let Some(item) = reader.finish() {
        sort(item, &mut part, &mut bytes, &mut malformed);
    }
    report(app, None, &registry.name, &malformed);
    store(app, registry, part).await?;
    Ok(true)
}

fn sort(
    item: Result<Event, Malformed>,
    events: &mut Vec<Event>,
    bytes: &mut usize,
    malformed: &mut Vec<Malformed>,
) {
    match item {
        Ok(event) => {
            *bytes += event.raw.len();
            events.push(event);
        }
        // One of a kind tells as much as millions.
        Err(fault) if malformed.len() < PART => malformed.push(fault),
        Err(_) => {}
    }
}

fn report(app: &App, address: Option<std::net::IpAddr>, sender: &str, malformed: &[Malformed]) {
    let Some(first) = malformed.first() else {
        return;
    };
    let count = malformed.len() as u64;
    app.inbox.note_refusal(address, Refusal::Malformed, count);
    tracing::warn!(count, "Wrong format for event from {sender}: {first}");
}

/// Keeps what has a meaning for us.
async fn store(app: &Arc<App>, registry: &registry::Model, events: Vec<Event>) -> Result<()> {
    let all = events.len();
    let events: Vec<Event> = events.into_iter().filter(is_wanted).collect();
    app.inbox.note_ignored((all - events.len()) as u64);
    for host in events.iter().filter_map(|it| it.request.host.as_deref()) {
        if !hosts::names(registry, host) && app.inbox.is_new_host(registry.id, host) {
            tracing::warn!(
                registry.name,
                host,
                "the registry is reached under a name that is neither its hostname nor its external hostname"
            );
        }
    }
    let sent = events.len() as u64;
    let new = inbox::take_in(app, registry.id, events).await?;
    app.inbox.note_stored(new, sent);
    Ok(())
}

/// Pushes, pulls and deletes of manifests; not blobs, not what we have read ourselves.
fn is_wanted(event: &Event) -> bool {
    let own = event.action == EventAction::Pull
        && (event.actor.as_deref() == Some(PORTUS)
            || event
                .request
                .useragent
                .as_deref()
                .is_some_and(|agent| agent.starts_with(OUR_AGENT)));
    if own {
        return false;
    }
    match event.kind() {
        EventKind::ManifestPushed { .. }
        | EventKind::ManifestPulled { .. }
        | EventKind::Deleted(Deleted::Tag(_) | Deleted::Digest(_)) => true,
        EventKind::Deleted(Deleted::Repository) | EventKind::Mounted | EventKind::Blob => false,
        EventKind::Ignored(reason) => {
            tracing::debug!(
                registry.event = event.id,
                repository.name = event.target.repository,
                "Unsupported '{}' event: {reason}",
                event.action.as_str()
            );
            false
        }
    }
}

/// A delivery without a secret.
struct Unproven<'a> {
    app: &'a Arc<App>,
    registries: &'a [Arc<registry::Model>],
    address: std::net::IpAddr,
}

impl Unproven<'_> {
    async fn read(&self, mut body: Payload) -> Result<StatusCode> {
        let mut reader = EventReader::new();
        let (mut events, mut malformed) = (Vec::new(), Vec::new());
        let (mut bytes, mut kept) = (0, 0);
        while let Some(chunk) = body.next().await {
            let Ok(chunk) = chunk else {
                return Ok(StatusCode::BAD_REQUEST);
            };
            bytes += chunk.len();
            if bytes > UNPROVEN_BODY {
                self.app
                    .inbox
                    .note_refusal(Some(self.address), Refusal::TooLarge, 1);
                return Ok(StatusCode::PAYLOAD_TOO_LARGE);
            }
            for item in reader.feed(&chunk) {
                sort(item, &mut events, &mut kept, &mut malformed);
            }
        }
        if let Some(item) = reader.finish() {
            sort(item, &mut events, &mut kept, &mut malformed);
        }
        let sender = self.address.to_string();
        report(self.app, Some(self.address), &sender, &malformed);
        let mut known: Vec<(&Arc<registry::Model>, Vec<Event>)> = Vec::new();
        for event in events {
            let Some(registry) = owner(self.registries, &event) else {
                self.turn_away(&event);
                continue;
            };
            if registry.events_enforced {
                return Ok(self.demand_secret(registry));
            }
            match known.iter_mut().find(|(it, _)| it.id == registry.id) {
                Some((_, events)) => events.push(event),
                None => known.push((registry, vec![event])),
            }
        }
        for (registry, events) in known {
            store(self.app, registry, events).await?;
        }
        Ok(StatusCode::ACCEPTED)
    }

    fn turn_away(&self, event: &Event) {
        let inbox = &self.app.inbox;
        inbox.note_refusal(Some(self.address), Refusal::UnknownHost, 1);
        let host = event.request.host.as_deref().unwrap_or("(none)");
        let now = self.app.clock.now();
        if inbox.note_stranger(host, &self.address.to_string(), 1, now) {
            tracing::warn!(
                client.address = %self.address,
                "Ignoring event coming from unknown registry {host}"
            );
        }
    }

    fn demand_secret(&self, registry: &registry::Model) -> StatusCode {
        self.app
            .inbox
            .note_refusal(Some(self.address), Refusal::WrongSecret, 1);
        tracing::warn!(
            client.address = %self.address,
            registry.name,
            "events without the registry's secret were refused: give the registry the Authorization header that `portus-rs registry-config` prints"
        );
        StatusCode::UNAUTHORIZED
    }
}
