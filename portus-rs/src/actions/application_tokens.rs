//! Secrets that stand in for a password: issued and revoked.

use chrono::{NaiveDateTime, TimeDelta};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder as _,
};

use super::change::Change;
use crate::{
    activity::Activity,
    app::App,
    entities::{TokenScope, application_token, namespace, user},
    error::{Error, Invalid, Result, is_taken, wordings},
    identity::{
        actor::Actor,
        secret::{self, Kind},
    },
    policy::{
        self, Standing,
        guard::Authority,
        users::{IssueToken, RevokeToken},
    },
};

/// Tokens an account may have at once.
pub const MOST: u64 = 5;

/// Longest life that can be given in days.
pub const MOST_DAYS: i64 = 3650;

/// A new token and the text that opens it, which is never shown again.
pub struct Issued {
    pub token: application_token::Model,
    pub plain: String,
    /// The name of the only namespace it is good for.
    pub namespace: Option<String>,
}

/// A token to be issued.
#[derive(Clone, Debug, Default)]
pub struct NewToken {
    pub application: String,
    pub scope: TokenScope,
    /// The name or id of the only namespace it is to be good for.
    pub namespace: Option<String>,
    pub ends: Ends,
}

/// When a token stops being good by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ends {
    #[default]
    Never,
    At(NaiveDateTime),
    /// So many days from now.
    After(i64),
}

/// Issues a token with all its owner's rights and without an end, as Portus does.
pub async fn issue(app: &App, actor: &Actor, user_id: i64, application: &str) -> Result<Issued> {
    let new = NewToken {
        application: application.to_owned(),
        ..NewToken::default()
    };
    issue_limited(app, actor, user_id, &new).await
}

/// Issues a token for an account.
pub async fn issue_limited(
    app: &App,
    actor: &Actor,
    user_id: i64,
    new: &NewToken,
) -> Result<Issued> {
    let mut change = Change::begin(app, actor).await?;
    let permit = change.permit::<IssueToken>(user_id).await;
    let permit = permit.map_err(|error| unknown_like_foreign(actor, error))?;
    let owner = permit.on().clone();
    // Five at most, also when several are asked for at once.
    change.take_turns().await?;
    let issued = add(&mut change, &permit, &owner, new).await?;
    let told = Activity::token_created(&issued.token, &owner, issued.namespace.as_deref());
    change.commit([told]).await?;
    Ok(issued)
}

/// Whoever may not do it learns nothing about which accounts there are.
pub(super) fn unknown_like_foreign(actor: &Actor, error: Error) -> Error {
    let standing = Standing {
        who: actor.who(),
        role: None,
    };
    match error {
        Error::NotFound if !standing.is_admin() => {
            policy::users::manage_tokens(standing, 0).refusal()
        }
        other => other,
    }
}

pub(super) async fn add<P: Authority>(
    change: &mut Change<'_>,
    permit: &P,
    owner: &user::Model,
    new: &NewToken,
) -> Result<Issued> {
    let mut invalid = Invalid::default();
    let application = new.application.trim();
    if application.is_empty() {
        invalid.add("application", "can't be blank");
    }
    if application.chars().count() > 255 {
        invalid.add("application", "is too long (maximum is 255 characters)");
    }
    let expires_at = match new.ends {
        Ends::Never => None,
        Ends::At(moment) if moment <= change.now() => {
            invalid.add("expires_at", "must be in the future");
            None
        }
        Ends::At(moment) => Some(moment),
        Ends::After(days) if (1..=MOST_DAYS).contains(&days) => {
            Some(change.now() + TimeDelta::days(days))
        }
        Ends::After(_) => {
            invalid.add("expires_in", wordings::TOO_MANY_DAYS.with(&[&MOST_DAYS]));
            None
        }
    };
    let namespace = match &new.namespace {
        None => None,
        Some(name) => {
            let found = visible_namespace(change, name).await?;
            if found.is_none() {
                invalid.add("namespace", "does not exist");
            }
            found
        }
    };
    invalid.into_result()?;
    let held = application_token::Entity::find()
        .filter(application_token::Column::UserId.eq(owner.id))
        .count(change.reader())
        .await?;
    if held >= MOST {
        return Err(Error::invalid(
            "base",
            wordings::TOO_MANY_TOKENS.with(&[&MOST]),
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
        expires_at: Set(expires_at),
        scope: Set(new.scope),
        namespace_id: Set(namespace.as_ref().map(|it| it.id)),
        last_used_ip: Set(None),
        last_used_client: Set(None),
    };
    match change.insert(permit, row).await {
        Ok(token) => Ok(Issued {
            token,
            plain,
            namespace: namespace.map(|it| it.name),
        }),
        Err(error) if is_taken(&error) => {
            Err(Error::invalid("application", "has already been taken"))
        }
        Err(error) => Err(error.into()),
    }
}

/// The namespace of this name, in the oldest registry that has one, or of this id, if the actor may see it.
pub(super) async fn visible_namespace(
    change: &Change<'_>,
    name: &str,
) -> Result<Option<namespace::Model>> {
    let mut by = Condition::any().add(namespace::Column::Name.eq(name));
    if let Ok(id) = name.parse::<i64>() {
        by = by.add(namespace::Column::Id.eq(id));
    }
    let found = namespace::Entity::find()
        .filter(by)
        .filter(policy::visible::namespaces(change.actor().who()))
        .order_by_asc(namespace::Column::RegistryId)
        .all(change.reader())
        .await?;
    // A name that looks like an id is a name first.
    let named = found.iter().position(|row| row.name == name);
    Ok(found.into_iter().nth(named.unwrap_or(0)))
}

/// Revokes a token: it stops working at the next request.
pub async fn revoke(app: &App, actor: &Actor, id: i64) -> Result<()> {
    let mut change = Change::begin(app, actor).await?;
    let permit = change.permit::<RevokeToken>(id).await?;
    change
        .delete_where::<application_token::Entity, _>(&permit, application_token::Column::Id.eq(id))
        .await?;
    let (token, owner) = permit.into_inner();
    change
        .commit([Activity::token_destroyed(&token, &owner)])
        .await
}
