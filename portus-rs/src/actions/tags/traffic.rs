//! How much is pushed to and pulled from each namespace on each day.

use std::collections::BTreeMap;

use sea_orm::{
    ActiveValue::Set,
    EntityTrait, ExprTrait as _, QueryTrait as _,
    sea_query::{Expr, OnConflict},
};

use super::Batch;
use crate::{
    entities::traffic::{self, day},
    error::Result,
};

/// What a batch adds, by namespace and day: pushes and pulls.
#[derive(Default)]
pub struct Traffic(BTreeMap<(i64, i64), (i64, i64)>);

impl Traffic {
    pub fn pushed(&mut self, namespace_id: i64, at: chrono::NaiveDateTime) {
        self.0.entry((namespace_id, day(at))).or_default().0 += 1;
    }

    pub fn pulled(&mut self, namespace_id: i64, at: chrono::NaiveDateTime) {
        self.0.entry((namespace_id, day(at))).or_default().1 += 1;
    }
}

impl Batch<'_> {
    /// Adds it to what is counted already.
    pub(super) async fn write_traffic(&mut self) -> Result<()> {
        let sums = std::mem::take(&mut self.traffic).0;
        if sums.is_empty() {
            return Ok(());
        }
        let kept = |column: traffic::Column| Expr::col((traffic::Entity, column));
        for ((namespace_id, day), (pushes, pulls)) in sums {
            let add = OnConflict::columns([traffic::Column::NamespaceId, traffic::Column::Day])
                .value(
                    traffic::Column::Pushes,
                    kept(traffic::Column::Pushes).add(pushes),
                )
                .value(
                    traffic::Column::Pulls,
                    kept(traffic::Column::Pulls).add(pulls),
                )
                .to_owned();
            let row = traffic::ActiveModel {
                namespace_id: Set(namespace_id),
                day: Set(day),
                pushes: Set(pushes),
                pulls: Set(pulls),
                ..Default::default()
            };
            let statement = traffic::Entity::insert(row).on_conflict(add).into_query();
            self.change
                .execute::<traffic::Entity, _, _>(&self.permit, &statement)
                .await?;
        }
        Ok(())
    }
}
