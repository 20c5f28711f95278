//! How many people like a repository, and whether the caller does.

use std::collections::{HashMap, HashSet};

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect as _};

use super::viewer::Viewer;
use crate::{app::App, entities::star, error::Result};

/// The stars of some repositories.
#[derive(Debug, Default)]
pub struct Stars {
    counts: HashMap<i64, i64>,
    own: HashSet<i64>,
}

/// How many people like each of these repositories; those that nobody likes are left out.
pub async fn counts(app: &App, repository_ids: &[i64]) -> Result<HashMap<i64, i64>> {
    let counts: Vec<(i64, i64)> = star::Entity::find()
        .select_only()
        .column(star::Column::RepositoryId)
        .column_as(star::Column::Id.count(), "stars")
        .filter(star::Column::RepositoryId.is_in(repository_ids.iter().copied()))
        .group_by(star::Column::RepositoryId)
        .into_tuple()
        .all(app.database.reader())
        .await?;
    Ok(counts.into_iter().collect())
}

impl Stars {
    /// By two queries, however many repositories there are.
    pub async fn of(app: &App, viewer: &Viewer, repository_ids: &[i64]) -> Result<Self> {
        let counts = counts(app, repository_ids).await?;
        let among = star::Column::RepositoryId.is_in(repository_ids.iter().copied());
        let own: Vec<i64> = match viewer.standing(0).user_id() {
            None => Vec::new(),
            Some(user_id) => {
                star::Entity::find()
                    .select_only()
                    .column(star::Column::RepositoryId)
                    .filter(among)
                    .filter(star::Column::UserId.eq(user_id))
                    .into_tuple()
                    .all(app.database.reader())
                    .await?
            }
        };
        Ok(Self {
            counts,
            own: own.into_iter().collect(),
        })
    }

    pub fn count(&self, repository_id: i64) -> i64 {
        self.counts.get(&repository_id).copied().unwrap_or(0)
    }

    /// Whether the caller has given one.
    pub fn is_own(&self, repository_id: i64) -> bool {
        self.own.contains(&repository_id)
    }
}
