//! Somebody whom a provider knows, while they choose a name or look for their password. The row holds it all, sealed; the
//! browser only the secret to it.

use chrono::NaiveDateTime;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, QueryFilter,
    sea_query::SimpleExpr,
};
use serde::{Deserialize, Serialize};

use crate::{
    actions::change::Change,
    app::App,
    entities::{pending_sign_in, user},
    error::{Error, Result},
    identity::{
        actor::Actor,
        oauth::PATIENCE,
        secret::{self, Kind},
    },
    keys::vault::Purpose,
    policy::{Permit, guard::KeepBooks},
    remote::oauth::{Grant, Known, Profile},
};

/// A sign-in that is not complete.
#[derive(Clone, Serialize, Deserialize)]
pub struct Pending {
    pub profile: Profile,
    /// What lets the provider be asked again.
    #[serde(default)]
    pub(super) grant: Option<Grant>,
    pub return_to: Option<String>,
    /// The account that has the same address.
    pub claims: Option<Claimed>,
    #[serde(skip)]
    id: i64,
}

/// An account that somebody has to prove to be theirs.
#[derive(Clone, Serialize, Deserialize)]
pub struct Claimed {
    pub id: i64,
    pub username: String,
}

impl Pending {
    /// Somebody new.
    pub(super) fn new(known: &Known, return_to: Option<String>) -> Self {
        Self {
            profile: known.profile.clone(),
            grant: known.grant.clone(),
            return_to,
            claims: None,
            id: 0,
        }
    }

    /// Somebody whose address an account has.
    pub(super) fn claiming(known: &Known, user: &user::Model, return_to: Option<String>) -> Self {
        Self {
            claims: Some(Claimed {
                id: user.id,
                username: user.username.clone(),
            }),
            ..Self::new(known, return_to)
        }
    }

    /// Stores it. Returns the secret for the cookie.
    pub(super) async fn keep(&self, app: &App) -> Result<String> {
        let internal = |error: anyhow::Error| Error::Internal(error);
        let text = serde_json::to_string(self).map_err(|error| internal(error.into()))?;
        let sealed = app.vault.seal(Purpose::Profile, &text);
        let sealed = sealed.map_err(|error| internal(error.into()))?;
        let plain = secret::generate(Kind::SignIn)?;
        let actor = Actor::Portus;
        let mut change = Change::begin(app, &actor).await?;
        let books = change.books()?;
        let expires: NaiveDateTime = change.now() + PATIENCE;
        let row = pending_sign_in::ActiveModel {
            id: NotSet,
            secret_sha256: Set(secret::fingerprint(&plain)),
            sealed: Set(sealed),
            expires_at: Set(expires),
        };
        change.insert(&books, row).await?;
        change
            .commit_unrecorded("nothing has come of it yet")
            .await?;
        Ok(plain)
    }

    /// What finds it again, for what is sealed.
    pub(super) fn id(&self) -> i64 {
        self.id
    }

    /// Uses it up. Whether it was still there.
    pub(super) async fn take(
        &self,
        change: &mut Change<'_>,
        books: &Permit<KeepBooks>,
    ) -> Result<bool> {
        let own = pending_sign_in::Column::Id.eq(self.id);
        let gone = change
            .delete_where::<pending_sign_in::Entity, _>(books, own)
            .await?;
        Ok(gone == 1)
    }
}

/// What the secret in a browser's cookie stands for, as long as it counts.
pub async fn find(app: &App, presented: &str) -> Result<Option<Pending>> {
    if !secret::is_wellformed(Kind::SignIn, presented) {
        return Ok(None);
    }
    let secret = secret::fingerprint(presented);
    counting(app, pending_sign_in::Column::SecretSha256.eq(secret)).await
}

/// What one that was found before stands for, as long as it counts.
pub(super) async fn by_id(app: &App, id: i64) -> Result<Option<Pending>> {
    counting(app, pending_sign_in::Column::Id.eq(id)).await
}

async fn counting(app: &App, which: SimpleExpr) -> Result<Option<Pending>> {
    let row = pending_sign_in::Entity::find()
        .filter(which)
        .filter(pending_sign_in::Column::ExpiresAt.gt(app.clock.now()))
        .one(app.database.reader())
        .await?;
    let Some(row) = row else { return Ok(None) };
    let opened = app.vault.open(Purpose::Profile, &row.sealed).ok();
    let pending: Option<Pending> = opened.and_then(|it| serde_json::from_str(it.expose()).ok());
    Ok(pending.map(|pending| Pending {
        id: row.id,
        ..pending
    }))
}

/// Removes what nobody completed in time. Returns how many.
pub async fn expire(app: &App) -> Result<u64> {
    let actor = Actor::Portus;
    let mut change = Change::begin_redoable(app, &actor).await?;
    let books = change.books()?;
    let over = pending_sign_in::Column::ExpiresAt.lte(change.now());
    let gone = change
        .purge::<pending_sign_in::Entity, _>(&books, over)
        .await?;
    change.commit_unrecorded("these were over already").await?;
    Ok(gone)
}
