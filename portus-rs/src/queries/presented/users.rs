//! An account beside its row.

use std::collections::HashMap;

use sea_orm::{
    ColumnTrait, EntityTrait, JoinType, QueryFilter, QuerySelect, RelationTrait as _, Select,
};

use super::Presentable;
use crate::{
    app::App,
    entities::{namespace, team, team_user},
    error::Result,
    queries::{
        users::{Row, Users, display_name},
        viewer::Viewer,
    },
};

/// What pages show of an account besides.
pub struct UserMore {
    pub display_username: String,
    /// Over all of its teams.
    pub namespaces_count: i64,
    /// Those that are not hidden.
    pub teams_count: i64,
}

impl Presentable for Users {
    type More = UserMore;

    async fn more(app: &App, _: &Viewer, rows: &[Row]) -> Result<Vec<UserMore>> {
        let memberships = || {
            team_user::Entity::find()
                .select_only()
                .column(team_user::Column::UserId)
                .join(JoinType::InnerJoin, team_user::Relation::Team.def())
                .filter(team_user::Column::UserId.is_in(rows.iter().map(|row| row.user.id)))
                .group_by(team_user::Column::UserId)
        };
        let teams = memberships()
            .column_as(team_user::Column::Id.count(), "teams")
            .filter(team::Column::Hidden.eq(false));
        let teams = counted(app, teams).await?;
        let namespaces = memberships()
            .column_as(team_user::Column::Id.count(), "namespaces")
            .join(JoinType::InnerJoin, namespace::Relation::Team.def().rev());
        let namespaces = counted(app, namespaces).await?;
        let of = |counts: &HashMap<i64, i64>, row: &Row| counts.get(&row.user.id).copied();
        let shown = |row: &Row| UserMore {
            display_username: display_name(app, &row.user).to_owned(),
            namespaces_count: of(&namespaces, row).unwrap_or(0),
            teams_count: of(&teams, row).unwrap_or(0),
        };
        Ok(rows.iter().map(shown).collect())
    }
}

async fn counted(app: &App, query: Select<team_user::Entity>) -> Result<HashMap<i64, i64>> {
    let counts: Vec<(i64, i64)> = query.into_tuple().all(app.database.reader()).await?;
    Ok(counts.into_iter().collect())
}
