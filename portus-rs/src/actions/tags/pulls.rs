//! Manifests have been read. One `docker pull` reads twice, by tag and by digest, and counts once.

use std::{
    collections::{BTreeMap, HashMap},
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

use chrono::{NaiveDateTime, TimeDelta};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, ExprTrait as _, QueryFilter, QueryTrait as _,
    sea_query::Expr,
};

use super::{Batch, Told};
use crate::{
    app::App,
    entities::{manifest, tag},
    error::Result,
};

/// Reads by the same client of the same manifest within this time are one pull.
const WINDOW: TimeDelta = TimeDelta::minutes(1);

/// Pulls of a batch, added up.
#[derive(Default)]
pub struct Pulls {
    tags: BTreeMap<i64, Sum>,
    manifests: BTreeMap<i64, Sum>,
    counted: HashMap<u64, NaiveDateTime>,
}

#[derive(Clone, Copy)]
struct Sum {
    count: i64,
    last: NaiveDateTime,
}

impl Pulls {
    /// When each pull was counted, by its fingerprint.
    pub fn counted(self) -> HashMap<u64, NaiveDateTime> {
        self.counted
    }

    fn add(sums: &mut BTreeMap<i64, Sum>, id: i64, count: i64, at: NaiveDateTime) {
        let sum = sums.entry(id).or_insert(Sum { count: 0, last: at });
        sum.count += count;
        sum.last = Ord::max(sum.last, at);
    }
}

impl Batch<'_> {
    /// Counts a read of something known.
    pub(super) fn pull(&mut self, app: &App, told: &Told<'_>, tag: Option<&str>, digest: &str) {
        let Some((namespace, repository)) = self.shelf.repository(told) else {
            return;
        };
        let (namespace_id, repository_id) = (namespace.id, repository.id);
        let fingerprint = fingerprint(told, digest);
        let counted = self.pulls.counted.get(&fingerprint).copied();
        let counted = counted.or_else(|| app.inbox.last_pull(fingerprint));
        let again = counted.is_some_and(|last| (told.at - last).abs() < WINDOW);
        if !again {
            self.pulls.counted.insert(fingerprint, told.at);
            self.traffic.pulled(namespace_id, told.at);
        }
        let count = i64::from(!again);
        if let Some(known) = self.shelf.manifest(repository_id, digest) {
            Pulls::add(&mut self.pulls.manifests, known.id, count, told.at);
        }
        match tag {
            Some(name) => {
                if let Some(known) = self.shelf.tag(repository_id, name) {
                    Pulls::add(&mut self.pulls.tags, known.id, count, told.at);
                }
            }
            // Which of them was meant nobody knows; that they are in use is certain.
            None => {
                for known in self.shelf.tags_of(repository_id, digest) {
                    Pulls::add(&mut self.pulls.tags, known.id, 0, told.at);
                }
            }
        }
    }

    pub(super) async fn write_pulls(&mut self) -> Result<()> {
        for (id, sum) in std::mem::take(&mut self.pulls.tags) {
            let statement = tag::Entity::update_many()
                .set(tag::ActiveModel {
                    pulled_at: Set(Some(sum.last)),
                    ..Default::default()
                })
                .col_expr(
                    tag::Column::PullCount,
                    Expr::col(tag::Column::PullCount).add(sum.count),
                )
                .filter(tag::Column::Id.eq(id))
                .into_query();
            self.change
                .execute::<tag::Entity, _, _>(&self.permit, &statement)
                .await?;
        }
        for (id, sum) in std::mem::take(&mut self.pulls.manifests) {
            let statement = manifest::Entity::update_many()
                .set(manifest::ActiveModel {
                    pulled_at: Set(Some(sum.last)),
                    ..Default::default()
                })
                .col_expr(
                    manifest::Column::PullCount,
                    Expr::col(manifest::Column::PullCount).add(sum.count),
                )
                .filter(manifest::Column::Id.eq(id))
                .into_query();
            self.change
                .execute::<manifest::Entity, _, _>(&self.permit, &statement)
                .await?;
        }
        Ok(())
    }
}

/// Who pulled what from where; the port differs with each connection.
fn fingerprint(told: &Told<'_>, digest: &str) -> u64 {
    let address = told.event.request.addr.as_deref().unwrap_or_default();
    let address = match address.parse::<std::net::SocketAddr>() {
        Ok(socket) => socket.ip().to_string(),
        Err(_) => address.to_owned(),
    };
    let mut hasher = DefaultHasher::new();
    (
        told.registry.id,
        told.actor(),
        address,
        &told.event.target.repository,
        digest,
    )
        .hash(&mut hasher);
    hasher.finish()
}
