//! The queue of outgoing mail. Whoever asks for a letter waits for no mail server, and learns nothing of whose address
//! they typed: what the letter says, and whether there is one to write at all, is found out when it is sent.

use std::net::IpAddr;

use chrono::TimeDelta;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};

use super::{change::Change, password_resets};
use crate::{
    app::App,
    entities::outgoing_mail,
    error::Result,
    identity::{actor::Actor, throttle},
    remote::mail::{self, Letter, Undelivered},
};

/// A forgotten password is to be set anew.
const RESET: &str = "password_reset";

/// A letter that could not be sent for so long comes too late.
const PATIENCE: TimeDelta = TimeDelta::hours(6);
/// How long the next attempt waits after the first one; twice as long after each further one.
const PAUSE: TimeDelta = TimeDelta::minutes(1);
const LONGEST_PAUSE: TimeDelta = TimeDelta::hours(1);
/// How long we remember what was never sent.
const REMEMBERED: TimeDelta = TimeDelta::days(7);
/// Letters of one run.
const BATCH: u64 = 100;
/// Longest address that a letter is written to, in bytes.
const LONGEST: usize = 255;

/// What came of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    pub sent: u64,
    /// Tried again later.
    pub put_off: u64,
    pub given_up: u64,
}

/// Puts a letter about a forgotten password into the queue, whoever's the address is.
pub(super) async fn queue_reset(
    app: &App,
    email: &str,
    language: &str,
    address: IpAddr,
) -> Result<()> {
    let actor = Actor::Portus;
    let mut change = Change::begin(app, &actor).await?;
    let books = change.books()?;
    let row = outgoing_mail::ActiveModel {
        id: NotSet,
        kind: Set(RESET.to_owned()),
        recipient: Set(email.to_owned()),
        language: Set(language.to_owned()),
        address: Set(throttle::source(address)),
        attempts: Set(0),
        next_attempt_at: Set(change.now()),
        last_error: Set(None),
        given_up_at: Set(None),
        created_at: Set(change.now()),
    };
    change.insert(&books, row).await?;
    change
        .commit_unrecorded(
            "whose address it is, if anybody's, is found out when the letter is written",
        )
        .await?;
    app.wake.mail.notify_one();
    Ok(())
}

/// Whether a letter can be written to such an address at all.
pub(super) fn is_possible(email: &str) -> bool {
    !email.is_empty() && email.len() <= LONGEST && email.contains('@')
}

/// Sends what is due. One process does so at a time.
pub async fn send_due(app: &App) -> Result<Sent> {
    let mut done = Sent::default();
    let due = outgoing_mail::Entity::find()
        .filter(outgoing_mail::Column::GivenUpAt.is_null())
        .filter(outgoing_mail::Column::NextAttemptAt.lte(app.clock.now()))
        .order_by_asc(outgoing_mail::Column::Id)
        .limit(BATCH)
        .all(app.database.reader())
        .await?;
    for mail in due {
        let Some(letter) = write(app, &mail).await? else {
            forget(app, &mail).await?;
            continue;
        };
        match mail::send(&app.config.email, letter).await {
            Ok(()) => {
                forget(app, &mail).await?;
                done.sent += 1;
            }
            Err(undelivered) => {
                if fail(app, &mail, &undelivered).await? {
                    done.given_up += 1;
                } else {
                    done.put_off += 1;
                }
            }
        }
    }
    Ok(done)
}

/// `None`: there is nobody to write to.
async fn write(app: &App, mail: &outgoing_mail::Model) -> Result<Option<Letter>> {
    match mail.kind.as_str() {
        RESET => password_resets::write(app, mail).await,
        other => {
            tracing::error!(
                "[Mailer] a newer version left a letter about '{other}' here, which is not sent"
            );
            Ok(None)
        }
    }
}

async fn forget(app: &App, mail: &outgoing_mail::Model) -> Result<()> {
    let actor = Actor::Portus;
    let mut change = Change::begin_redoable(app, &actor).await?;
    let books = change.books()?;
    change
        .purge::<outgoing_mail::Entity, _>(&books, outgoing_mail::Column::Id.eq(mail.id))
        .await?;
    change.commit_unrecorded("the letter is gone").await
}

/// Puts a letter off, or gives it up. Whether it is given up.
async fn fail(app: &App, mail: &outgoing_mail::Model, why: &Undelivered) -> Result<bool> {
    let actor = Actor::Portus;
    let mut change = Change::begin_redoable(app, &actor).await?;
    let books = change.books()?;
    let now = change.now();
    let exponent = u32::try_from(mail.attempts).unwrap_or(u32::MAX).min(16);
    let pause = (PAUSE * 2_i32.pow(exponent)).min(LONGEST_PAUSE);
    let next = now + pause;
    let over = matches!(why, Undelivered::Never(_)) || next > mail.created_at + PATIENCE;
    let row = outgoing_mail::ActiveModel {
        id: Set(mail.id),
        attempts: Set(mail.attempts + 1),
        next_attempt_at: Set(next),
        last_error: Set(Some(why.to_string())),
        given_up_at: Set(over.then_some(now)),
        ..Default::default()
    };
    change.update(&books, row).await?;
    change.commit_unrecorded("the log has it").await?;
    if over {
        tracing::error!("[Mailer] {why}; the letter is given up");
    } else {
        tracing::warn!("[Mailer] {why}; next attempt in {} s", pause.num_seconds());
    }
    Ok(over)
}

/// Forgets what was given up long ago. Returns how many rows.
pub async fn expire(app: &App) -> Result<u64> {
    let actor = Actor::Portus;
    let mut change = Change::begin_redoable(app, &actor).await?;
    let books = change.books()?;
    let old = outgoing_mail::Column::GivenUpAt.lt(change.now() - REMEMBERED);
    let gone = change
        .purge::<outgoing_mail::Entity, _>(&books, old)
        .await?;
    change.commit_unrecorded("nobody waits for these").await?;
    Ok(gone)
}
