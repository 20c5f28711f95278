//! What people say about their repositories.

use sea_orm::ActiveValue::Set;

use super::change::Change;
use crate::{
    activity::Activity,
    app::App,
    entities::{namespace, repository},
    error::Result,
    identity::actor::Actor,
    policy::namespaces::DescribeRepository,
};

/// Changes a repository's description; `None` leaves it alone.
pub async fn describe(
    app: &App,
    actor: &Actor,
    id: i64,
    description: Option<String>,
) -> Result<(repository::Model, namespace::Model)> {
    let mut change = Change::begin(app, actor).await?;
    let permit = change.permit::<DescribeRepository>(id).await?;
    let (old, namespace) = permit.on().clone();
    let Some(text) = description.filter(|text| Some(text) != old.description.as_ref()) else {
        return Ok((old, namespace));
    };
    let row = repository::ActiveModel {
        id: Set(id),
        description: Set(Some(text.clone())),
        updated_at: Set(change.now()),
        ..Default::default()
    };
    let updated = change.update(&permit, row).await?;
    let before = old.description.as_deref().unwrap_or_default();
    let told = Activity::repository_described(&namespace, &updated, before, &text);
    change.commit([told]).await?;
    Ok((updated, namespace))
}
