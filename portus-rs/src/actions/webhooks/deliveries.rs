//! The queue of what is to be sent: filled, taken from by senders, settled, sent again, cleared away. How its rows are
//! meant is said at [`webhook_delivery`].

use chrono::TimeDelta;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder as _, QuerySelect as _,
    QueryTrait as _,
    sea_query::{Expr, ExprTrait as _},
};

use super::permitted;
use crate::{
    actions::change::Change,
    activity::Activity,
    app::App,
    entities::{DeliveryState, webhook, webhook_delivery},
    error::{Error, Result},
    identity::actor::Actor,
    policy::{guard::Authority, webhooks::ManageWebhook},
};

/// How long a sender may take for one attempt before another takes over.
pub const CLAIM: TimeDelta = TimeDelta::minutes(2);
/// How long after each failed attempt the next one is made. After the last there is none.
pub const RETRIES: [TimeDelta; 3] = [
    TimeDelta::seconds(10),
    TimeDelta::minutes(1),
    TimeDelta::minutes(10),
];
/// Bytes kept of an answer.
pub const LONGEST_ANSWER: usize = 64 * 1024;
const CUT: &str = "\n[cut]";
/// Deliveries are kept this long, and so many of each webhook.
const KEEP: TimeDelta = TimeDelta::days(30);
const KEEP_NEWEST: u64 = 100;
const PURGED_AT_ONCE: u64 = 1000;
/// Rows that one statement queues: each brings the whole of an event along.
const AT_ONCE: usize = 50;

/// What is to be sent.
#[derive(Clone, Debug)]
pub struct Message {
    /// `push` or `delete`.
    pub event: String,
    /// The registry's event as JSON.
    pub body: String,
    /// The request to the registry that caused the event.
    pub request_id: Option<String>,
    /// The delivery that is sent again.
    pub retrigger_of: Option<i64>,
    /// Nothing has happened; somebody tries the webhook.
    pub test: bool,
}

/// What an attempt came to.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// HTTP status; `None` if there was no answer.
    pub status: Option<u16>,
    /// Why there was none, for people.
    pub error: Option<String>,
    /// JSON, without what authenticates.
    pub request_header: Option<String>,
    pub response_header: Option<String>,
    pub response_body: Option<String>,
}

impl Outcome {
    fn is_success(&self) -> bool {
        self.status
            .is_some_and(|status| (200..300).contains(&status))
    }

    /// Whether another attempt may do better: nobody answered, or the other side had trouble of its own.
    fn is_passing(&self) -> bool {
        self.status.is_none_or(|status| status >= 500)
    }
}

impl Change<'_> {
    /// Queues messages for webhooks, to be sent at once.
    pub async fn queue_deliveries<P: Authority>(
        &mut self,
        permit: &P,
        messages: impl IntoIterator<Item = (i64, Message)>,
    ) -> Result<()> {
        let now = self.now();
        let rows: Vec<_> = messages
            .into_iter()
            .map(|(webhook_id, message)| queued(webhook_id, message, now))
            .collect();
        for rows in rows.chunks(AT_ONCE) {
            let statement = webhook_delivery::Entity::insert_many(rows.to_vec()).into_query();
            self.execute::<webhook_delivery::Entity, _, _>(permit, &statement)
                .await?;
        }
        Ok(())
    }
}

/// The row of a message that is to be sent at once.
pub(super) fn queued(
    webhook_id: i64,
    message: Message,
    now: chrono::NaiveDateTime,
) -> webhook_delivery::ActiveModel {
    webhook_delivery::ActiveModel {
        id: NotSet,
        webhook_id: Set(webhook_id),
        uuid: Set(uuid::Uuid::new_v4().to_string()),
        retrigger_of: Set(message.retrigger_of),
        test: Set(message.test),
        event: Set(message.event),
        request_id: Set(message.request_id),
        state: Set(DeliveryState::Queued),
        attempts: Set(0),
        next_attempt_at: Set(now),
        claimed_by: Set(None),
        claimed_until: Set(None),
        status: Set(0),
        last_error: Set(None),
        request_header: Set(None),
        request_body: Set(message.body),
        response_header: Set(None),
        response_body: Set(None),
        created_at: Set(now),
        updated_at: Set(now),
    }
}

