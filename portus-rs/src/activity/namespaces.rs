//! What the audit log keeps of namespaces.

use super::{Activity, Kind};
use crate::entities::namespace;

impl Activity {
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

    pub fn namespace_deleted(namespace: &namespace::Model, team: &str) -> Self {
        let registry = (Kind::Registry, namespace.registry_id);
        let mut it = Self::new("registry.delete", Some(registry))
            .with("namespace_name", namespace.name.as_str())
            .with("team_name", team)
            .with("registry_id", namespace.registry_id)
            .about(namespace);
        it.recipient = Some((Kind::Namespace, namespace.id));
        it
    }

    pub fn visibility_changed(namespace: &namespace::Model) -> Self {
        Self::new(
            "namespace.change_visibility",
            Some((Kind::Namespace, namespace.id)),
        )
        .with("visibility", namespace.visibility.as_str())
        .about(namespace)
    }
}
