//! Whoever wants to hear of a namespace is told of each push and deletion in it, as the registry told it.

use std::collections::{BTreeSet, HashSet};

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder as _, QuerySelect as _};

use super::{Batch, Told};
use crate::{
    actions::webhooks::deliveries::Message,
    entities::{webhook, webhook_delivery},
    error::Result,
    protocol::event::EventKind,
};

/// Registries make UUIDs. What fits no column tells nothing apart.
fn can_be_kept(request: &str) -> bool {
    !request.is_empty() && request.len() <= 255 && !request.contains('\0')
}

/// What happened in a namespace.
pub struct News {
    namespace_id: i64,
    event: &'static str,
    /// The registry's own words.
    body: String,
    /// Which request to the registry it came of.
    request: Option<String>,
}

impl News {
    fn message(&self) -> Message {
        Message {
            event: self.event.to_owned(),
            body: self.body.clone(),
            request_id: self.request.clone(),
            retrigger_of: None,
            test: false,
        }
    }
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
                request: told.event.request.id.clone().filter(|id| can_be_kept(id)),
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
        let mut messages = Vec::new();
        for news in std::mem::take(&mut self.news) {
            let there = |it: &&(i64, i64)| it.1 == news.namespace_id;
            for (webhook_id, _) in listening.iter().filter(there) {
                let repeated = news.event == "delete"
                    && news
                        .request
                        .as_ref()
                        .is_some_and(|request| !told.insert((*webhook_id, request.clone())));
                if !repeated {
                    messages.push((*webhook_id, news.message()));
                }
            }
        }
        self.wants_sending |= !messages.is_empty();
        self.change.queue_deliveries(&self.permit, messages).await
    }

    /// Which of these removals, by their requests, these webhooks have been told of. A registry tells of a manifest that
    /// was removed and of each of its tags; those who listen are told once.
    async fn removals_told(&self, listening: &[(i64, i64)]) -> Result<HashSet<(i64, String)>> {
        use webhook_delivery::Column;
        let removals = self.news.iter().filter(|it| it.event == "delete");
        let requests: BTreeSet<&str> = removals.filter_map(|it| it.request.as_deref()).collect();
        if requests.is_empty() {
            return Ok(HashSet::new());
        }
        let rows: Vec<(i64, String)> = webhook_delivery::Entity::find()
            .select_only()
            .columns([Column::WebhookId, Column::RequestId])
            .filter(Column::RequestId.is_in(requests))
            .filter(Column::WebhookId.is_in(listening.iter().map(|(id, _)| *id)))
            .filter(Column::Event.eq("delete"))
            .into_tuple()
            .all(self.change.reader())
            .await?;
        Ok(rows.into_iter().collect())
    }
}
