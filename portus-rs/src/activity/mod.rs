//! What the audit log keeps: who did what to which thing. Names stand beside ids, so that history outlives both.

use sea_orm::ActiveValue::{NotSet, Set};
use serde_json::{Map, Value};

use crate::entities::{activity, application_token, namespace, registry, repository, team, user};

/// Kinds of things that activities are about, as Portus names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    ApplicationToken,
    Namespace,
    Registry,
    Repository,
    Tag,
    Team,
    User,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ApplicationToken => "ApplicationToken",
            Self::Namespace => "Namespace",
            Self::Registry => "Registry",
            Self::Repository => "Repository",
            Self::Tag => "Tag",
            Self::Team => "Team",
            Self::User => "User",
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

    // Teams

    pub fn team_created(team: &team::Model) -> Self {
        Self::of_team("team.create", team).with("team", team.name.as_str())
    }

    pub fn member_added(team: &team::Model, member: &user::Model, role: &str) -> Self {
        Self::of_member("team.add_member", team, member, role)
    }

    pub fn member_removed(team: &team::Model, member: &user::Model, role: &str) -> Self {
        Self::of_member("team.remove_member", team, member, role)
    }

    pub fn member_role_changed(
        team: &team::Model,
        member: &user::Model,
        old: &str,
        new: &str,
    ) -> Self {
        Self::of_member("team.change_member_role", team, member, new)
            .with("old_role", old)
            .with("new_role", new)
    }

    /// `attribute` is `name` or `description`.
    pub fn team_changed(
        team: &team::Model,
        attribute: TeamAttribute,
        old: &str,
        new: &str,
    ) -> Self {
        let key = match attribute {
            TeamAttribute::Name => "team.change_team_name",
            TeamAttribute::Description => "team.change_team_description",
        };
        Self::of_team(key, team)
            .with("team", team.name.as_str())
            .with("old", old)
            .with("new", new)
    }

    fn of_team(key: &'static str, team: &team::Model) -> Self {
        let mut it = Self::new(key, Some((Kind::Team, team.id)));
        it.team_id = Some(team.id);
        it
    }

    fn of_member(key: &'static str, team: &team::Model, member: &user::Model, role: &str) -> Self {
        let mut it = Self::of_team(key, team)
            .with("team_user", member.username.as_str())
            .with("team", team.name.as_str())
            .with("role", role);
        it.recipient = Some((Kind::User, member.id));
        it
    }

    // Namespaces

    pub fn namespace_created(namespace: &namespace::Model, team: &str) -> Self {
        Self::new("namespace.create", Some((Kind::Namespace, namespace.id)))
            .with("team", team)
            .about(namespace)
    }

    pub fn namespace_renamed(namespace: &namespace::Model, old: &str) -> Self {
        Self::new(
            "namespace.change_namespace_name",
            Some((Kind::Namespace, namespace.id)),
        )
        .with("old", old)
        .with("new", namespace.name.as_str())
        .about(namespace)
    }

    pub fn namespace_described(namespace: &namespace::Model, old: &str, new: &str) -> Self {
        Self::new(
            "namespace.change_namespace_description",
            Some((Kind::Namespace, namespace.id)),
        )
        .with("old", old)
        .with("new", new)
        .about(namespace)
    }

    pub fn namespace_moved(namespace: &namespace::Model, old: &str, new: &str) -> Self {
        Self::new(
            "namespace.change_team",
            Some((Kind::Namespace, namespace.id)),
        )
        .with("old", old)
        .with("new", new)
        .about(namespace)
    }

    pub fn visibility_changed(namespace: &namespace::Model) -> Self {
        Self::new(
            "namespace.change_visibility",
            Some((Kind::Namespace, namespace.id)),
        )
        .with("visibility", namespace.visibility.as_str())
        .about(namespace)
    }

    // Repositories and tags

    pub fn tag_pushed(
        namespace: &namespace::Model,
        repository: &repository::Model,
        tag: (i64, &str),
    ) -> Self {
        let mut it =
            Self::new("repository.push", Some((Kind::Repository, repository.id))).about(namespace);
        it.recipient = Some((Kind::Tag, tag.0));
        it.repository_name = Some(repository.name.clone());
        it.tag_name = Some(tag.1.to_owned());
        it
    }

    pub fn tag_deleted(
        namespace: &namespace::Model,
        repository: &repository::Model,
        tag: (i64, &str),
    ) -> Self {
        let mut it = Self::tag_pushed(namespace, repository, tag)
            .with("repository_name", repository.name.as_str())
            .with("namespace_id", namespace.id)
            .with("namespace_name", namespace.name.as_str())
            .with("tag_name", tag.1);
        it.key = "repository.delete";
        it
    }

    pub fn repository_deleted(
        namespace: &namespace::Model,
        repository: &repository::Model,
    ) -> Self {
        let mut it = Self::new("namespace.delete", Some((Kind::Namespace, namespace.id)))
            .with("repository_name", repository.name.as_str())
            .with("namespace_id", namespace.id)
            .with("namespace_name", namespace.name.as_str())
            .about(namespace);
        it.recipient = Some((Kind::Repository, repository.id));
        it.repository_name = Some(repository.name.clone());
        it
    }

    pub fn repository_described(
        namespace: &namespace::Model,
        repository: &repository::Model,
        old: &str,
        new: &str,
    ) -> Self {
        let mut it = Self::new(
            "repository:describe",
            Some((Kind::Repository, repository.id)),
        )
        .with("old", old)
        .with("new", new)
        .about(namespace);
        it.repository_name = Some(repository.name.clone());
        it
    }

    // Accounts and the installation

    pub fn user_created(user: &user::Model) -> Self {
        Self::new("user:create", Some((Kind::User, user.id)))
            .with("username", user.username.as_str())
    }

    pub fn user_updated(user: &user::Model, fields: &[&str]) -> Self {
        Self::new("user:update", Some((Kind::User, user.id)))
            .with("username", user.username.as_str())
            .with("fields", fields.to_vec())
    }

    pub fn user_deleted(user: &user::Model) -> Self {
        Self::new("user.delete", Some((Kind::User, user.id)))
            .with("username", user.username.as_str())
    }

    pub fn passwords_cleared(count: u64) -> Self {
        Self::new("user:clear_passwords", None).with("count", count)
    }

    pub fn token_created(token: &application_token::Model, owner: &user::Model) -> Self {
        Self::of_token("application_token.create", token, owner)
    }

    pub fn token_destroyed(token: &application_token::Model, owner: &user::Model) -> Self {
        Self::of_token("application_token.destroy", token, owner)
    }

    fn of_token(key: &'static str, token: &application_token::Model, owner: &user::Model) -> Self {
        let mut it = Self::new(key, Some((Kind::ApplicationToken, token.id)))
            .with("application", token.application.as_str())
            .with("username", owner.username.as_str());
        it.recipient = Some((Kind::User, owner.id));
        it
    }

    pub fn registry_created(registry: &registry::Model) -> Self {
        Self::of_registry("registry:create", registry)
    }

    pub fn registry_updated(registry: &registry::Model, fields: &[&str]) -> Self {
        Self::of_registry("registry:update", registry).with("fields", fields.to_vec())
    }

    fn of_registry(key: &'static str, registry: &registry::Model) -> Self {
        let mut it = Self::new(key, Some((Kind::Registry, registry.id)))
            .with("name", registry.name.as_str())
            .with("hostname", registry.hostname.as_str());
        it.registry_id = Some(registry.id);
        it
    }

    /// The row, attributed to whoever makes the change unless the entry names somebody itself.
    pub(crate) fn into_row(
        self,
        maker: (Option<i64>, &str),
        now: chrono::NaiveDateTime,
    ) -> activity::ActiveModel {
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
            recipient_type: Set(self.recipient.map(|(kind, _)| kind.as_str().to_owned())),
            recipient_id: Set(self.recipient.map(|(_, id)| id)),
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

/// What of a team can be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TeamAttribute {
    Name,
    Description,
}