/// Has a delivery of that webhook sent again, as a new one beside it. For a webhook that is switched off this has to be
/// `confirmed`.
pub async fn retrigger(
    app: &App,
    actor: &Actor,
    (namespace_id, webhook_id): (i64, i64),
    id: i64,
    confirmed: bool,
) -> Result<webhook_delivery::Model> {
    let mut change = Change::begin(app, actor).await?;
    let permit = permitted::<ManageWebhook>(&change, namespace_id, webhook_id).await?;
    let original = webhook_delivery::Entity::find_by_id(id)
        .filter(webhook_delivery::Column::WebhookId.eq(webhook_id))
        .one(change.reader())
        .await?
        .ok_or(Error::NotFound)?;
    let (webhook, namespace) = permit.on();
    if !webhook.enabled && !confirmed {
        return Err(Error::Refused(
            "This webhook is disabled. Send confirm=true to retrigger it all the same".to_owned(),
        ));
    }
    let message = Message {
        event: original.event.clone(),
        body: original.request_body.clone(),
        // Asked for by somebody, so it is sent whatever was told before.
        request_id: None,
        retrigger_of: Some(original.id),
        test: original.test,
    };
    let row = queued(webhook_id, message, change.now());
    let again = change.insert(&permit, row).await?;
    let told = Activity::webhook_retriggered(namespace, webhook, (&original, &again));
    change.commit([told]).await?;
    app.wake.webhooks.notify_one();
    Ok(again)
}

/// What is due now or was given up by a sender that died.
fn due(now: chrono::NaiveDateTime) -> Condition {
    use webhook_delivery::Column;
    let queued = Condition::all()
        .add(Column::State.eq(DeliveryState::Queued))
        .add(Column::NextAttemptAt.lte(now));
    let abandoned = Condition::all()
        .add(Column::State.eq(DeliveryState::Sending))
        .add(Column::ClaimedUntil.lt(now));
    Condition::any().add(queued).add(abandoned)
}

/// Whether there is anything to send.
pub async fn is_due(app: &App) -> Result<bool> {
    let found: Option<i64> = webhook_delivery::Entity::find()
        .select_only()
        .column(webhook_delivery::Column::Id)
        .filter(due(app.clock.now()))
        .limit(1)
        .into_tuple()
        .one(app.database.reader())
        .await?;
    Ok(found.is_some())
}

/// Takes up to `most` deliveries that are due, oldest first, for the sender of this name. No other sender gets them
/// until [`CLAIM`] is over.
pub async fn claim(
    app: &App,
    sender: &str,
    most: u64,
) -> Result<Vec<(webhook_delivery::Model, webhook::Model)>> {
    use webhook_delivery::Column;
    let mut change = Change::begin(app, &Actor::Portus).await?;
    let books = change.books()?;
    let now = change.now();
    let candidates: Vec<i64> = webhook_delivery::Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(due(now))
        .order_by_asc(Column::NextAttemptAt)
        .order_by_asc(Column::Id)
        .limit(most)
        .into_tuple()
        .all(change.reader())
        .await?;
    let statement = webhook_delivery::Entity::update_many()
        .set(webhook_delivery::ActiveModel {
            state: Set(DeliveryState::Sending),
            claimed_by: Set(Some(sender.to_owned())),
            claimed_until: Set(Some(now + CLAIM)),
            updated_at: Set(now),
            ..Default::default()
        })
        .col_expr(Column::Attempts, Expr::col(Column::Attempts).add(1))
        .filter(Column::Id.is_in(candidates.iter().copied()))
        // Another sender may have been quicker since they were listed.
        .filter(due(now))
        .into_query();
    change
        .execute::<webhook_delivery::Entity, _, _>(&books, &statement)
        .await?;
    let rows = webhook_delivery::Entity::find()
        .filter(Column::Id.is_in(candidates))
        .filter(Column::State.eq(DeliveryState::Sending))
        .filter(Column::ClaimedBy.eq(sender))
        .order_by_asc(Column::NextAttemptAt)
        .order_by_asc(Column::Id)
        .find_also_related(webhook::Entity)
        .all(change.reader())
        .await?;
    change
        .commit_unrecorded("the delivery itself keeps what becomes of it")
        .await?;
    Ok(rows
        .into_iter()
        .filter_map(|(row, webhook)| Some((row, webhook?)))
        .collect())
}

