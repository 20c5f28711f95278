//! What pushes, pulls and deletes do to repositories, tags and manifests.
//!
//! A batch of events is applied in one transaction together with their being marked as done, so that each takes effect
//! once, wherever the process dies. An event older than what is known of a tag changes nothing about it.

mod deletes;
mod news;
mod pulls;
mod pushes;
mod shelf;
mod traffic;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono::NaiveDateTime;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryTrait as _};

use self::{news::News, pulls::Pulls, shelf::Shelf, traffic::Traffic};
use super::change::Change;
use crate::{
    activity::Activity,
    app::App,
    entities::{EventState, registry, registry_event},
    error::Result,
    identity::actor::Actor,
    policy::{Permit, guard::KeepBooks},
    protocol::{
        event::{Deleted, Event, EventKind},
        image_name::ImageName,
    },
};

/// What became of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    /// All of it is settled; so many were given up at once.
    Settled { dead: usize },
    /// Somebody else has taken some of it meanwhile, so nothing was done.
    Raced,
}

/// An event that is being applied.
struct Told<'a> {
    registry: &'a registry::Model,
    name: ImageName,
    event: Event,
    /// When it happened; never later than it came, whatever the registry's clock says.
    at: NaiveDateTime,
    came_at: NaiveDateTime,
}

impl Told<'_> {
    /// The name of who caused it.
    fn actor(&self) -> &str {
        self.event.actor.as_deref().unwrap_or_default()
    }
}

/// A batch in the making.
struct Batch<'a> {
    change: Change<'a>,
    permit: Permit<KeepBooks>,
    shelf: Shelf,
    pulls: Pulls,
    traffic: Traffic,
    activities: Vec<Activity>,
    /// Said once it is true.
    notes: Vec<String>,
    dead: Vec<(i64, String)>,
    /// Repositories that were there and got a push: they have changed.
    pushed: BTreeSet<i64>,
    /// Repositories that lost a tag, and whose doing it was.
    thinned: BTreeMap<i64, (Option<i64>, String)>,
    /// For webhooks.
    news: Vec<News>,
    wants_details: bool,
    wants_sync: bool,
    wants_sending: bool,
}

/// Applies events of the inbox in their order.
pub async fn apply(app: &App, rows: &[registry_event::Model]) -> Result<Applied> {
    let registries = app.present.facts().await?.all_registries().await?;
    let mut dead = Vec::new();
    let mut told = Vec::with_capacity(rows.len());
    for row in rows {
        match read(row, &registries) {
            Ok(Some(it)) => told.push((row.id, it)),
            Ok(None) => {}
            Err(text) => dead.push((row.id, text)),
        }
    }

    let mut change = Change::begin_redoable(app, &Actor::Portus).await?;
    let permit = change.books()?;
    if !claim(&mut change, &permit, rows).await? {
        return Ok(Applied::Raced);
    }
    let shelf = Shelf::load(&change, told.iter().map(|(_, (it, kind))| (it, kind))).await?;
    let mut batch = Batch {
        change,
        permit,
        shelf,
        pulls: Pulls::default(),
        traffic: Traffic::default(),
        activities: Vec::new(),
        notes: Vec::new(),
        dead,
        pushed: BTreeSet::new(),
        thinned: BTreeMap::new(),
        news: Vec::new(),
        wants_details: false,
        wants_sync: false,
        wants_sending: false,
    };
    for (id, (it, kind)) in &told {
        batch.handle(app, *id, it, kind).await?;
    }
    batch.tell().await?;
    batch.write_pulls().await?;
    batch.write_traffic().await?;
    batch.remove_empty().await?;
    batch.note_pushes().await?;
    batch.bury().await?;
    batch
        .note_last_events(told.iter().map(|(_, (it, _))| it))
        .await?;
    batch.commit(app).await
}

/// What a row tells; nothing if it has no meaning for us.
fn read<'a>(
    row: &registry_event::Model,
    registries: &'a [Arc<registry::Model>],
) -> Result<Option<(Told<'a>, EventKind)>, String> {
    let event = Event::parse(row.data.as_bytes())
        .map_err(|error| format!("the stored event cannot be read: {error}"))?;
    let registry = registries
        .iter()
        .find(|it| it.id == row.registry_id)
        .ok_or("its registry has been removed")?;
    let kind = event.kind();
    let Ok(name) = ImageName::parse(&event.target.repository) else {
        return Ok(None);
    };
    let at = event
        .timestamp
        .unwrap_or(row.created_at)
        .min(row.created_at);
    let told = Told {
        registry,
        name,
        event,
        at,
        came_at: row.created_at,
    };
    Ok(Some((told, kind)))
}

