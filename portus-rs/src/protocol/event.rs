//! What registries notify: envelopes taken apart, and each event's meaning for us.
//!
//! A registry repeats a refused envelope for ever, so nothing here fails: what cannot be read
//! becomes a [`Malformed`] that is counted, and the rest is kept.

mod splitter;

pub use splitter::{EventReader, MAX_EVENT, MAX_EVENTS};

use super::digest::{Digest, hex};
use super::image_name::{ImageName, is_tag};
use chrono::{DateTime, NaiveDateTime};
use serde_json::Value;

/// What a registry says was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventAction {
    /// A manifest or blob was written.
    Push,
    /// A manifest or blob was read.
    Pull,
    /// A manifest, tag or blob was deleted.
    Delete,
    /// A blob was taken over from another repository.
    Mount,
    /// A word we do not know.
    Other,
}

impl EventAction {
    fn parse(text: &str) -> Self {
        match text {
            "push" => Self::Push,
            "pull" => Self::Pull,
            "delete" => Self::Delete,
            "mount" => Self::Mount,
            _ => Self::Other,
        }
    }

    /// The word on the wire; "other" for what we do not know.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Push => "push",
            Self::Pull => "pull",
            Self::Delete => "delete",
            Self::Mount => "mount",
            Self::Other => "other",
        }
    }
}

/// What the event is about. Absent, empty and zero fields are alike.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Target {
    /// Of the manifest; `application/octet-stream` for blobs; `None` in deletes.
    pub media_type: Option<String>,
    /// As written; may be malformed.
    pub digest: Option<String>,
    /// Bytes of the manifest or blob itself, not of the image.
    pub size: Option<i64>,
    /// Full name, as written.
    pub repository: String,
    /// Only where the request named one.
    pub tag: Option<String>,
    /// The manifest's URL by digest; may be relative.
    pub url: Option<String>,
    /// Mounts only: where the blob came from.
    pub from_repository: Option<String>,
    /// Media type of the first reference, a manifest's config, where references are switched on.
    pub config_media_type: Option<String>,
}

/// The HTTP request that caused the event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The same for all events of one request.
    pub id: Option<String>,
    /// The client's address, often with a port.
    pub addr: Option<String>,
    /// The `Host` header as the registry got it.
    pub host: Option<String>,
    /// `GET`, `HEAD`, `PUT`, …
    pub method: Option<String>,
    /// The client's user agent.
    pub useragent: Option<String>,
}

/// The registry process that sent the event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Source {
    /// Host name and port.
    pub addr: Option<String>,
    /// New at each start of the process.
    pub instance_id: Option<String>,
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The registry's id, the same in every retry; derived from the content where it is missing.
    pub id: String,
    /// UTC, in microseconds; `None` if missing or unreadable.
    pub timestamp: Option<NaiveDateTime>,
    /// What was done.
    pub action: EventAction,
    /// To what.
    pub target: Target,
    /// By which request.
    pub request: Request,
    /// By whom; `None` for nobody.
    pub actor: Option<String>,
    /// At which registry process.
    pub source: Source,
    /// The event as JSON, without unknown fields and references but the first; at most [`MAX_EVENT`] bytes.
    pub raw: String,
}

/// Something in an envelope that is no event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Malformed {
    /// Not JSON, or cut short.
    #[error("the envelope is not JSON")]
    NotJson,
    /// JSON without a list of events.
    #[error("the envelope has no list of events")]
    NoEvents,
    /// Something else stood in the list.
    #[error("an event is not an object")]
    NotAnObject,
    /// An event about nothing.
    #[error("an event's target is not an object")]
    NoTarget,
    /// The part of the event that we need is larger than [`MAX_EVENT`].
    #[error("an event is too large")]
    TooLarge,
    /// More than [`MAX_EVENTS`] in one envelope; those beyond are not looked at.
    #[error("the envelope has too many events")]
    TooMany,
}

/// What an event means to us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventKind {
    /// A manifest was written, under a tag or by digest alone.
    ManifestPushed {
        /// Absent for children of an index and for artifacts.
        tag: Option<String>,
        /// Of the manifest.
        digest: Digest,
    },
    /// A manifest was read.
    ManifestPulled {
        /// Absent where the client asked by digest.
        tag: Option<String>,
        /// Of the manifest.
        digest: Digest,
    },
    /// Something was deleted.
    Deleted(Deleted),
    /// A blob was taken over from another repository.
    Mounted,
    /// A blob was written or read.
    Blob,
    /// Nothing to do, and why.
    Ignored(&'static str),
}

/// What was deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deleted {
    /// That tag only.
    Tag(String),
    /// A manifest with all its tags, or a blob: only our own rows can tell.
    Digest(Digest),
    /// The repository; no registry's API leads there today.
    Repository,
}

