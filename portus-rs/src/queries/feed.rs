//! The newest entries of the audit log that somebody may read. Whoever may read much of it finds them near its end. Most of
//! a large log is about what others do, so it is not walked any further: what they may read lies in few teams and
//! namespaces then, each of which has its entries in order.

use std::collections::BTreeSet;

use sea_orm::{
    ColumnTrait, Condition, EntityTrait, ExprTrait as _, QueryFilter, QueryOrder as _,
    QuerySelect as _, QueryTrait as _, Select,
    sea_query::{Alias, Expr, Query, SelectStatement, UnionType},
};

use super::activities::Activities;
use crate::{
    app::App,
    entities::{Visibility, activity, namespace, team_user},
    error::Result,
    policy::Who,
    queries::list::Listing as _,
};

/// So many entries are looked for at most, each of which may lie in a place of its own.
const PLACES: usize = 20;

/// Entries of everybody that are read before one looks place by place.
const RECENT: u64 = 2_000;

/// Entries that have this in common, in the order of an index.
#[derive(Clone, Copy)]
struct Place {
    column: activity::Column,
    id: i64,
    /// Its newest entry that may be read.
    newest: i64,
}

/// The ids of the newest entries that this caller may read and that are so, the newest first; at most [`PLACES`].
pub async fn newest(app: &App, who: Who, are: &Condition, limit: usize) -> Result<Vec<i64>> {
    let limit = limit.min(PLACES);
    let readable = || Activities { who }.select().filter(are.clone());
    let Who::User { id, admin: false } = who else {
        let all = readable().order_by_desc(activity::Column::Id);
        return Ok(ids(all, limit).all(app.database.reader()).await?);
    };
    let recent = recent(app, &readable, limit).await?;
    if recent.len() >= limit {
        return Ok(recent);
    }
    let mut places = places(app, id, &readable).await?;
    // The newest of all are in the places with the newest. A team and its namespace may have the same one.
    let heads: BTreeSet<i64> = places.iter().map(|place| place.newest).collect();
    if let Some(oldest) = heads.into_iter().rev().take(limit).next_back() {
        places.retain(|place| place.newest >= oldest);
    }
    // What somebody did with their own tokens lies nowhere else.
    places.push(Place {
        column: activity::Column::ActorId,
        id,
        newest: 0,
    });
    let mut parts = places.iter().map(|place| {
        let some = readable().filter(place.column.eq(place.id));
        Query::select()
            .column(activity::Column::Id)
            .from_subquery(newest_first(some, limit), Alias::new("part"))
            .to_owned()
    });
    let Some(mut all) = parts.next() else {
        return Ok(Vec::new());
    };
    for part in parts {
        all.union(UnionType::Distinct, part);
    }
    let found = activity::Entity::find()
        .filter(activity::Column::Id.in_subquery(all))
        .order_by_desc(activity::Column::Id);
    Ok(ids(found, limit).all(app.database.reader()).await?)
}

fn ids(
    select: Select<activity::Entity>,
    limit: usize,
) -> sea_orm::Selector<sea_orm::SelectGetableTuple<i64>> {
    let limit = u64::try_from(limit).unwrap_or(u64::MAX);
    select
        .select_only()
        .column(activity::Column::Id)
        .limit(limit)
        .into_tuple()
}

/// Those among the newest [`RECENT`] of all: whoever is in many teams finds enough there, and needs no look at each place.
async fn recent(
    app: &App,
    readable: impl Fn() -> Select<activity::Entity>,
    limit: usize,
) -> Result<Vec<i64>> {
    let newest = activity::Entity::find()
        .order_by_desc(activity::Column::Id)
        .limit(RECENT)
        .into_query();
    // Under the name of the table, so that the rules' conditions are about these.
    let mut among = readable()
        .select_only()
        .column(activity::Column::Id)
        .into_query();
    among.from_clear().from_subquery(newest, activity::Entity);
    let found = activity::Entity::find()
        .filter(activity::Column::Id.in_subquery(among))
        .order_by_desc(activity::Column::Id);
    Ok(ids(found, limit).all(app.database.reader()).await?)
}

/// As the indexes of places have them.
fn newest_first(select: Select<activity::Entity>, limit: usize) -> SelectStatement {
    select
        .select_only()
        .column(activity::Column::Id)
        .order_by_desc(activity::Column::CreatedAt)
        .order_by_desc(activity::Column::Id)
        .limit(u64::try_from(limit).unwrap_or(u64::MAX))
        .into_query()
}

/// Everywhere where there may be something to read, with the newest that is.
async fn places(
    app: &App,
    user_id: i64,
    readable: &impl Fn() -> Select<activity::Entity>,
) -> Result<Vec<Place>> {
    use activity::Column as C;
    let reader = app.database.reader();
    let newest_in = |column: C, place: Expr| {
        let entries = readable().filter(Expr::col((activity::Entity, column)).eq(place));
        Expr::SubQuery(None, Box::new(newest_first(entries, 1).into()))
    };
    let mine = team_user::Entity::find().filter(team_user::Column::UserId.eq(user_id));
    let teams: Vec<(i64, Option<i64>)> = mine
        .clone()
        .select_only()
        .column(team_user::Column::TeamId)
        .expr_as(
            newest_in(
                C::TeamId,
                Expr::col((team_user::Entity, team_user::Column::TeamId)),
            ),
            "newest",
        )
        .into_tuple()
        .all(reader)
        .await?;
    let of_mine = mine
        .select_only()
        .column(team_user::Column::TeamId)
        .into_query();
    let namespaces: Vec<(i64, Option<i64>)> = namespace::Entity::find()
        .filter(
            Condition::any()
                .add(namespace::Column::TeamId.in_subquery(of_mine))
                .add(namespace::Column::Visibility.eq(Visibility::Public)),
        )
        .select_only()
        .column(namespace::Column::Id)
        .expr_as(
            newest_in(
                C::NamespaceId,
                Expr::col((namespace::Entity, namespace::Column::Id)),
            ),
            "newest",
        )
        .into_tuple()
        .all(reader)
        .await?;
    // That it went is the last thing that is known of a namespace.
    let gone = readable()
        .filter(C::Key.eq("registry.delete"))
        .filter(C::NamespaceId.is_not_null())
        .order_by_desc(C::CreatedAt)
        .order_by_desc(C::Id)
        .limit(PLACES as u64)
        .select_only()
        .column(C::NamespaceId)
        .column(C::Id);
    let gone: Vec<(i64, Option<i64>)> = gone.into_tuple().all(reader).await?;
    let in_places = |column: C, found: Vec<(i64, Option<i64>)>| {
        found.into_iter().filter_map(move |(id, newest)| {
            let newest = newest?;
            Some(Place { column, id, newest })
        })
    };
    Ok(in_places(C::TeamId, teams)
        .chain(in_places(C::NamespaceId, namespaces))
        .chain(in_places(C::NamespaceId, gone))
        .collect())
}
