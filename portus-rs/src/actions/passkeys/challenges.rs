//! What browsers have been asked to sign. The row holds it, sealed, so that every replica knows it; the browser only the
//! secret to it. One answer uses it up, whatever it is.

use chrono::TimeDelta;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait as _, EntityTrait as _, QueryFilter as _,
};
use serde::{Deserialize, Serialize};

use crate::{
    actions::change::Change,
    app::App,
    entities::passkey_challenge,
    error::{Error, Result},
    identity::{
        actor::Actor,
        secret::{self, Kind},
    },
    keys::vault::Purpose,
};

/// How long somebody may look for their key. Browsers wait as long.
pub const PATIENCE: TimeDelta = TimeDelta::minutes(5);

/// What an answer is good for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum What {
    /// A new passkey, of the account that authenticators are to know by this.
    Add { user_handle: String },
    /// Signing in, without a word before.
    Enter,
    /// The same after the password.
    Prove,
    /// Showing again that it is them.
    Confirm,
}

/// What a browser has been asked.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Challenge {
    pub what: What,
    /// Who was asked, if that is known.
    pub user: Option<i64>,
    pub state: String,
}

impl Challenge {
    /// Stores it. Returns the secret for the cookie.
    pub async fn keep(&self, app: &App) -> Result<String> {
        let text = serde_json::to_string(self).map_err(|error| Error::Internal(error.into()))?;
        let sealed = app.vault.seal(Purpose::Passkey, &text);
        let sealed = sealed.map_err(|error| Error::Internal(error.into()))?;
        let plain = secret::generate(Kind::Passkey)?;
        let actor = Actor::Portus;
        let mut change = Change::begin_redoable(app, &actor).await?;
        let books = change.books()?;
        let row = passkey_challenge::ActiveModel {
            id: NotSet,
            secret_sha256: Set(secret::fingerprint(&plain)),
            sealed: Set(sealed),
            expires_at: Set(change.now() + PATIENCE),
        };
        change.insert(&books, row).await?;
        change
            .commit_unrecorded("nothing has come of it yet")
            .await?;
        Ok(plain)
    }
}

/// Uses up what the secret in a browser's cookie stands for. Of many who come with it exactly one gets it.
pub(super) async fn take(app: &App, presented: Option<&str>) -> Result<Option<Challenge>> {
    let Some(presented) = presented.filter(|it| secret::is_wellformed(Kind::Passkey, it)) else {
        return Ok(None);
    };
    let actor = Actor::Portus;
    let mut change = Change::begin(app, &actor).await?;
    let books = change.books()?;
    let row = passkey_challenge::Entity::find()
        .filter(passkey_challenge::Column::SecretSha256.eq(secret::fingerprint(presented)))
        .one(change.reader())
        .await?;
    let Some(row) = row else { return Ok(None) };
    let now = change.now();
    let gone = change
        .purge::<passkey_challenge::Entity, _>(&books, passkey_challenge::Column::Id.eq(row.id))
        .await?;
    change
        .commit_unrecorded("what comes of the answer is in the log")
        .await?;
    if gone == 0 || row.expires_at <= now {
        return Ok(None);
    }
    let opened = app.vault.open(Purpose::Passkey, &row.sealed).ok();
    Ok(opened.and_then(|it| serde_json::from_str(it.expose()).ok()))
}

/// Removes what nobody answered in time. Returns how many.
pub async fn expire(app: &App) -> Result<u64> {
    let actor = Actor::Portus;
    let mut change = Change::begin_redoable(app, &actor).await?;
    let books = change.books()?;
    let over = passkey_challenge::Column::ExpiresAt.lte(change.now());
    let gone = change
        .purge::<passkey_challenge::Entity, _>(&books, over)
        .await?;
    change.commit_unrecorded("these were over already").await?;
    Ok(gone)
}
