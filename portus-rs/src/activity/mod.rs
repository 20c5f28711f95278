//! What the audit log keeps: who did what to which thing. Names stand beside ids, so that history outlives both.
//! Entries stand by noun in the files beside this one.

mod comments;
pub mod csv;
mod namespaces;
mod registries;
mod repositories;
pub mod sentence;
mod sessions;
mod teams;
mod users;
mod vulnerabilities;
mod webhooks;

use sea_orm::ActiveValue::{NotSet, Set};
use serde_json::{Map, Value};

use crate::entities::{activity, namespace};

pub use sessions::{Door, docker_login};
pub use teams::TeamAttribute;
pub use users::TOKEN_USED;

/// What programs do all day, which is looked up when it is asked for and is no news.
pub const ROUTINE: [&str; 3] = [TOKEN_USED, docker_login::USED, docker_login::PASSWORD_USED];

/// Kinds of things that activities are about, as Portus names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    ApplicationToken,
    Comment,
    Namespace,
    Registry,
    Repository,
    Tag,
    Team,
    User,
    Webhook,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ApplicationToken => "ApplicationToken",
            Self::Comment => "Comment",
            Self::Namespace => "Namespace",
            Self::Registry => "Registry",
            Self::Repository => "Repository",
            Self::Tag => "Tag",
            Self::Team => "Team",
            Self::User => "User",
            Self::Webhook => "Webhook",
        }
    }
}

/// One entry before it is written.
#[derive(Clone, Debug)]
pub struct Activity {
    key: &'static str,
    trackable: Option<(Kind, i64)>,
    recipient: Option<(Kind, i64)>,
    registry_id: Option<i64>,
    team_id: Option<i64>,
    namespace: Option<(i64, String, i64)>,
    repository_name: Option<String>,
    tag_name: Option<String>,
    parameters: Map<String, Value>,
    actor: Option<(Option<i64>, String)>,
}

impl Activity {
    fn new(key: &'static str, trackable: Option<(Kind, i64)>) -> Self {
        Self {
            key,
            trackable,
            recipient: None,
            registry_id: None,
            team_id: None,
            namespace: None,
            repository_name: None,
            tag_name: None,
            parameters: Map::new(),
            actor: None,
        }
    }

    fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.parameters.insert(name.to_owned(), value.into());
        self
    }

    fn about(mut self, namespace: &namespace::Model) -> Self {
        self.namespace = Some((
            namespace.id,
            namespace.name.clone(),
            i64::from(namespace.visibility as i16),
        ));
        self.team_id = Some(namespace.team_id);
        self.registry_id = Some(namespace.registry_id);
        self
    }

    /// Attributes the entry to somebody other than the one whose change it is: the pusher an event names.
    #[must_use]
    pub fn by(mut self, id: Option<i64>, name: impl Into<String>) -> Self {
        self.actor = Some((id, name.into()));
        self
    }

    /// What the parameters call a thing, in as many signs as its column holds.
    fn named(&self, thing: Option<(Kind, i64)>) -> Option<String> {
        let parameters: &[&str] = match thing?.0 {
            Kind::ApplicationToken => &["application"],
            Kind::Team => &["team"],
            Kind::User => &["team_user", "username"],
            Kind::Webhook => &["webhook_name"],
            // These have columns of their own.
            Kind::Comment | Kind::Namespace | Kind::Registry | Kind::Repository | Kind::Tag => &[],
        };
        let found = parameters.iter().find_map(|it| self.parameters.get(*it));
        Some(found?.as_str()?.chars().take(255).collect())
    }

    /// The row, attributed to whoever makes the change unless the entry names somebody itself.
    pub(crate) fn into_row(
        self,
        maker: (Option<i64>, &str),
        now: chrono::NaiveDateTime,
    ) -> activity::ActiveModel {
        let trackable_name = self.named(self.trackable);
        let recipient_name = self.named(self.recipient);
        let (actor_id, actor_name) = self.actor.unwrap_or_else(|| (maker.0, maker.1.to_owned()));
        let (namespace_id, namespace_name, visibility) = match self.namespace {
            Some((id, name, visibility)) => (Some(id), Some(name), Some(visibility)),
            None => (None, None, None),
        };
        activity::ActiveModel {
            id: NotSet,
            key: Set(self.key.to_owned()),
            actor_id: Set(actor_id),
            actor_name: Set(actor_name),
            trackable_type: Set(self.trackable.map(|(kind, _)| kind.as_str().to_owned())),
            trackable_id: Set(self.trackable.map(|(_, id)| id)),
            trackable_name: Set(trackable_name),
            recipient_type: Set(self.recipient.map(|(kind, _)| kind.as_str().to_owned())),
            recipient_id: Set(self.recipient.map(|(_, id)| id)),
            recipient_name: Set(recipient_name),
            registry_id: Set(self.registry_id),
            team_id: Set(self.team_id),
            namespace_id: Set(namespace_id),
            namespace_name: Set(namespace_name),
            repository_name: Set(self.repository_name),
            tag_name: Set(self.tag_name),
            visibility: Set(visibility),
            parameters: Set(Value::Object(self.parameters).to_string()),
            created_at: Set(now),
        }
    }
}
