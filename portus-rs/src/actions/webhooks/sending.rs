//! Taking deliveries from the queue, sending them, and writing down what came of it.

use std::{collections::HashMap, sync::Arc, time::Duration};

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder as _};
use tokio::task::JoinSet;

use super::deliveries::{self, Outcome};
use crate::{
    app::App,
    entities::{webhook, webhook_delivery, webhook_header},
    error::Result,
    keys::vault::Purpose,
    remote::webhook::Parcel,
};

/// Deliveries under way at a time.
const HANDS: usize = 16;
/// What comes due is looked for this often while others are under way: who is slow holds up nobody else.
const LOOK: Duration = Duration::from_secs(1);

const UNREADABLE: &str = "its password, secret or headers were stored under another key and cannot be read: enter them again";

/// Sends everything that is due, and what comes due meanwhile. Returns how many attempts that took.
pub async fn send_due(app: &Arc<App>) -> Result<u64> {
    // A name of its own for each round: what another has claimed is never settled by this one.
    let sender = uuid::Uuid::new_v4().to_string();
    let mut hands: JoinSet<Result<()>> = JoinSet::new();
    let mut attempts = 0;
    loop {
        let free = HANDS - hands.len();
        if free > 0 && deliveries::is_due(app).await? {
            let claimed = deliveries::claim(app, &sender, free as u64).await?;
            let mut headers = headers_of(app, &claimed).await?;
            for (delivery, webhook) in claimed {
                attempts += 1;
                let own = headers.get_mut(&webhook.id).cloned().unwrap_or_default();
                let (app, sender) = (Arc::clone(app), sender.clone());
                hands.spawn(async move { deliver(&app, &sender, delivery, webhook, own).await });
            }
        }
        if hands.is_empty() {
            return Ok(attempts);
        }
        tokio::select! {
            Some(done) = hands.join_next() => match done {
                Ok(settled) => settled?,
                Err(error) => tracing::error!("a webhook could not be sent: {error}"),
            },
            () = app.wake.webhooks.notified() => {}
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

/// The headers of all these webhooks.
async fn headers_of(
    app: &App,
    claimed: &[(webhook_delivery::Model, webhook::Model)],
) -> Result<HashMap<i64, Vec<webhook_header::Model>>> {
    use webhook_header::Column;
    let rows = webhook_header::Entity::find()
        .filter(Column::WebhookId.is_in(claimed.iter().map(|(_, webhook)| webhook.id)))
        .order_by_asc(Column::Id)
        .all(app.database.reader())
        .await?;
    let mut found: HashMap<i64, Vec<webhook_header::Model>> = HashMap::new();
    for row in rows {
        found.entry(row.webhook_id).or_default().push(row);
    }
    Ok(found)
}

async fn deliver(
    app: &App,
    sender: &str,
    delivery: webhook_delivery::Model,
    webhook: webhook::Model,
    headers: Vec<webhook_header::Model>,
) -> Result<()> {
    let outcome = match parcel(app, &delivery, webhook, &headers) {
        None => Outcome {
            error: Some(UNREADABLE.to_owned()),
            ..Outcome::default()
        },
        Some(parcel) => {
            let sent = app.webhooks.send(&parcel).await;
            let request_header = Some(sent.request_header);
            match sent.answer {
                Ok(answer) => Outcome {
                    status: Some(answer.status),
                    error: None,
                    request_header,
                    response_header: Some(answer.header),
                    response_body: Some(answer.body),
                },
                Err(error) => Outcome {
                    error: Some(error),
                    request_header,
                    ..Outcome::default()
                },
            }
        }
    };
    tracing::info!(
        webhook.delivery = delivery.uuid,
        webhook.id = delivery.webhook_id,
        status = outcome.status,
        "a webhook was told of a {}: {}",
        delivery.event,
        outcome.error.as_deref().unwrap_or("it answered")
    );
    deliveries::settle(app, sender, &delivery, outcome).await?;
    Ok(())
}

/// What is sent by the webhook as it is now; nothing if its secrets cannot be read.
fn parcel(
    app: &App,
    delivery: &webhook_delivery::Model,
    webhook: webhook::Model,
    headers: &[webhook_header::Model],
) -> Option<Parcel> {
    let open = |purpose, sealed: &str| {
        let opened = app.vault.open(purpose, sealed).ok()?;
        Some(opened.expose().to_owned())
    };
    let password = match &webhook.password_sealed {
        Some(sealed) => Some(open(Purpose::WebhookPassword, sealed)?),
        None => None,
    };
    let secret = match &webhook.secret_sealed {
        Some(sealed) => Some(open(Purpose::WebhookSecret, sealed)?),
        None => None,
    };
    let mut own = Vec::with_capacity(headers.len());
    for header in headers {
        let value = open(Purpose::WebhookHeader, &header.value_sealed)?;
        own.push((header.name.clone(), value));
    }
    Some(Parcel {
        url: webhook.url,
        method: webhook.request_method,
        content_type: webhook.content_type,
        raw_body: webhook.raw_body,
        // Only both together make an identity.
        credentials: webhook.username.zip(password),
        secret,
        headers: own,
        event: delivery.event.clone(),
        uuid: delivery.uuid.clone(),
        test: delivery.test,
        body: delivery.request_body.clone(),
    })
}
