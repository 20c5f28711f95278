//! What the audit log keeps of comments. What they say is theirs alone.

use super::{Activity, Kind};
use crate::entities::{comment, namespace, repository};

impl Activity {
    pub fn comment_written(
        namespace: &namespace::Model,
        repository: &repository::Model,
        comment: &comment::Model,
    ) -> Self {
        Self::of_comment("comment:create", namespace, repository, comment)
    }

    pub fn comment_deleted(
        namespace: &namespace::Model,
        repository: &repository::Model,
        comment: &comment::Model,
        author: Option<&str>,
    ) -> Self {
        Self::of_comment("comment:destroy", namespace, repository, comment).with("author", author)
    }

    fn of_comment(
        key: &'static str,
        namespace: &namespace::Model,
        repository: &repository::Model,
        comment: &comment::Model,
    ) -> Self {
        let mut it = Self::new(key, Some((Kind::Repository, repository.id))).about(namespace);
        it.recipient = Some((Kind::Comment, comment.id));
        it.repository_name = Some(repository.name.clone());
        it
    }
}
