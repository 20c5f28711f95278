//! Secrets that stand in for a password: issued and revoked.

use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter,
};

use super::change::Change;
use crate::{
    activity::Activity,
    app::App,
    entities::{application_token, user},
    error::{Error, Result, is_taken},
    identity::{
        actor::Actor,
        secret::{self, Kind},
    },
    policy::{
        guard::Authority,
        users::{IssueToken, RevokeToken},
    },
};

/// Tokens an account may have at once.
const MOST: u64 = 5;

/// A new token and the text that opens it, which is never shown again.
pub struct Issued {
    pub token: application_token::Model,
    pub plain: String,
}

/// Issues a token for an account.
pub async fn issue(app: &App, actor: &Actor, user_id: i64, application: &str) -> Result<Issued> {
    let mut change = Change::begin(app, actor).await?;
    let permit = match change.permit::<IssueToken>(user_id).await {
        // Whoever may not issue it learns nothing about which accounts there are.
        Err(Error::NotFound) if !matches!(actor, Actor::User(account) if account.admin) => {
            return Err(Error::forbidden(crate::policy::Rule::NotYours));
        }
        permit => permit?,
    };
    let owner = permit.on().clone();
    let issued = add(&mut change, &permit, &owner, application).await?;
    change
        .commit([Activity::token_created(&issued.token, &owner)])
        .await?;
    Ok(issued)
}

pub(super) async fn add<P: Authority>(
    change: &mut Change<'_>,
    permit: &P,
    owner: &user::Model,
    application: &str,
) -> Result<Issued> {
    let application = application.trim();
    if application.is_empty() {
        return Err(Error::invalid("application", "can't be blank"));
    }
    if application.chars().count() > 255 {
        return Err(Error::invalid(
            "application",
            "is too long (maximum is 255 characters)",
        ));
    }
    let held = application_token::Entity::find()
        .filter(application_token::Column::UserId.eq(owner.id))
        .count(change.reader())
        .await?;
    if held >= MOST {
        return Err(Error::invalid(
            "base",
            format!("Users cannot have more than {MOST} application tokens"),
        ));
    }
    let plain = secret::generate(Kind::Application)?;
    let row = application_token::ActiveModel {
        id: NotSet,
        user_id: Set(owner.id),
        application: Set(application.to_owned()),
        token_sha256: Set(Some(secret::fingerprint(&plain))),
        token_bcrypt: Set(None),
        created_at: Set(Some(change.now())),
        last_used_at: Set(None),
        expires_at: Set(None),
    };
    match change.insert(permit, row).await {
        Ok(token) => Ok(Issued { token, plain }),
        Err(error) if is_taken(&error) => {
            Err(Error::invalid("application", "has already been taken"))
        }
        Err(error) => Err(error.into()),
    }
}

/// Revokes a token: it stops working at the next request.
pub async fn revoke(app: &App, actor: &Actor, id: i64) -> Result<()> {
    let mut change = Change::begin(app, actor).await?;
    let (token, owner) = application_token::Entity::find_by_id(id)
        .find_also_related(user::Entity)
        .one(change.reader())
        .await?
        .and_then(|(token, owner)| Some((token, owner?)))
        .ok_or(Error::NotFound)?;
    let permit = change.permit_on::<RevokeToken>((token, owner))?;
    change
        .delete_where::<application_token::Entity, _>(&permit, application_token::Column::Id.eq(id))
        .await?;
    let (token, owner) = permit.into_inner();
    change
        .commit([Activity::token_destroyed(&token, &owner)])
        .await
}