/// Writes what an attempt came to, and when the next one is due. Whether the sender still held the delivery: if not,
/// another one has it by now and nothing is written.
pub async fn settle(
    app: &App,
    sender: &str,
    delivery: &webhook_delivery::Model,
    outcome: Outcome,
) -> Result<bool> {
    use webhook_delivery::Column;
    let mut change = Change::begin(app, &Actor::Portus).await?;
    let books = change.books()?;
    let now = change.now();
    let retry = usize::try_from(delivery.attempts - 1)
        .ok()
        .and_then(|made| RETRIES.get(made))
        .filter(|_| outcome.is_passing());
    let state = match retry {
        _ if outcome.is_success() => DeliveryState::Delivered,
        Some(_) => DeliveryState::Queued,
        None => DeliveryState::Failed,
    };
    let statement = webhook_delivery::Entity::update_many()
        .set(webhook_delivery::ActiveModel {
            state: Set(state),
            next_attempt_at: Set(now + retry.copied().unwrap_or_default()),
            claimed_by: Set(None),
            claimed_until: Set(None),
            status: Set(outcome
                .status
                .and_then(|status| status.try_into().ok())
                .unwrap_or(0)),
            last_error: Set(outcome.error),
            request_header: Set(outcome.request_header),
            response_header: Set(outcome.response_header.map(cut)),
            response_body: Set(outcome.response_body.map(cut)),
            updated_at: Set(now),
            ..Default::default()
        })
        .filter(Column::Id.eq(delivery.id))
        .filter(Column::State.eq(DeliveryState::Sending))
        .filter(Column::ClaimedBy.eq(sender))
        .filter(Column::Attempts.eq(delivery.attempts))
        .into_query();
    let settled = change
        .execute::<webhook_delivery::Entity, _, _>(&books, &statement)
        .await?;
    change
        .commit_unrecorded("the delivery itself keeps what became of it")
        .await?;
    Ok(settled > 0)
}

/// As much of an answer as is kept. No database but SQLite holds NUL in a text.
fn cut(text: String) -> String {
    let mut text = if text.contains('\0') {
        text.replace('\0', "\u{fffd}")
    } else {
        text
    };
    if text.len() > LONGEST_ANSWER {
        text.truncate(text.floor_char_boundary(LONGEST_ANSWER - CUT.len()));
        text.push_str(CUT);
    }
    text
}

/// Removes what is old, and of each webhook all but the newest. What is still to be sent stays. Returns how many went.
pub async fn purge(app: &App) -> Result<u64> {
    use webhook_delivery::Column;
    let old = Condition::all().add(Column::CreatedAt.lt(app.clock.now() - KEEP));
    let mut gone = clear(app, old).await?;
    let crowded: Vec<i64> = webhook_delivery::Entity::find()
        .select_only()
        .column(Column::WebhookId)
        .group_by(Column::WebhookId)
        .having(Column::Id.count().gt(KEEP_NEWEST))
        .into_tuple()
        .all(app.database.reader())
        .await?;
    for webhook_id in crowded {
        let oldest_kept: Option<i64> = webhook_delivery::Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(Column::WebhookId.eq(webhook_id))
            .order_by_desc(Column::Id)
            .offset(KEEP_NEWEST - 1)
            .limit(1)
            .into_tuple()
            .one(app.database.reader())
            .await?;
        if let Some(id) = oldest_kept {
            let surplus = Condition::all()
                .add(Column::WebhookId.eq(webhook_id))
                .add(Column::Id.lt(id));
            gone += clear(app, surplus).await?;
        }
    }
    Ok(gone)
}

async fn clear(app: &App, which: Condition) -> Result<u64> {
    use webhook_delivery::Column;
    let mut gone = 0;
    loop {
        let ids: Vec<i64> = webhook_delivery::Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(which.clone())
            .filter(Column::State.is_in([DeliveryState::Delivered, DeliveryState::Failed]))
            .limit(PURGED_AT_ONCE)
            .into_tuple()
            .all(app.database.reader())
            .await?;
        if ids.is_empty() {
            return Ok(gone);
        }
        let mut change = Change::begin(app, &Actor::Portus).await?;
        let books = change.books()?;
        gone += change
            .delete_where::<webhook_delivery::Entity, _>(&books, Column::Id.is_in(ids))
            .await?;
        change.commit_unrecorded("old deliveries").await?;
    }
}

#[cfg(test)]
mod tests {
    use super::{CUT, LONGEST_ANSWER, cut};

    #[test]
    fn answers_are_cut_between_characters_and_say_so() {
        assert_eq!(cut("é\0".to_owned()), "é\u{fffd}");
        let long = cut("é".repeat(LONGEST_ANSWER));
        assert!(long.len() <= LONGEST_ANSWER && long.ends_with(CUT));
    }
}
