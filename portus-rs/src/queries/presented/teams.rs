//! A team beside its row.

use std::collections::HashMap;

use sea_orm::{ColumnTrait, EntityTrait, JoinType, QueryFilter, QuerySelect, RelationTrait as _};

use super::Presentable;
use crate::{
    app::App,
    entities::{
        Role, namespace, team, team_user,
        user::{self, PORTUS},
    },
    error::Result,
    policy,
    queries::{teams::Teams, viewer::Viewer},
};

/// What pages show of a team besides.
pub struct TeamMore {
    pub description: Option<String>,
    /// The caller's own.
    pub role: Option<Role>,
    pub updatable: bool,
    pub destroyable: bool,
    /// Members who may log in.
    pub users_count: i64,
    pub namespaces_count: i64,
}

impl Presentable for Teams {
    type More = TeamMore;

    async fn more(app: &App, viewer: &Viewer, rows: &[team::Model]) -> Result<Vec<TeamMore>> {
        let ids = || rows.iter().map(|row| row.id);
        let users: HashMap<i64, i64> = team_user::Entity::find()
            .select_only()
            .column(team_user::Column::TeamId)
            .column_as(team_user::Column::Id.count(), "members")
            .join(JoinType::InnerJoin, team_user::Relation::User.def())
            .filter(team_user::Column::TeamId.is_in(ids()))
            .filter(user::Column::Enabled.eq(true))
            .filter(user::Column::Username.ne(PORTUS))
            .group_by(team_user::Column::TeamId)
            .into_tuple::<(i64, i64)>()
            .all(app.database.reader())
            .await?
            .into_iter()
            .collect();
        let namespaces: HashMap<i64, i64> = namespace::Entity::find()
            .select_only()
            .column(namespace::Column::TeamId)
            .column_as(namespace::Column::Id.count(), "namespaces")
            .filter(namespace::Column::TeamId.is_in(ids()))
            .group_by(namespace::Column::TeamId)
            .into_tuple::<(i64, i64)>()
            .all(app.database.reader())
            .await?
            .into_iter()
            .collect();
        Ok(rows
            .iter()
            .map(|row| {
                let standing = viewer.standing(row.id);
                TeamMore {
                    description: row.description.clone(),
                    role: standing.role,
                    updatable: policy::teams::update(standing, row.hidden, &app.rules).granted,
                    destroyable: policy::guard::verdict::<policy::teams::DeleteTeam>(
                        standing, row, &app.rules,
                    )
                    .granted,
                    users_count: users.get(&row.id).copied().unwrap_or(0),
                    namespaces_count: namespaces.get(&row.id).copied().unwrap_or(0),
                }
            })
            .collect())
    }
}