/// Reads a whole envelope: its events, and what in it was none.
///
/// For bodies that arrive in pieces or may be huge, feed an [`EventReader`] instead.
pub fn parse(envelope: &[u8]) -> (Vec<Event>, Vec<Malformed>) {
    let mut reader = EventReader::new();
    let mut found = reader.feed(envelope);
    found.extend(reader.finish());
    let (mut events, mut malformed) = (Vec::new(), Vec::new());
    for item in found {
        match item {
            Ok(event) => events.push(event),
            Err(fault) => malformed.push(fault),
        }
    }
    (events, malformed)
}

impl Event {
    /// Reads one event's JSON object.
    pub fn parse(json: &[u8]) -> Result<Self, Malformed> {
        let raw = String::from_utf8_lossy(json).into_owned();
        let value: Value = serde_json::from_str(&raw).map_err(|_| Malformed::NotJson)?;
        if !value.is_object() {
            return Err(Malformed::NotAnObject);
        }
        let target = value.get("target").filter(|target| target.is_object());
        let target = read_target(target.ok_or(Malformed::NoTarget)?);
        let word = text(&value, "action").unwrap_or_default();
        let time = text(&value, "timestamp").unwrap_or_default();
        let part = |name: &str| value.get(name).unwrap_or(&Value::Null);
        let request = part("request");
        let source = part("source");
        let id = text(&value, "id").filter(|id| id.len() <= 255);
        Ok(Self {
            id: id.unwrap_or_else(|| derived_id(&time, &word, &target)),
            timestamp: moment(&time),
            action: EventAction::parse(&word),
            request: Request {
                id: text(request, "id"),
                addr: text(request, "addr"),
                host: text(request, "host"),
                method: text(request, "method"),
                useragent: text(request, "useragent"),
            },
            actor: text(part("actor"), "name"),
            source: Source {
                addr: text(source, "addr"),
                instance_id: text(source, "instanceID"),
            },
            target,
            raw,
        })
    }

    /// What the event means; says nothing about whether its repository is known.
    pub fn kind(&self) -> EventKind {
        use EventKind::Ignored;
        if self.action == EventAction::Other {
            return Ignored("unknown action");
        }
        if ImageName::parse(&self.target.repository).is_err() {
            return Ignored("missing or invalid repository name");
        }
        let tag = self.target.tag.clone();
        if tag.as_deref().is_some_and(|tag| !is_tag(tag)) {
            return Ignored("invalid tag");
        }
        let digest = match self.target.digest.as_deref().map(Digest::parse) {
            Some(Ok(digest)) => Some(digest),
            Some(Err(_)) => return Ignored("invalid digest"),
            None => None,
        };
        match (self.action, tag, digest) {
            (EventAction::Mount, ..) => EventKind::Mounted,
            (EventAction::Delete, Some(tag), _) => EventKind::Deleted(Deleted::Tag(tag)),
            (EventAction::Delete, None, Some(digest)) => {
                EventKind::Deleted(Deleted::Digest(digest))
            }
            (EventAction::Delete, None, None) => EventKind::Deleted(Deleted::Repository),
            (action, tag, digest) => match (self.target.media_type.as_deref(), digest) {
                (None, _) => Ignored("no media type"),
                (Some("application/octet-stream"), _) => EventKind::Blob,
                (Some(_), None) => Ignored("no digest"),
                (Some(_), Some(digest)) if action == EventAction::Push => {
                    EventKind::ManifestPushed { tag, digest }
                }
                (Some(_), Some(digest)) => EventKind::ManifestPulled { tag, digest },
            },
        }
    }
}

fn read_target(target: &Value) -> Target {
    let first = target
        .get("references")
        .and_then(|references| references.get(0));
    Target {
        media_type: text(target, "mediaType"),
        digest: text(target, "digest"),
        size: ["size", "length"]
            .iter()
            .find_map(|name| size(target.get(name)?)),
        repository: text(target, "repository").unwrap_or_default(),
        tag: text(target, "tag"),
        url: text(target, "url"),
        from_repository: text(target, "fromRepository"),
        config_media_type: first.and_then(|first| text(first, "mediaType")),
    }
}

/// A non-empty string without NUL, which `PostgreSQL` does not store.
fn text(object: &Value, name: &str) -> Option<String> {
    let text = object.get(name)?.as_str().filter(|text| !text.is_empty())?;
    Some(text.replace('\0', "\u{FFFD}"))
}

fn size(value: &Value) -> Option<i64> {
    let size = value.as_i64().or_else(|| value.as_u64().map(|_| i64::MAX));
    size.filter(|size| *size > 0)
}

/// UTC in microseconds; Go's zero time and anything else before 1970 count as missing.
fn moment(text: &str) -> Option<NaiveDateTime> {
    let micros = DateTime::parse_from_rfc3339(text).ok()?.timestamp_micros();
    let moment = DateTime::from_timestamp_micros(micros).filter(|_| micros >= 0)?;
    Some(moment.naive_utc())
}

fn derived_id(time: &str, action: &str, target: &Target) -> String {
    let tag = target.tag.as_deref().unwrap_or_default();
    let digest = target.digest.as_deref().unwrap_or_default();
    let content = [time, action, &target.repository, tag, digest].join("\n");
    hex(&openssl::sha::sha256(content.as_bytes()))
}

#[cfg(test)]
mod tests;
