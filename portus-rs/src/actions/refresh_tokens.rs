//! What docker keeps instead of a password. It cannot be rotated: clients keep the first one they got.

use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};

use super::{application_tokens::unknown_like_foreign, change::Change};
use crate::{
    activity::Activity,
    app::App,
    entities::{refresh_token, user},
    error::{Error, Result, is_orphan},
    identity::{
        actor::Actor,
        credentials::{Identified, Method, REFRESH_UNUSED},
        secret::{self, Kind},
    },
    policy::sessions::EndSessions,
};

/// Logins an account may have at once; the one unused longest gives way.
const MOST: u64 = 100;

/// Where a login came from.
pub struct Login<'a> {
    pub service: &'a str,
    pub client_id: &'a str,
    pub address: &'a str,
    /// The program, as it calls itself.
    pub user_agent: &'a str,
}

/// What was shown for a docker login.
fn method(who: &Identified) -> &'static str {
    match who.method {
        Method::ApplicationToken { .. } | Method::RefreshToken { .. } => "token",
        Method::Password if who.account.is_of_directory() => "ldap",
        Method::Password => "password",
        Method::Provider => "provider",
        Method::Job => "job",
    }
}

/// Gives out a refresh token for an account that has just proved itself. With an application token, it has that one's
/// limits and goes with it.
pub async fn issue(app: &App, who: &Identified, login: Login<'_>) -> Result<String> {
    let actor = Actor::Portus;
    let mut change = Change::begin(app, &actor).await?;
    let books = change.books()?;
    let plain = secret::generate(Kind::Refresh)?;
    let short = |text: &str| text.chars().take(255).collect::<String>();
    let row = refresh_token::ActiveModel {
        id: NotSet,
        user_id: Set(who.account.id),
        application_token_id: Set(who.application_token),
        token_sha256: Set(secret::fingerprint(&plain)),
        service: Set(login.service.to_owned()),
        client_id: Set(short(login.client_id)),
        address: Set(short(login.address)),
        created_at: Set(change.now()),
        last_used_at: Set(change.now()),
    };
    let row = match change.insert(&books, row).await {
        // The application token was revoked, or the account removed, a moment ago.
        Err(error) if is_orphan(&error) => {
            return Err(Error::NotSignedIn(
                "this login is no longer valid".to_owned(),
            ));
        }
        done => done?,
    };
    let surplus: Vec<i64> = refresh_token::Entity::find()
        .select_only()
        .column(refresh_token::Column::Id)
        .filter(refresh_token::Column::UserId.eq(who.account.id))
        .order_by_desc(refresh_token::Column::LastUsedAt)
        .order_by_desc(refresh_token::Column::Id)
        .offset(MOST)
        .limit(MOST)
        .into_tuple()
        .all(change.reader())
        .await?;
    if !surplus.is_empty() {
        change
            .delete_where::<refresh_token::Entity, _>(
                &books,
                refresh_token::Column::Id.is_in(surplus),
            )
            .await?;
    }
    let account = (who.account.id, who.account.username.as_str());
    let told = Activity::docker_login_created(&row, account, method(who), &short(login.user_agent));
    change.commit([told]).await?;
    Ok(plain)
}

/// Ends a docker login: what docker keeps of it is worth nothing at the next request.
pub async fn revoke(app: &App, actor: &Actor, id: i64) -> Result<()> {
    let mut change = Change::begin(app, actor).await?;
    let found = refresh_token::Entity::find_by_id(id)
        .find_also_related(user::Entity)
        .one(change.reader())
        .await?;
    let Some((token, Some(owner))) = found else {
        return Err(Error::NotFound);
    };
    let permit = change.permit_loaded::<EndSessions>(owner).await?;
    change
        .delete_where::<refresh_token::Entity, _>(&permit, refresh_token::Column::Id.eq(id))
        .await?;
    let owner = permit.into_inner();
    change
        .commit([Activity::docker_login_ended(&owner, &token.service)])
        .await
}

/// Ends every docker login of an account. Returns how many there were.
pub async fn revoke_all(app: &App, actor: &Actor, user_id: i64) -> Result<usize> {
    let mut change = Change::begin(app, actor).await?;
    let permit = change.permit::<EndSessions>(user_id).await;
    let permit = permit.map_err(|error| unknown_like_foreign(actor, error))?;
    let tokens = refresh_token::Entity::find()
        .filter(refresh_token::Column::UserId.eq(user_id))
        .order_by_asc(refresh_token::Column::Id)
        .all(change.reader())
        .await?;
    if tokens.is_empty() {
        return Ok(0);
    }
    change
        .delete_where::<refresh_token::Entity, _>(
            &permit,
            refresh_token::Column::Id.is_in(tokens.iter().map(|it| it.id)),
        )
        .await?;
    let owner = permit.into_inner();
    let told = tokens
        .iter()
        .map(|it| Activity::docker_login_ended(&owner, &it.service));
    change.commit(told.collect::<Vec<_>>()).await?;
    Ok(tokens.len())
}

/// Removes logins that nobody has used for 90 days. Returns how many.
pub async fn expire(app: &App) -> Result<u64> {
    let actor = Actor::Portus;
    let mut change = Change::begin(app, &actor).await?;
    let books = change.books()?;
    let gone = change
        .delete_where::<refresh_token::Entity, _>(
            &books,
            refresh_token::Column::LastUsedAt.lt(change.now() - REFRESH_UNUSED),
        )
        .await?;
    change.commit_unrecorded("these were dead already").await?;
    Ok(gone)
}
