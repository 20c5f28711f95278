//! Who asked for what to be deleted, until it is certain what became of it. Notifications and synchronisations look
//! here, so that a deletion that was cut off in the middle is still written down as whose doing it was.

use chrono::{NaiveDateTime, TimeDelta};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder as _, QueryTrait as _,
};

use crate::{
    actions::change::Change, entities::deletion, error::Result, policy::guard::Authority,
    queries::sync::BATCH,
};

/// A registry that was away may tell of a deletion much later, but not for ever.
const REMEMBERED: TimeDelta = TimeDelta::days(1);

/// Somebody's account, while it exists, and name.
pub type Remover = (Option<i64>, String);

impl Change<'_> {
    /// Notes that these manifests are about to be deleted.
    pub(super) async fn intend<P: Authority>(
        &mut self,
        permit: &P,
        repository_id: i64,
        digests: &[String],
    ) -> Result<()> {
        let old = deletion::Column::CreatedAt.lt(self.now() - REMEMBERED);
        self.delete_where::<deletion::Entity, _>(permit, old)
            .await?;
        for digests in digests.chunks(BATCH) {
            let rows = digests.iter().map(|digest| deletion::ActiveModel {
                id: NotSet,
                repository_id: Set(repository_id),
                digest: Set(digest.clone()),
                actor_id: Set(self.actor().user_id()),
                actor_name: Set(self.actor().name().to_owned()),
                created_at: Set(self.now()),
            });
            let statement = deletion::Entity::insert_many(rows).into_query();
            self.execute::<deletion::Entity, _, _>(permit, &statement)
                .await?;
        }
        Ok(())
    }

    /// Forgets what was noted at that moment, but for what may happen yet.
    pub(super) async fn conclude<P: Authority>(
        &mut self,
        permit: &P,
        repository_id: i64,
        noted_at: NaiveDateTime,
        uncertain: &[String],
    ) -> Result<()> {
        let mut settled = Condition::all()
            .add(deletion::Column::RepositoryId.eq(repository_id))
            .add(deletion::Column::CreatedAt.eq(noted_at))
            .add(deletion::Column::ActorName.eq(self.actor().name()));
        if !uncertain.is_empty() {
            let open = uncertain.iter().map(String::as_str);
            settled = settled.add(deletion::Column::Digest.is_not_in(open));
        }
        self.delete_where::<deletion::Entity, _>(permit, settled)
            .await?;
        Ok(())
    }

    /// Who asked for a manifest to be deleted, if somebody did.
    pub(in crate::actions) async fn remover(
        &self,
        repository_id: i64,
        digest: Option<&str>,
    ) -> Result<Option<Remover>> {
        let Some(digest) = digest else {
            return Ok(None);
        };
        let found = deletion::Entity::find()
            .filter(deletion::Column::RepositoryId.eq(repository_id))
            .filter(deletion::Column::Digest.eq(digest))
            .filter(deletion::Column::CreatedAt.gt(self.now() - REMEMBERED))
            .order_by_asc(deletion::Column::Id)
            .one(self.reader())
            .await?;
        Ok(found.map(|row| (row.actor_id, row.actor_name)))
    }
}
