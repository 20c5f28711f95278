//! Writing down how much room images take.

use std::collections::{BTreeMap, HashMap};

use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, QueryFilter, QuerySelect as _, QueryTrait as _,
    sea_query::OnConflict,
};

use super::change::Change;
use crate::{
    app::App,
    entities::{namespace, storage},
    error::Result,
    identity::actor::Actor,
};

/// Writes what these namespaces take, in bytes; those that `counted` lacks hold nothing. Returns for how many of them
/// that is something else than before.
pub async fn write(app: &App, namespaces: &[i64], counted: &BTreeMap<i64, i64>) -> Result<usize> {
    let actor = Actor::Portus;
    let mut change = Change::begin_redoable(app, &actor).await?;
    let books = change.books()?;
    // Some may have gone while they were counted.
    let there: Vec<i64> = namespace::Entity::find()
        .select_only()
        .column(namespace::Column::Id)
        .filter(namespace::Column::Id.is_in(namespaces.iter().copied()))
        .into_tuple()
        .all(change.reader())
        .await?;
    let before: HashMap<i64, i64> = storage::Entity::find()
        .select_only()
        .columns([storage::Column::NamespaceId, storage::Column::Bytes])
        .filter(storage::Column::NamespaceId.is_in(there.iter().copied()))
        .into_tuple::<(i64, i64)>()
        .all(change.reader())
        .await?
        .into_iter()
        .collect();
    let bytes = |id: &i64| counted.get(id).copied().unwrap_or(0);
    let news = there
        .iter()
        .filter(|id| before.get(id).copied().unwrap_or(0) != bytes(id))
        .count();
    if !there.is_empty() {
        let rows = there.iter().map(|id| storage::ActiveModel {
            id: NotSet,
            namespace_id: Set(*id),
            bytes: Set(bytes(id)),
            counted_at: Set(change.now()),
        });
        let rows: Vec<storage::ActiveModel> = rows.collect();
        let rewrite = OnConflict::column(storage::Column::NamespaceId)
            .update_columns([storage::Column::Bytes, storage::Column::CountedAt])
            .to_owned();
        let statement = storage::Entity::insert_many(rows)
            .on_conflict(rewrite)
            .into_query();
        change
            .execute::<storage::Entity, _, _>(&books, &statement)
            .await?;
    }
    change
        .commit_unrecorded("a count is no deed of anybody")
        .await?;
    Ok(news)
}
