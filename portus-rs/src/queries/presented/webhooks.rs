//! A webhook beside its row.

use std::collections::HashMap;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::Presentable;
use crate::{
    app::App,
    entities::namespace,
    error::Result,
    policy,
    queries::{
        viewer::Viewer,
        webhooks::{Row, Webhooks},
    },
};

/// What pages show of a webhook besides.
pub struct WebhookMore {
    pub updatable: bool,
    pub destroyable: bool,
}

impl Presentable for Webhooks {
    type More = WebhookMore;

    async fn more(app: &App, viewer: &Viewer, rows: &[Row]) -> Result<Vec<WebhookMore>> {
        let ids = rows.iter().map(|row| row.webhook.namespace_id);
        let namespaces: HashMap<i64, namespace::Model> = namespace::Entity::find()
            .filter(namespace::Column::Id.is_in(ids))
            .all(app.database.reader())
            .await?
            .into_iter()
            .map(|row| (row.id, row))
            .collect();
        let may = |row: &Row| {
            let standing = namespaces
                .get(&row.webhook.namespace_id)
                .map(|namespace| viewer.standing_in(namespace));
            WebhookMore {
                updatable: standing
                    .is_some_and(|it| policy::webhooks::manage(it, &app.rules).granted),
                destroyable: standing
                    .is_some_and(|it| policy::webhooks::create(it, &app.rules).granted),
            }
        };
        Ok(rows.iter().map(may).collect())
    }
}
