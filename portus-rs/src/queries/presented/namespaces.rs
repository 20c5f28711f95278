//! A namespace beside its row.

use std::collections::HashMap;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

use super::Presentable;
use crate::{
    app::App,
    entities::{Role, repository},
    error::Result,
    policy::{self, NamespaceFacts, Standing},
    queries::{
        namespaces::{GLOBAL_TEAM, Namespaces, Row},
        viewer::Viewer,
        webhooks,
    },
};

/// What pages show of a namespace besides.
pub struct NamespaceMore {
    pub description: Option<String>,
    pub repositories_count: i64,
    pub webhooks_count: i64,
    /// Found by a synchronisation, and claimed by no team.
    pub orphan: bool,
    pub updatable: bool,
    pub destroyable: bool,
    pub permissions: Permissions,
}

/// What the caller may do in it.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a question of its own"
)]
pub struct Permissions {
    /// Their role in its team, else `admin` for those.
    pub role: Option<&'static str>,
    pub pull: bool,
    pub push: bool,
    pub webhooks: bool,
    pub visibility: bool,
}

impl Presentable for Namespaces {
    type More = NamespaceMore;

    async fn more(app: &App, viewer: &Viewer, rows: &[Row]) -> Result<Vec<NamespaceMore>> {
        let repositories: HashMap<i64, i64> = repository::Entity::find()
            .select_only()
            .column(repository::Column::NamespaceId)
            .column_as(repository::Column::Id.count(), "repositories")
            .filter(repository::Column::NamespaceId.is_in(rows.iter().map(|row| row.namespace.id)))
            .group_by(repository::Column::NamespaceId)
            .into_tuple::<(i64, i64)>()
            .all(app.database.reader())
            .await?
            .into_iter()
            .collect();
        let ids: Vec<i64> = rows.iter().map(|row| row.namespace.id).collect();
        let webhooks = webhooks::counts(app, &ids).await?;
        Ok(rows
            .iter()
            .map(|row| {
                let namespace = &row.namespace;
                let facts = NamespaceFacts::from(namespace);
                let standing = viewer.standing_in(namespace);
                let team = row.team.as_ref().map(|team| team.name.as_str());
                NamespaceMore {
                    description: namespace.description.clone(),
                    repositories_count: repositories.get(&namespace.id).copied().unwrap_or(0),
                    webhooks_count: webhooks.get(&namespace.id).copied().unwrap_or(0),
                    orphan: !namespace.global
                        && team.is_some_and(|name| name.contains(GLOBAL_TEAM)),
                    updatable: policy::namespaces::update(standing, &facts, &app.rules).granted,
                    destroyable: policy::namespaces::is_destroyable(
                        standing, namespace, &app.rules,
                    ),
                    permissions: permissions(app, standing, &facts),
                }
            })
            .collect())
    }
}

fn permissions(app: &App, standing: Standing, facts: &NamespaceFacts) -> Permissions {
    let admin = standing.is_admin().then_some("admin");
    Permissions {
        role: standing.role.map(Role::as_str).or(admin),
        pull: policy::namespaces::pull(standing, facts).granted,
        push: policy::namespaces::push(standing, facts, &app.rules).granted,
        webhooks: policy::webhooks::show(standing).granted,
        visibility: policy::namespaces::change_visibility(standing, facts, &app.rules).granted,
    }
}
