//! What the audit log keeps of scans.

use super::{Activity, Kind};
use crate::entities::{namespace, repository, tag};

impl Activity {
    /// Everything is to be scanned again.
    pub fn rescan_of_everything(count: u64) -> Self {
        Self::new("vulnerability:rescan_all", None).with("count", count)
    }

    pub fn rescan(
        namespace: &namespace::Model,
        repository: &repository::Model,
        tag: &tag::Model,
    ) -> Self {
        let mut it = Self::new(
            "vulnerability:rescan",
            Some((Kind::Repository, repository.id)),
        )
        .with("digest", tag.digest.as_deref())
        .about(namespace);
        it.recipient = Some((Kind::Tag, tag.id));
        it.repository_name = Some(repository.name.clone());
        it.tag_name = Some(tag.name.clone());
        it
    }
}
