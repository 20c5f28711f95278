//! The only way to change audited rows: a transaction that knows its actor, writes only with a permit, and commits
//! together with its activities.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use sea_orm::{
    ActiveModelBehavior, ActiveModelTrait, ColumnTrait, DatabaseTransaction, EntityName as _,
    EntityTrait, ExprTrait as _, IntoActiveModel, QueryFilter, QuerySelect as _, sea_query::Expr,
};

use crate::{
    activity::Activity,
    app::App,
    database::Write,
    entities::{
        Role, activity, application_token, auth_epoch, namespace, repository, tag, team, team_user,
        user,
    },
    error::{Error, Result},
    identity::actor::Actor,
    policy::{
        Guard, Permit, Rules, Standing,
        guard::{Authority, KeepBooks},
    },
};

/// A change in the making. Dropping it undoes everything.
pub struct Change<'a> {
    app: &'a App,
    write: Write,
    actor: &'a Actor,
    now: NaiveDateTime,
    /// Whether accounts or permissions changed, so that every cache must be filled anew.
    rights: bool,
}

/// A row's own loading by id, and the team whose roles count for it.
pub trait Subject: Sized + Send {
    fn find(
        id: i64,
        transaction: &DatabaseTransaction,
    ) -> impl Future<Output = Result<Option<Self>, sea_orm::DbErr>> + Send;

    fn team_id(&self) -> Option<i64>;

    /// The namespace it lies in, for credentials that are good for one only.
    fn namespace_id(&self) -> Option<i64> {
        None
    }
}

macro_rules! subjects {
    (@namespace) => { None };
    (@namespace $id:expr) => { $id };
    ($($module:ident: |$row:ident| $team:expr $(, in $namespace:expr)?;)+) => {
        $(impl Subject for crate::entities::$module::Model {
            async fn find(id: i64, transaction: &DatabaseTransaction) -> Result<Option<Self>, sea_orm::DbErr> {
                crate::entities::$module::Entity::find_by_id(id).one(transaction).await
            }

            fn team_id(&self) -> Option<i64> {
                let $row = self;
                $team
            }

            fn namespace_id(&self) -> Option<i64> {
                let $row = self;
                let _ = $row;
                subjects!(@namespace $($namespace)?)
            }
        })+
    };
}

subjects! {
    user: |row| row.owner_team_id;
    registry: |_row| None;
    team: |row| Some(row.id);
    namespace: |row| Some(row.team_id), in Some(row.id);
}

/// An application token counts by the team that its bot belongs to, if it is a bot's.
impl Subject for (application_token::Model, user::Model) {
    async fn find(
        id: i64,
        transaction: &DatabaseTransaction,
    ) -> Result<Option<Self>, sea_orm::DbErr> {
        let found = application_token::Entity::find_by_id(id)
            .find_also_related(user::Entity)
            .one(transaction)
            .await?;
        Ok(found.and_then(|(token, owner)| Some((token, owner?))))
    }

    fn team_id(&self) -> Option<i64> {
        self.1.owner_team_id
    }
}

/// A repository counts by its namespace's team.
impl Subject for (repository::Model, namespace::Model) {
    async fn find(
        id: i64,
        transaction: &DatabaseTransaction,
    ) -> Result<Option<Self>, sea_orm::DbErr> {
        let found = repository::Entity::find_by_id(id)
            .find_also_related(namespace::Entity)
            .one(transaction)
            .await?;
        Ok(found.and_then(|(row, namespace)| Some((row, namespace?))))
    }

    fn team_id(&self) -> Option<i64> {
        Some(self.1.team_id)
    }

    fn namespace_id(&self) -> Option<i64> {
        Some(self.1.id)
    }
}

/// A tag counts by its repository's namespace's team.
impl Subject for (tag::Model, repository::Model, namespace::Model) {
    async fn find(
        id: i64,
        transaction: &DatabaseTransaction,
    ) -> Result<Option<Self>, sea_orm::DbErr> {
        let Some(row) = tag::Entity::find_by_id(id).one(transaction).await? else {
            return Ok(None);
        };
        let place = <(repository::Model, namespace::Model)>::find(row.repository_id, transaction);
        Ok(place
            .await?
            .map(|(repository, namespace)| (row, repository, namespace)))
    }

    fn team_id(&self) -> Option<i64> {
        Some(self.2.team_id)
    }

