//! What counts once, or from one place only. The database remembers it for all replicas, until nobody would believe it
//! anyway.

use chrono::NaiveDateTime;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, QueryFilter,
};

use super::{actor::Actor, secret};
use crate::{
    actions::change::Change,
    app::App,
    entities::seen_token,
    error::{Result, is_taken},
};

/// Whether something was seen before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    Now,
    /// From this source.
    Before(String),
}

/// Marks a secret as seen from a source. Of many at once exactly one is the first.
pub async fn mark(app: &App, text: &str, source: &str, until: NaiveDateTime) -> Result<Seen> {
    let digest = secret::fingerprint(text);
    if let Some(row) = find(app, &digest).await? {
        return Ok(Seen::Before(row.source));
    }
    let actor = Actor::Portus;
    let mut change = Change::begin(app, &actor).await?;
    let books = change.books()?;
    let row = seen_token::ActiveModel {
        id: NotSet,
        digest: Set(digest.clone()),
        source: Set(source.to_owned()),
        seen_at: Set(change.now()),
        expires_at: Set(until),
    };
    match change.insert(&books, row).await {
        Ok(_) => {
            change
                .commit_unrecorded("what it lets in is recorded")
                .await?;
            Ok(Seen::Now)
        }
        Err(error) if is_taken(&error) => {
            drop(change);
            let first = find(app, &digest).await?.map(|row| row.source);
            Ok(Seen::Before(first.unwrap_or_default()))
        }
        Err(error) => Err(error.into()),
    }
}

async fn find(app: &App, digest: &str) -> Result<Option<seen_token::Model>> {
    Ok(seen_token::Entity::find()
        .filter(seen_token::Column::Digest.eq(digest))
        .one(app.database.reader())
        .await?)
}

/// Removes what nobody would believe any more. Returns how many.
pub async fn expire(app: &App) -> Result<u64> {
    let actor = Actor::Portus;
    let mut change = Change::begin_redoable(app, &actor).await?;
    let books = change.books()?;
    let over = seen_token::Column::ExpiresAt.lte(change.now());
    let gone = change.purge::<seen_token::Entity, _>(&books, over).await?;
    change.commit_unrecorded("these were void already").await?;
    Ok(gone)
}
