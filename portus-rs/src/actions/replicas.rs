//! Replicas must share their secrets: what one signs, all must stand by. The first to start says which.

use chrono::{NaiveDateTime, TimeDelta};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};

use super::change::Change;
use crate::{
    app::App,
    entities::setting,
    error::{Error, Result},
    identity::{actor::Actor, secret},
};

const NAME: &str = "replicas";
/// A process that has not been heard of for so long counts as gone.
const GONE: TimeDelta = TimeDelta::seconds(30);
/// How often a process should be heard of, in seconds.
pub const HEARTBEAT: u64 = 10;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Shared {
    signing_key: String,
    secret_key_base: String,
    /// When a process with these secrets was last heard of; none after an orderly stop of the last.
    seen_at: Option<NaiveDateTime>,
}

/// Compares this process's secrets with those of its living replicas, and says that it lives.
pub async fn join(app: &App, secret_key_base: &str) -> Result<()> {
    let actor = Actor::Portus;
    let mut change = Change::begin(app, &actor).await?;
    change.take_turns().await?;
    let books = change.books()?;
    let ours = Shared {
        signing_key: app.keys.signing.fingerprint().to_owned(),
        secret_key_base: secret::fingerprint(secret_key_base),
        seen_at: Some(change.now()),
    };
    let row = setting::Entity::find()
        .filter(setting::Column::Name.eq(NAME))
        .one(change.reader())
        .await?;
    let theirs: Option<Shared> = row
        .as_ref()
        .and_then(|row| serde_json::from_str(&row.value).ok());
    if let Some(theirs) = &theirs {
        let lives = theirs
            .seen_at
            .is_some_and(|seen| seen + GONE > change.now());
        let key = theirs.signing_key != ours.signing_key;
        let base = theirs.secret_key_base != ours.secret_key_base;
        if lives && (key || base) {
            let mut share = Vec::new();
            if key {
                share.push("the token key (PORTUS_KEY_PATH and its certificate, or portus.key and portus.crt of PORTUS_DATA_DIR)");
            }
            if base {
                share.push("the secret key base (PORTUS_SECRET_KEY_BASE, or secret_key_base of PORTUS_DATA_DIR)");
            }
            return Err(Error::Refused(format!(
                "another portus-rs works on this database with other secrets: give all of them the same {}. \
                 To exchange secrets, stop every process first and wait {} s",
                share.join(" and "),
                GONE.num_seconds()
            )));
        }
        if key {
            tracing::warn!(
                "the signing key is another one than at the last start: every registry needs the new certificate in its rootcertbundle"
            );
        }
    }
    let value = serde_json::to_string(&ours).map_err(|error| Error::Internal(error.into()))?;
    let mut fresh = setting::ActiveModel {
        value: Set(value),
        updated_at: Set(change.now()),
        ..Default::default()
    };
    match row {
        Some(row) => {
            fresh.id = Set(row.id);
            change.update(&books, fresh).await?;
        }
        None => {
            fresh.name = Set(NAME.to_owned());
            change.insert(&books, fresh).await?;
        }
    }
    change.commit_unrecorded("a sign of life").await
}

/// Says that the last process stops in good order, so that the next may bring other secrets. Another replica that
/// still lives says otherwise within seconds.
pub async fn leave(app: &App) -> Result<()> {
    let actor = Actor::Portus;
    let mut change = Change::begin(app, &actor).await?;
    let books = change.books()?;
    let Some(row) = setting::Entity::find()
        .filter(setting::Column::Name.eq(NAME))
        .one(change.reader())
        .await?
    else {
        return Ok(());
    };
    let Ok(mut shared) = serde_json::from_str::<Shared>(&row.value) else {
        return Ok(());
    };
    shared.seen_at = None;
    let value = serde_json::to_string(&shared).map_err(|error| Error::Internal(error.into()))?;
    let fresh = setting::ActiveModel {
        id: Set(row.id),
        value: Set(value),
        ..Default::default()
    };
    change.update(&books, fresh).await?;
    change.commit_unrecorded("an orderly stop").await
}
