//! Which registry sends: the one whose secret it is, else the one whose name the event carries.

use std::sync::Arc;

use actix_web::{HttpRequest, http::header};
use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::{
    entities::registry, identity::secret, protocol::event::Event, web::registry::hosts::find,
};

/// Longest header looked at, in bytes.
const LONGEST: usize = 1024;

/// Who delivers.
#[derive(Debug)]
pub enum Sender {
    /// The registry whose secret this is.
    Proven(Arc<registry::Model>),
    /// A secret, but nobody's.
    Wrong,
    /// Nothing was presented.
    Unproven,
}

impl Sender {
    /// Compares what was presented with every registry's secret, in the same time whichever it is.
    pub fn of(request: &HttpRequest, registries: &[Arc<registry::Model>]) -> Self {
        let Some(header) = request.headers().get(header::AUTHORIZATION) else {
            return Self::Unproven;
        };
        let Some(presented) = header.to_str().ok().and_then(presented) else {
            return Self::Wrong;
        };
        let fingerprint = secret::fingerprint(&presented);
        let mut found = None;
        for registry in registries {
            let stored = registry.events_secret_sha256.as_deref();
            if stored.is_some_and(|stored| secret::same(stored, &fingerprint)) {
                found = Some(registry);
            }
        }
        found.map_or(Self::Wrong, |it| Self::Proven(Arc::clone(it)))
    }
}

/// The secret of a Bearer header, or the password of a Basic one.
fn presented(header: &str) -> Option<String> {
    if header.len() > LONGEST {
        return None;
    }
    let (scheme, rest) = header.split_once(' ')?;
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(rest.to_owned());
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(rest).ok()?).ok()?;
    decoded
        .split_once(':')
        .map(|(_, password)| password.to_owned())
}

/// The registry that an event without a secret belongs to: by the host its client named, else by the manifest's URL,
/// else by the registry's own address; each first with its port, then without.
pub fn owner<'a>(
    registries: &'a [Arc<registry::Model>],
    event: &Event,
) -> Option<&'a Arc<registry::Model>> {
    let url = event.target.url.as_deref();
    let url = url.and_then(|url| url::Url::parse(url).ok());
    let url = url.as_ref().and_then(|url| {
        let host = url.host_str()?;
        Some(match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        })
    });
    [
        event.request.host.as_deref(),
        url.as_deref(),
        event.source.addr.as_deref(),
    ]
    .into_iter()
    .flatten()
    .find_map(|host| find(registries, host))
}
