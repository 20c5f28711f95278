//! What the audit log keeps of repositories and their tags.

use super::{Activity, Kind};
use crate::entities::{namespace, repository};

impl Activity {
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
}
