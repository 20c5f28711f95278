//! Whoever wants to hear of a namespace is told of each push and deletion in it, as the registry told it.

use std::collections::{BTreeSet, HashSet};

use chrono::TimeDelta;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder as _, QuerySelect as _};

use super::{Batch, Told};
use crate::{
    actions::webhooks::deliveries::Message,
    entities::{webhook, webhook_delivery},
    error::Result,
    protocol::event::{Event, EventKind, Request},
};

/// What one request to the registry causes comes within this time.
const TOGETHER: TimeDelta = TimeDelta::minutes(1);

/// What happened in a namespace.
pub struct News {
    namespace_id: i64,
    event: &'static str,
    /// The registry's own words.
    body: String,
    /// Which request to the registry it came of.
    request: String,
}

impl Batch<'_> {
    /// Keeps what may be told of an event, whatever else comes of it.
    pub(super) fn hear(&mut self, told: &Told<'_>, kind: &EventKind) {
        let event = match kind {
            EventKind::ManifestPushed { .. } => "push",
            EventKind::Deleted(_) => "delete",
            EventKind::ManifestPulled { .. }
            | EventKind::Mounted
            | EventKind::Blob
            | EventKind::Ignored(_) => return,
        };
        if let Some(namespace) = self.shelf.namespace(told) {
            self.news.push(News {
                namespace_id: namespace.id,
                event,
                body: told.event.raw.clone(),
                request: told.event.request.id.clone().unwrap_or_default(),
            });
        }
    }

    /// Queues what has been heard for the webhooks that are switched on.
    pub(super) async fn tell(&mut self) -> Result<()> {
        if self.news.is_empty() {
            return Ok(());
        }
        let namespaces: BTreeSet<i64> = self.news.iter().map(|it| it.namespace_id).collect();
        let listening: Vec<(i64, i64)> = webhook::Entity::find()
            .select_only()
            .column(webhook::Column::Id)
            .column(webhook::Column::NamespaceId)
            .filter(webhook::Column::Enabled.eq(true))
            .filter(webhook::Column::NamespaceId.is_in(namespaces))
            .order_by_asc(webhook::Column::Id)
            .into_tuple()
            .all(self.change.reader())
            .await?;
        if listening.is_empty() {
            return Ok(());
        }
        let mut told = self.removals_told(&listening).await?;
        for news in std::mem::take(&mut self.news) {
            let there = |it: &&(i64, i64)| it.1 == news.namespace_id;
            for (webhook_id, _) in listening.iter().filter(there) {
                let once = (*webhook_id, news.request.clone());
                if news.event == "delete" && !news.request.is_empty() && !told.insert(once) {
                    continue;
                }
                let message = Message {
                    event: news.event.to_owned(),
                    body: news.body.clone(),
                    retrigger_of: None,
                };
                self.change
                    .queue_delivery(&self.permit, *webhook_id, message)
                    .await?;
                self.wants_sending = true;
            }
        }
        Ok(())
    }

    /// Which removals, by their requests, these webhooks have just been told of. A registry tells of a manifest that was
    /// removed and of each of its tags; those who listen are told once.
    async fn removals_told(&self, listening: &[(i64, i64)]) -> Result<HashSet<(i64, String)>> {
        use webhook_delivery::Column;
        let mut told = HashSet::new();
        if self.news.iter().any(|it| it.event == "delete") {
            let rows: Vec<(i64, String)> = webhook_delivery::Entity::find()
                .select_only()
                .columns([Column::WebhookId, Column::RequestBody])
                .filter(Column::WebhookId.is_in(listening.iter().map(|(id, _)| *id)))
                .filter(Column::Event.eq("delete"))
                .filter(Column::CreatedAt.gt(self.change.now() - TOGETHER))
                .into_tuple()
                .all(self.change.reader())
                .await?;
            for (webhook_id, body) in rows {
                if let Ok(Event {
                    request: Request { id: Some(id), .. },
                    ..
                }) = Event::parse(body.as_bytes())
                {
                    told.insert((webhook_id, id));
                }
            }
        }
        Ok(told)
    }
}
