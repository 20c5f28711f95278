//! Pushes and pulls per day, in what the caller may see.

use std::collections::HashMap;

use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter, QuerySelect as _, QueryTrait as _,
    sea_query::{Expr, Func},
};

use super::viewer::Viewer;
use crate::{
    app::App,
    entities::{
        dialect, namespace,
        traffic::{self, day},
    },
    error::Result,
    policy,
};

/// A day's pushes and pulls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Day {
    /// Days since 1970 in UTC.
    pub day: i64,
    pub pushes: i64,
    pub pulls: i64,
}

/// The last days, the oldest first and today last, quiet ones included.
pub async fn last_days(app: &App, viewer: &Viewer, days: i64) -> Result<Vec<Day>> {
    let today = day(app.clock.now());
    let whole = dialect::whole_number(app.database.backend());
    let sum = |column: traffic::Column| {
        Func::cast_as(Func::sum(Expr::col((traffic::Entity, column))), whole)
    };
    let mut counted = traffic::Entity::find()
        .select_only()
        .column(traffic::Column::Day)
        .expr_as(sum(traffic::Column::Pushes), "pushed")
        .expr_as(sum(traffic::Column::Pulls), "pulled")
        .filter(traffic::Column::Day.gt(today - days))
        .group_by(traffic::Column::Day);
    let visible = policy::visible::namespaces(viewer.who);
    if !visible.is_empty() {
        let namespaces = namespace::Entity::find()
            .select_only()
            .column(namespace::Column::Id)
            .filter(visible)
            .into_query();
        counted = counted.filter(traffic::Column::NamespaceId.in_subquery(namespaces));
    }
    let rows: Vec<(i64, Option<i64>, Option<i64>)> =
        counted.into_tuple().all(app.database.reader()).await?;
    let counted: HashMap<i64, (i64, i64)> = rows
        .into_iter()
        .map(|(day, pushes, pulls)| (day, (pushes.unwrap_or(0), pulls.unwrap_or(0))))
        .collect();
    let each = (today - days + 1..=today).map(|day| {
        let (pushes, pulls) = counted.get(&day).copied().unwrap_or_default();
        Day { day, pushes, pulls }
    });
    Ok(each.collect())
}