    fn namespace_id(&self) -> Option<i64> {
        Some(self.2.id)
    }
}

impl<'a> Change<'a> {
    pub async fn begin(app: &'a App, actor: &'a Actor) -> Result<Self> {
        let write = app.database.write().await?;
        Ok(Self::with(app, actor, write))
    }

    /// The same for what would be done again after a power cut, see [`crate::database::Database::write_redoable`].
    pub async fn begin_redoable(app: &'a App, actor: &'a Actor) -> Result<Self> {
        let write = app.database.write_redoable().await?;
        Ok(Self::with(app, actor, write))
    }

    fn with(app: &'a App, actor: &'a Actor, write: Write) -> Self {
        Self {
            app,
            write,
            actor,
            now: app.clock.now(),
            rights: false,
        }
    }

    /// The moment of this change, the same for all its rows.
    pub fn now(&self) -> NaiveDateTime {
        self.now
    }

    pub fn actor(&self) -> &Actor {
        self.actor
    }

    pub(super) fn app(&self) -> &'a App {
        self.app
    }

    pub fn rules(&self) -> &'a Rules {
        &self.app.rules
    }

    /// For reading what this change has written so far.
    pub fn reader(&self) -> &DatabaseTransaction {
        &self.write.transaction
    }

    /// Loads a row together with the leave to do `G` to it. Missing or invisible: [`Error::NotFound`].
    pub async fn permit<G>(&self, id: i64) -> Result<Permit<G>>
    where
        G: Guard,
        G::On: Subject,
    {
        let on = G::On::find(id, self.reader())
            .await?
            .ok_or(Error::NotFound)?;
        self.permit_loaded(on).await
    }

    /// The same for a row that has been loaded by something other than its id.
    pub async fn permit_loaded<G>(&self, on: G::On) -> Result<Permit<G>>
    where
        G: Guard,
        G::On: Subject,
    {
        let standing = self.standing(on.team_id(), on.namespace_id()).await?;
        Permit::ask(standing, on, self.rules())
    }

    /// Leave for what needs no row, or none with a team.
    pub fn permit_on<G: Guard>(&self, on: G::On) -> Result<Permit<G>> {
        let standing = Standing {
            who: self.actor.who(),
            role: None,
        };
        Permit::ask(standing, on, self.rules())
    }

    /// Leave for the service's own bookkeeping.
    pub fn books(&self) -> Result<Permit<KeepBooks>> {
        self.permit_on(())
    }

    async fn standing(&self, team_id: Option<i64>, namespace_id: Option<i64>) -> Result<Standing> {
        let role = match (team_id, self.actor.user_id()) {
            (Some(team_id), Some(user_id)) => self.role(team_id, user_id).await?,
            _ => None,
        };
        Ok(Standing::towards(self.actor.who(), role, namespace_id))
    }

    async fn role(&self, team_id: i64, user_id: i64) -> Result<Option<Role>> {
        let row = team_user::Entity::find()
            .filter(team_user::Column::TeamId.eq(team_id))
            .filter(team_user::Column::UserId.eq(user_id))
            .one(self.reader())
            .await?;
        Ok(row.map(|row| row.role))
    }

    /// Inserts a row. A clash with a unique value comes back as the database's own error, see
    /// [`crate::error::is_taken`].
    #[expect(clippy::disallowed_methods, reason = "the one place that writes rows")]
    pub async fn insert<A, P>(
        &mut self,
        _permit: &P,
        row: A,
    ) -> Result<<A::Entity as EntityTrait>::Model, sea_orm::DbErr>
    where
        P: Authority,
        A: ActiveModelTrait + ActiveModelBehavior + Send,
        <A::Entity as EntityTrait>::Model: IntoActiveModel<A>,
    {
        // A secret that nobody has presented yet is in nobody's memory.
        if A::Entity::default().table_name() != "sessions" {
            self.notice::<A::Entity>();
        }
        row.insert(self.reader()).await
    }

    /// Writes the columns of a row that are set.
    #[expect(clippy::disallowed_methods, reason = "the one place that writes rows")]
    pub async fn update<A, P>(
        &mut self,
        _permit: &P,
        row: A,
    ) -> Result<<A::Entity as EntityTrait>::Model, sea_orm::DbErr>
    where
        P: Authority,
        A: ActiveModelTrait + ActiveModelBehavior + Send,
        <A::Entity as EntityTrait>::Model: IntoActiveModel<A>,
    {
        self.notice::<A::Entity>();
        row.update(self.reader()).await
    }

    /// Removes rows; what hangs on them goes by the schema's own rules. Returns how many went.
    pub async fn delete_where<E, P>(
        &mut self,
        _permit: &P,
        condition: impl sea_orm::sea_query::IntoCondition,
    ) -> Result<u64>
    where
        P: Authority,
        E: EntityTrait,
    {
        self.notice::<E>();
        let gone = E::delete_many()
            .filter(condition.into_condition())
            .exec(self.reader())
            .await?;
        Ok(gone.rows_affected)
    }

    /// Removes rows that count for nothing any more, of which no cache need hear.
    pub async fn purge<E, P>(
        &mut self,
        _permit: &P,
        condition: impl sea_orm::sea_query::IntoCondition,
    ) -> Result<u64>
    where
        P: Authority,
        E: EntityTrait,
    {
        let gone = E::delete_many()
            .filter(condition.into_condition())
            .exec(self.reader())
            .await?;
        Ok(gone.rows_affected)
    }

    /// A statement over many rows of `E`. Returns how many changed.
    pub async fn execute<E, P, S>(&mut self, _permit: &P, statement: &S) -> Result<u64>
    where
        P: Authority,
        E: EntityTrait,
        S: sea_orm::StatementBuilder,
    {
        use sea_orm::ConnectionTrait as _;
        self.notice::<E>();
        let done = self.reader().execute(statement).await?;
        Ok(done.rows_affected())
    }

    fn notice<E: EntityTrait>(&mut self) {
        const RIGHTS: &[&str] = &[
            "users",
            "application_tokens",
            "bot_trusts",
            "refresh_tokens",
            "sessions",
            "registries",
            "teams",
            "team_users",
            "namespaces",
        ];
        self.rights |= RIGHTS.contains(&E::default().table_name());
    }

    /// Commits the change with its entries in the audit log.
    pub async fn commit(self, activities: impl IntoIterator<Item = Activity>) -> Result<()> {
        let rows: Vec<activity::ActiveModel> = activities
            .into_iter()
            .map(|it| it.into_row((self.actor.user_id(), self.actor.name()), self.now))
            .collect();
        if !rows.is_empty() {
            activity::Entity::insert_many(rows)
                .exec(self.reader())
                .await?;
        }
        if self.rights {
            auth_epoch::Entity::update_many()
                .col_expr(
                    auth_epoch::Column::Value,
                    Expr::col(auth_epoch::Column::Value).add(1),
                )
                .exec(self.reader())
                .await?;
        }
        self.write.commit().await?;
        Ok(())
    }

    /// Commits what is no news to anybody; `reason` says why, to whoever reads the code.
    pub async fn commit_unrecorded(self, reason: &'static str) -> Result<()> {
        debug_assert!(!reason.is_empty());
        self.commit([]).await
    }

    /// Waits until no other change that takes turns is under way, on any replica, so that what is counted now still
    /// holds at the commit.
    pub async fn take_turns(&self) -> Result<()> {
        auth_epoch::Entity::find()
            .lock_exclusive()
            .one(self.reader())
            .await?;
        Ok(())
    }

    /// Writes when something was last used, which no cache needs to know.
    pub async fn note_use<P: Authority>(
        &self,
        _permit: &P,
        statement: &impl sea_orm::StatementBuilder,
    ) -> Result<()> {
        use sea_orm::ConnectionTrait as _;
        self.reader().execute(statement).await?;
        Ok(())
    }

    /// The teams of these ids, by id.
    pub async fn teams(&self, ids: &[i64]) -> Result<HashMap<i64, team::Model>> {
        let rows = team::Entity::find()
            .filter(team::Column::Id.is_in(ids.iter().copied()))
            .all(self.reader())
            .await?;
        Ok(rows.into_iter().map(|row| (row.id, row)).collect())
    }

    /// The registry's global namespace.
    pub async fn global_namespace(&self, registry_id: i64) -> Result<Option<namespace::Model>> {
        Ok(namespace::Entity::find()
            .filter(namespace::Column::RegistryId.eq(registry_id))
            .filter(namespace::Column::Global.eq(true))
            .one(self.reader())
            .await?)
    }
}