/// Marks all rows as done. Whether all were fresh still.
async fn claim(
    change: &mut Change<'_>,
    permit: &Permit<KeepBooks>,
    rows: &[registry_event::Model],
) -> Result<bool> {
    let statement = registry_event::Entity::update_many()
        .set(registry_event::ActiveModel {
            state: Set(EventState::Done),
            last_error: Set(None),
            updated_at: Set(change.now()),
            ..Default::default()
        })
        .filter(registry_event::Column::Id.is_in(rows.iter().map(|row| row.id)))
        .filter(registry_event::Column::State.eq(EventState::Fresh))
        .into_query();
    let claimed = change
        .execute::<registry_event::Entity, _, _>(permit, &statement)
        .await?;
    Ok(claimed == rows.len() as u64)
}

impl Batch<'_> {
    async fn handle(
        &mut self,
        app: &App,
        id: i64,
        told: &Told<'_>,
        kind: &EventKind,
    ) -> Result<()> {
        tracing::info!(
            registry.event = told.event.id,
            registry.name = told.registry.name,
            repository.name = told.event.target.repository,
            tag.name = told.event.target.tag,
            user.name = told.actor(),
            "Handling '{}' event:",
            told.event.action.as_str()
        );
        self.hear(told, kind);
        match kind {
            EventKind::ManifestPushed { tag, digest } => {
                if let Err(text) = self.push(told, tag.as_deref(), digest.as_str()).await? {
                    tracing::warn!(registry.event = told.event.id, "{text}");
                    self.dead.push((id, text));
                }
            }
            EventKind::ManifestPulled { tag, digest } => {
                self.pull(app, told, tag.as_deref(), digest.as_str());
            }
            EventKind::Deleted(Deleted::Tag(tag)) => self.delete_tag(told, tag).await?,
            EventKind::Deleted(Deleted::Digest(digest)) => {
                self.delete_digest(told, digest.as_str()).await?;
            }
            EventKind::Deleted(Deleted::Repository)
            | EventKind::Mounted
            | EventKind::Blob
            | EventKind::Ignored(_) => {}
        }
        Ok(())
    }

    /// The account that an event names; says so if there is none.
    fn author(&self, told: &Told<'_>) -> Option<i64> {
        let name = told.actor();
        let found = self.shelf.user(name);
        if found.is_none() && !name.is_empty() {
            tracing::warn!(registry.event = told.event.id, "Cannot find user {name}");
        }
        found
    }

    /// Gives up what cannot succeed as things stand.
    async fn bury(&mut self) -> Result<()> {
        for (id, text) in &self.dead {
            let statement = registry_event::Entity::update_many()
                .set(registry_event::ActiveModel {
                    state: Set(EventState::Dead),
                    last_error: Set(Some(text.clone())),
                    ..Default::default()
                })
                .filter(registry_event::Column::Id.eq(*id))
                .into_query();
            self.change
                .execute::<registry_event::Entity, _, _>(&self.permit, &statement)
                .await?;
        }
        Ok(())
    }

    async fn note_last_events<'b>(
        &mut self,
        told: impl Iterator<Item = &'b Told<'b>>,
    ) -> Result<()> {
        let mut last: BTreeMap<i64, &Told<'_>> = BTreeMap::new();
        for it in told {
            last.insert(it.registry.id, it);
        }
        for (id, it) in last {
            let host = it.event.request.host.as_deref();
            let host = host.map(|host| host.chars().take(255).collect());
            let statement = registry::Entity::update_many()
                .set(registry::ActiveModel {
                    last_event_at: Set(Some(it.came_at)),
                    last_event_host: Set(host),
                    ..Default::default()
                })
                .filter(registry::Column::Id.eq(id))
                .into_query();
            self.change.note_use(&self.permit, &statement).await?;
        }
        Ok(())
    }

    async fn commit(self, app: &App) -> Result<Applied> {
        let dead = self.dead.len();
        self.change.commit(self.activities).await?;
        app.inbox.learn_pulls(self.pulls.counted());
        for note in self.notes {
            tracing::info!("{note}");
        }
        if self.wants_details {
            app.wake.details.notify_one();
        }
        if self.wants_sync {
            app.wake.sync.notify_one();
        }
        if self.wants_sending {
            app.wake.webhooks.notify_one();
        }
        Ok(Applied::Settled { dead })
    }
}
