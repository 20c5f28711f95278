//! Whom a tag that a synchronisation found is attributed to.

use std::collections::HashMap;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

use super::Found;
use crate::{
    actions::change::Change,
    entities::{tag, user},
    error::Result,
    identity::actor::PORTUS,
    protocol::digest::Digest,
    queries::sync,
};

/// Who is known to have pushed what into a repository; the service itself where nobody is.
pub(super) struct Authors {
    portus: Option<i64>,
    pushers: HashMap<String, (Option<i64>, String)>,
}

impl Authors {
    pub async fn load(change: &Change<'_>, repository_id: i64, found: &[Found]) -> Result<Self> {
        let portus = user::Entity::find()
            .filter(user::Column::Username.eq(PORTUS))
            .one(change.reader())
            .await?
            .map(|row| row.id);
        let mut pushers = HashMap::new();
        for found in found.chunks(sync::BATCH) {
            let rows: Vec<(Option<String>, Option<i64>, Option<String>)> = tag::Entity::find()
                .select_only()
                .columns([
                    tag::Column::Digest,
                    tag::Column::UserId,
                    tag::Column::Username,
                ])
                .filter(tag::Column::RepositoryId.eq(repository_id))
                .filter(tag::Column::Digest.is_in(found.iter().map(|it| it.digest.as_str())))
                .filter(tag::Column::Username.ne(PORTUS))
                .into_tuple()
                .all(change.reader())
                .await?;
            for (digest, user_id, username) in rows {
                if let (Some(digest), Some(username)) = (digest, username) {
                    pushers.insert(digest, (user_id, username));
                }
            }
        }
        Ok(Self { portus, pushers })
    }

    pub fn of(&self, digest: &Digest) -> (Option<i64>, String) {
        self.pushers
            .get(digest.as_str())
            .cloned()
            .unwrap_or_else(|| (self.portus, PORTUS.to_owned()))
    }
}
