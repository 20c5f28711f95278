//! What a client asks of the token endpoint, and the `access` entries it is answered with.
//!
//! Only the language is here; who may do what is decided in `policy`.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Scopes read from one request; later ones are dropped so that tokens fit into proxies' headers.
pub const MAX_SCOPES: usize = 30;
/// Different actions read from one scope.
pub const MAX_ACTIONS: usize = 16;
/// Longest scope taken seriously, in bytes: a name has at most 255.
const MAX_SCOPE_LENGTH: usize = 1024;

/// Something done to a repository or to the registry.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Action {
    /// Reading manifests, blobs and the list of tags.
    Pull,
    /// Writing manifests and blobs.
    Push,
    /// Deleting manifests, tags and blobs.
    Delete,
    /// `*`: registries read it as every action there is.
    All,
    /// `search`, asked for the catalog by `docker search`.
    Search,
    /// Anything else; grants nothing.
    Other(String),
}

impl Action {
    /// The word on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Pull => "pull",
            Self::Push => "push",
            Self::Delete => "delete",
            Self::All => "*",
            Self::Search => "search",
            Self::Other(word) => word,
        }
    }
}

impl From<&str> for Action {
    fn from(word: &str) -> Self {
        match word {
            "pull" => Self::Pull,
            "push" => Self::Push,
            "delete" => Self::Delete,
            "*" => Self::All,
            "search" => Self::Search,
            other => Self::Other(other.to_owned()),
        }
    }
}

impl From<String> for Action {
    fn from(word: String) -> Self {
        Self::from(word.as_str())
    }
}

impl From<Action> for String {
    fn from(action: Action) -> Self {
        match action {
            Action::Other(word) => word,
            known => known.as_str().to_owned(),
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What kind of thing a scope names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ScopeKind {
    /// A repository; `class` is `plugin` in `repository(plugin):…`.
    Repository {
        /// The word in parentheses behind the type.
        class: Option<String>,
    },
    /// The registry itself, of which only `catalog` has a name.
    Registry,
}

impl ScopeKind {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "repository" => Some(Self::Repository { class: None }),
            "registry" => Some(Self::Registry),
            _ => {
                let class = text.strip_prefix("repository(")?.strip_suffix(')')?;
                let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
                ((1..=32).contains(&class.len()) && class.bytes().all(plain)).then(|| {
                    Self::Repository {
                        class: Some(class.to_owned()),
                    }
                })
            }
        }
    }
}

/// One scope as asked: `repository:team/app:pull,push`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RequestedScope {
    /// Repository or registry.
    pub kind: ScopeKind,
    /// As written; whether a registry would accept it is not checked here.
    pub name: String,
    /// In the order asked, each once, never empty.
    pub actions: Vec<Action>,
}

impl RequestedScope {
    /// Reads one scope; `None` if it is malformed or of an unknown type.
    ///
    /// The type ends at the first colon and the actions begin behind the last, because a name may
    /// hold a host with its port.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_SCOPE_LENGTH {
            return None;
        }
        let (kind, rest) = text.split_once(':')?;
        let (name, wanted) = rest.rsplit_once(':')?;
        let kind = ScopeKind::parse(kind)?;
        if name.is_empty() || name.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return None;
        }
        let mut actions: Vec<Action> = Vec::new();
        for word in wanted.split(',').filter(|word| !word.is_empty()) {
            let action = Action::from(word);
            if actions.len() < MAX_ACTIONS && !actions.contains(&action) {
                actions.push(action);
            }
        }
        (!actions.is_empty()).then(|| Self {
            kind,
            name: name.to_owned(),
            actions,
        })
    }

    /// Whether the client asked for this very action.
    pub fn wants(&self, action: &Action) -> bool {
        self.actions.contains(action)
    }

    /// The `access` entry that grants `actions` on what this scope names.
    pub fn granted(&self, actions: Vec<Action>) -> Access {
        let (kind, class) = match &self.kind {
            ScopeKind::Repository { class } => (AccessKind::Repository, class.clone()),
            ScopeKind::Registry => (AccessKind::Registry, None),
        };
        Access {
            kind,
            class,
            name: self.name.clone(),
            actions,
        }
    }
}

