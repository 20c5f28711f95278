//! What goes with an account that is removed, and what is left without anybody.

use std::collections::HashSet;

use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder as _, QuerySelect as _, QueryTrait as _,
};

use crate::{
    app::App,
    entities::{Role, namespace, repository, team, team_user},
    error::Result,
};

/// What the removal of an account means.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parting {
    /// Names of personal namespaces that are empty and go.
    pub goes: Vec<String>,
    /// Names of those that hold images and stay.
    pub stays: Vec<String>,
    /// Teams whose only owner this is: only admins look after them then.
    pub orphaned: Vec<team::Model>,
}

/// What removing this account means now.
pub async fn of(app: &App, user_id: i64) -> Result<Parting> {
    let reader = app.database.reader();
    let homes = namespace::Entity::find()
        .filter(namespace::Column::PersonalUserId.eq(user_id))
        .order_by_asc(namespace::Column::Id)
        .all(reader)
        .await?;
    let used: HashSet<i64> = repository::Entity::find()
        .select_only()
        .column(repository::Column::NamespaceId)
        .distinct()
        .filter(repository::Column::NamespaceId.is_in(homes.iter().map(|it| it.id)))
        .into_tuple::<i64>()
        .all(reader)
        .await?
        .into_iter()
        .collect();
    let owned = |others: bool| {
        let owners = team_user::Entity::find()
            .select_only()
            .column(team_user::Column::TeamId)
            .filter(team_user::Column::Role.eq(Role::Owner));
        let owners = if others {
            owners.filter(team_user::Column::UserId.ne(user_id))
        } else {
            owners.filter(team_user::Column::UserId.eq(user_id))
        };
        owners.into_query()
    };
    let orphaned = team::Entity::find()
        .filter(team::Column::Hidden.eq(false))
        .filter(team::Column::Id.in_subquery(owned(false)))
        .filter(team::Column::Id.not_in_subquery(owned(true)))
        .order_by_asc(team::Column::Name)
        .all(reader)
        .await?;
    let (stays, goes): (Vec<_>, Vec<_>) = homes.into_iter().partition(|it| used.contains(&it.id));
    let names = |rows: Vec<namespace::Model>| rows.into_iter().map(|it| it.name).collect();
    Ok(Parting {
        goes: names(goes),
        stays: names(stays),
        orphaned,
    })
}
