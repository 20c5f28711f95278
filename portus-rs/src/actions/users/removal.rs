//! Removing an account, and what becomes of what it did.

use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait as _, SelectStatement, SubQueryStatement},
};

use crate::{
    actions::{change::Change, homes::is_portus},
    activity::Activity,
    app::App,
    entities::{activity, namespace, repository, tag, team, user},
    error::{Error, Result},
    identity::actor::Actor,
    policy::{guard::Authority, users::ManageUser},
};

/// Removes an account; what it did stays under its name.
pub async fn delete(app: &App, actor: &Actor, id: i64) -> Result<()> {
    let mut change = Change::begin(app, actor).await?;
    change.take_turns().await?;
    let permit = change.permit::<ManageUser>(id).await?;
    let gone = permit.on().clone();
    let refused = || Error::Refused("Cannot remove this user".to_owned());
    if is_portus(&gone) || actor.user_id() == Some(id) {
        return Err(refused());
    }
    match change.another_admin(&gone).await {
        Err(Error::Forbidden(_)) => return Err(refused()),
        others => others?,
    }
    change.remove_account(&permit, &gone).await?;
    change.commit([Activity::user_deleted(&gone)]).await
}

impl Change<'_> {
    /// Removes an account, whoever may.
    pub(crate) async fn remove_account<P: Authority>(
        &mut self,
        permit: &P,
        gone: &user::Model,
    ) -> Result<()> {
        let only = ids_where(user::Column::Id, gone.id);
        self.keep_names(permit, only).await?;
        self.leave_home(permit, gone.id).await?;
        self.delete_where::<user::Entity, _>(permit, user::Column::Id.eq(gone.id))
            .await?;
        Ok(())
    }

    /// Writes the names of accounts that are going beside what they did.
    async fn keep_names<P: Authority>(&mut self, permit: &P, gone: SelectStatement) -> Result<()> {
        let name = user::Entity::find()
            .select_only()
            .column(user::Column::Username)
            .filter(
                Expr::col((user::Entity, user::Column::Id))
                    .equals((tag::Entity, tag::Column::UserId)),
            )
            .into_query();
        let name = Expr::SubQuery(None, Box::new(SubQueryStatement::SelectStatement(name)));
        let authored = tag::Entity::update_many()
            .col_expr(tag::Column::Username, name)
            .filter(tag::Column::UserId.in_subquery(gone.clone()))
            .into_query();
        self.execute::<tag::Entity, _, _>(permit, &authored).await?;
        let history = activity::Entity::update_many()
            .col_expr(activity::Column::ActorId, Expr::value(Option::<i64>::None))
            .filter(activity::Column::ActorId.in_subquery(gone))
            .into_query();
        self.execute::<activity::Entity, _, _>(permit, &history)
            .await?;
        Ok(())
    }

    /// Removes the bots of a team that is going; whoever removes teams calls it. Returns what the audit log keeps of it.
    pub async fn remove_bots<P: Authority>(
        &mut self,
        permit: &P,
        team_id: i64,
    ) -> Result<Vec<Activity>> {
        let bots = user::Entity::find()
            .filter(user::Column::OwnerTeamId.eq(team_id))
            .all(self.reader())
            .await?;
        if !bots.is_empty() {
            // They have no namespaces of their own to leave.
            self.keep_names(permit, ids_where(user::Column::OwnerTeamId, team_id))
                .await?;
            self.delete_where::<user::Entity, _>(permit, user::Column::OwnerTeamId.eq(team_id))
                .await?;
        }
        Ok(bots.iter().map(Activity::user_deleted).collect())
    }

    /// Removes a leaving person's namespaces where they hold nothing; what holds images stays.
    async fn leave_home<P: Authority>(&mut self, permit: &P, user_id: i64) -> Result<()> {
        let homes = namespace::Entity::find()
            .filter(namespace::Column::PersonalUserId.eq(user_id))
            .all(self.reader())
            .await?;
        let ids: Vec<i64> = homes.iter().map(|home| home.id).collect();
        let used: Vec<i64> = repository::Entity::find()
            .select_only()
            .column(repository::Column::NamespaceId)
            .distinct()
            .filter(repository::Column::NamespaceId.is_in(ids.iter().copied()))
            .into_tuple()
            .all(self.reader())
            .await?;
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

/// The ids of the accounts with this value.
fn ids_where(column: user::Column, value: i64) -> SelectStatement {
    user::Entity::find()
        .select_only()
        .column(user::Column::Id)
        .filter(column.eq(value))
        .into_query()
}