impl fmt::Display for RequestedScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ScopeKind::Repository { class: None } => f.write_str("repository")?,
            ScopeKind::Repository { class: Some(class) } => write!(f, "repository({class})")?,
            ScopeKind::Registry => f.write_str("registry")?,
        }
        let words: Vec<_> = self.actions.iter().map(Action::as_str).collect();
        write!(f, ":{}:{}", self.name, words.join(","))
    }
}

impl std::str::FromStr for RequestedScope {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text).ok_or(Malformed)
    }
}

/// A scope that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a scope: write TYPE:NAME:ACTION[,ACTION…], for example repository:team/app:pull,push; TYPE is repository, repository(plugin) or registry"
)]
pub struct Malformed;

/// Every scope of one token request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScopeRequest {
    /// The readable ones, as asked.
    pub scopes: Vec<RequestedScope>,
    /// How many were malformed, of an unknown type, or beyond [`MAX_SCOPES`].
    pub dropped: usize,
}

impl ScopeRequest {
    /// Reads the values of every `scope` parameter; each may hold several scopes between spaces.
    pub fn parse<'a>(values: impl IntoIterator<Item = &'a str>) -> Self {
        let mut request = Self::default();
        let items = values.into_iter().flat_map(str::split_ascii_whitespace);
        for (index, item) in items.enumerate() {
            match RequestedScope::parse(item) {
                Some(scope) if index < MAX_SCOPES => request.scopes.push(scope),
                _ => request.dropped += 1,
            }
        }
        request
    }

    /// Whether anything was asked at all, readable or not; if not, the token has no `access` claim.
    pub fn asks_anything(&self) -> bool {
        !self.scopes.is_empty() || self.dropped > 0
    }
}

/// `type` of an `access` entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AccessKind {
    /// A repository.
    Repository,
    /// The registry itself.
    Registry,
}

/// One entry of a token's `access` claim.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Access {
    /// Repository or registry.
    #[serde(rename = "type")]
    pub kind: AccessKind,
    /// `plugin` for plugins; absent otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// Taken literally by registries, without patterns.
    pub name: String,
    /// What the bearer may do.
    pub actions: Vec<Action>,
}

impl Access {
    /// Access to one repository without a class, as the service grants to itself.
    pub fn repository(name: impl Into<String>, actions: impl IntoIterator<Item = Action>) -> Self {
        Self {
            kind: AccessKind::Repository,
            class: None,
            name: name.into(),
            actions: actions.into_iter().collect(),
        }
    }

    /// Access to the registry's catalog.
    pub fn catalog(action: Action) -> Self {
        Self {
            kind: AccessKind::Registry,
            class: None,
            name: "catalog".to_owned(),
            actions: vec![action],
        }
    }
}

/// Unites entries of the same type, class and name, in order of first appearance; entries that
/// grant nothing disappear.
pub fn merge(entries: impl IntoIterator<Item = Access>) -> Vec<Access> {
    let mut merged: Vec<Access> = Vec::new();
    for entry in entries {
        let same = |known: &&mut Access| {
            (known.kind, &known.class, &known.name) == (entry.kind, &entry.class, &entry.name)
        };
        if let Some(known) = merged.iter_mut().find(same) {
            unite(&mut known.actions, entry.actions);
        } else if !entry.actions.is_empty() {
            let mut actions = Vec::new();
            unite(&mut actions, entry.actions);
            merged.push(Access { actions, ..entry });
        }
    }
    merged
}

fn unite(known: &mut Vec<Action>, more: Vec<Action>) {
    for action in more {
        if !known.contains(&action) {
            known.push(action);
        }
    }
}

#[cfg(test)]
mod tests;
