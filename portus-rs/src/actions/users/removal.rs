//! Removing an account, and what becomes of what it did.

use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, sea_query::Expr};

use crate::{
    actions::{change::Change, homes::is_portus},
    activity::Activity,
    app::App,
    entities::{activity, namespace, repository, tag, team, user},
    error::{Error, Result},
    identity::actor::{Actor, PORTUS},
    policy::{guard::Authority, users::ManageUser},
};

/// Removes an account; what it did stays under its name.
pub async fn delete(app: &App, actor: &Actor, id: i64) -> Result<()> {
    let mut change = Change::begin(app, actor).await?;
    let permit = change.permit::<ManageUser>(id).await?;
    let gone = permit.on().clone();
    let refused = || Error::Refused("Cannot remove this user".to_owned());
    if is_portus(&gone) || actor.user_id() == Some(id) {
        return Err(refused());
    }
    let books_of = permit;
    if gone.admin && gone.enabled {
        // Two admins who remove each other must not both succeed.
        change.take_turns().await?;
        let admins = user::Entity::find()
            .filter(user::Column::Admin.eq(true))
            .filter(user::Column::Enabled.eq(true))
            .filter(user::Column::Username.ne(PORTUS))
            .count(change.reader())
            .await?;
        if admins <= 1 {
            return Err(refused());
        }
    }
    let authored = tag::Entity::update_many()
        .col_expr(tag::Column::Username, Expr::value(gone.username.as_str()))
        .filter(tag::Column::UserId.eq(id));
    change
        .execute::<tag::Entity, _, _>(&books_of, sea_orm::QueryTrait::query(&mut authored.clone()))
        .await?;
    let history = activity::Entity::update_many()
        .col_expr(activity::Column::ActorId, Expr::value(Option::<i64>::None))
        .filter(activity::Column::ActorId.eq(id));
    change
        .execute::<activity::Entity, _, _>(
            &books_of,
            sea_orm::QueryTrait::query(&mut history.clone()),
        )
        .await?;
    change.leave_home(&books_of, id).await?;
    change
        .delete_where::<user::Entity, _>(&books_of, user::Column::Id.eq(id))
        .await?;
    change.commit([Activity::user_deleted(&gone)]).await
}

impl Change<'_> {
    /// Removes a leaving person's namespaces where they hold nothing; what holds images stays.
    async fn leave_home<P: Authority>(&mut self, permit: &P, user_id: i64) -> Result<()> {
        let homes = namespace::Entity::find()
            .filter(namespace::Column::PersonalUserId.eq(user_id))
            .all(self.reader())
            .await?;
        let ids: Vec<i64> = homes.iter().map(|home| home.id).collect();
        let used: Vec<i64> = repository::Entity::find()
            .filter(repository::Column::NamespaceId.is_in(ids.iter().copied()))
            .all(self.reader())
            .await?
            .into_iter()
            .map(|row| row.namespace_id)
            .collect();
        let empty: Vec<i64> = ids
            .iter()
            .copied()
            .filter(|id| !used.contains(id))
            .collect();
        self.delete_where::<namespace::Entity, _>(
            permit,
            namespace::Column::Id.is_in(empty.iter().copied()),
        )
        .await?;
        if used.is_empty() {
            let teams = homes.iter().map(|home| home.team_id);
            self.delete_where::<team::Entity, _>(permit, team::Column::Id.is_in(teams))
                .await?;
        }
        Ok(())
    }
}
