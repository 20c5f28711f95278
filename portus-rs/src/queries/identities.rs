//! Accounts at identity providers that open an account here.

use chrono::NaiveDateTime;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, ExprTrait as _, JoinType, QueryFilter, QueryOrder,
    QuerySelect as _, QueryTrait as _, RelationTrait as _, sea_query::Expr,
};

use crate::{
    app::App,
    entities::{application_token, identity, provider_grant, refresh_token, session, user},
    error::Result,
    identity::session::idle_limit,
    policy::{self, Standing, Who},
    queries,
};

/// Those of an account, the oldest link first, for its owner and for admins.
pub async fn of(app: &App, who: Who, user_id: i64) -> Result<Vec<identity::Model>> {
    let standing = Standing { who, role: None };
    // Whoever may not look learns nothing about which accounts there are.
    policy::sessions::manage(standing, user_id).granted()?;
    let owner = queries::users::by_id(app, user_id).await?;
    Ok(identity::Entity::find()
        .filter(identity::Column::UserId.eq(owner.id))
        .order_by_asc(identity::Column::Id)
        .all(app.database.reader())
        .await?)
}

/// The names of the providers with which an account is linked.
pub async fn providers_of(app: &App, user_id: i64) -> Result<Vec<String>> {
    Ok(identity::Entity::find()
        .select_only()
        .column(identity::Column::Provider)
        .distinct()
        .filter(identity::Column::UserId.eq(user_id))
        .into_tuple()
        .all(app.database.reader())
        .await?)
}

/// Identities from which sessions live, and users of whom anything does: a session, a docker login, an application token.
fn living(app: &App, now: NaiveDateTime) -> (sea_orm::sea_query::SelectStatement, Condition) {
    let unused = Condition::any()
        .add(session::Column::Remember.eq(true))
        .add(session::Column::LastSeenAt.gt(now - idle_limit(app)));
    let open = Condition::all()
        .add(session::Column::ExpiresAt.gt(now))
        .add(unused);
    let sessions = session::Entity::find()
        .select_only()
        .column(session::Column::IdentityId)
        .filter(session::Column::IdentityId.is_not_null())
        .filter(open.clone())
        .into_query();
    let people = session::Entity::find()
        .select_only()
        .column(session::Column::UserId)
        .filter(open)
        .into_query();
    let logins = refresh_token::Entity::find()
        .select_only()
        .column(refresh_token::Column::UserId)
        .into_query();
    let valid = Condition::any()
        .add(application_token::Column::ExpiresAt.is_null())
        .add(application_token::Column::ExpiresAt.gt(now));
    let tokens = application_token::Entity::find()
        .select_only()
        .column(application_token::Column::UserId)
        .filter(valid)
        .into_query();
    let shown = Condition::any()
        .add(user::Column::Id.in_subquery(people))
        .add(user::Column::Id.in_subquery(logins))
        .add(user::Column::Id.in_subquery(tokens));
    (sessions, shown)
}

/// Grants from which something here lives: a session that began with one, or whatever is open or kept for an account that
/// came from there, however its owner came in.
pub fn lively(app: &App, now: NaiveDateTime) -> Condition {
    let (sessions, shown) = living(app, now);
    let accounts = identity::Entity::find()
        .select_only()
        .column(identity::Column::Id)
        .join(JoinType::InnerJoin, identity::Relation::User.def())
        .filter(came_from_there())
        .filter(shown)
        .into_query();
    Condition::any()
        .add(provider_grant::Column::IdentityId.in_subquery(sessions))
        .add(provider_grant::Column::IdentityId.in_subquery(accounts))
}

/// Identities from which accounts came that may be used. What lets us ask about those is kept as long: whoever comes in
/// again by a passkey leaves nothing to ask with.
pub fn of_owners() -> sea_orm::sea_query::SelectStatement {
    identity::Entity::find()
        .select_only()
        .column(identity::Column::Id)
        .join(JoinType::InnerJoin, identity::Relation::User.def())
        .filter(came_from_there())
        .filter(user::Column::Enabled.eq(true))
        .into_query()
}

/// Accounts that came from the identity they are joined with, see [`is_owner`].
fn came_from_there() -> Condition {
    let subject = Expr::col((identity::Entity, identity::Column::Subject));
    let uid = Condition::any()
        .add(user::Column::Uid.is_null())
        .add(user::Column::Uid.eq(""))
        .add(Expr::col((user::Entity, user::Column::Uid)).eq(subject));
    Condition::all()
        .add(user::Column::Directory.eq(false))
        .add(user::Column::Provider.is_not_null())
        .add(uid)
}

/// Whether an account came from there, so that the provider decides whether it may be used; one that was only linked
/// later, and one whose password is the LDAP directory's, have a life of their own.
pub fn is_owner(identity: &identity::Model, user: &user::Model) -> bool {
    let uid = user.uid.as_deref().unwrap_or_default();
    !user.directory && user.provider.is_some() && (uid.is_empty() || uid == identity.subject)
}

/// Identities with their owners, from this id on: of accounts in use that came from one of these providers, from which
/// something lives, which nobody can be asked about and whose owners have not come this way since a moment.
pub async fn lapsed(
    app: &App,
    providers: &[&'static str],
    before: NaiveDateTime,
    after: i64,
    most: u64,
) -> Result<Vec<(identity::Model, user::Model)>> {
    let granted = provider_grant::Entity::find()
        .select_only()
        .column(provider_grant::Column::IdentityId)
        .into_query();
    let vouched = Condition::any()
        .add(identity::Column::LastUsedAt.gt(before))
        .add(identity::Column::Id.in_subquery(granted));
    // Whoever has several ways needs one.
    let vouched = identity::Entity::find()
        .select_only()
        .column(identity::Column::UserId)
        .filter(vouched)
        .into_query();
    let (_, shown) = living(app, app.clock.now());
    let found = identity::Entity::find()
        .find_also_related(user::Entity)
        .filter(identity::Column::Id.gt(after))
        .filter(identity::Column::Provider.is_in(providers.iter().copied()))
        .filter(came_from_there())
        .filter(user::Column::Enabled.eq(true))
        .filter(user::Column::ProviderGoneAt.is_null())
        .filter(user::Column::Id.not_in_subquery(vouched))
        .filter(shown)
        .order_by_asc(identity::Column::Id)
        .limit(most)
        .all(app.database.reader())
        .await?;
    Ok(found
        .into_iter()
        .filter_map(|(identity, owner)| Some((identity, owner?)))
        .collect())
}

/// Grants to ask with, from this id on: those of accounts in use, from which something lives and about which nobody has
/// asked since a moment.
pub async fn grants_to_ask(
    app: &App,
    providers: &[&'static str],
    after: i64,
    asked_before: NaiveDateTime,
    most: u64,
) -> Result<Vec<(provider_grant::Model, identity::Model)>> {
    let found = provider_grant::Entity::find()
        .find_also_related(identity::Entity)
        .join(JoinType::InnerJoin, identity::Relation::User.def())
        .filter(provider_grant::Column::Id.gt(after))
        .filter(provider_grant::Column::CheckedAt.lte(asked_before))
        .filter(identity::Column::Provider.is_in(providers.iter().copied()))
        .filter(user::Column::Enabled.eq(true))
        .filter(lively(app, app.clock.now()))
        .order_by_asc(provider_grant::Column::Id)
        .limit(most)
        .all(app.database.reader())
        .await?;
    Ok(found
        .into_iter()
        .filter_map(|(grant, identity)| Some((grant, identity?)))
        .collect())
}
