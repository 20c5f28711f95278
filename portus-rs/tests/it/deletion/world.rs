//! A service beside a registry that does what it is told, with olga, who owns the team `qa` and its namespace.

use portus_rs::{
    actions::{
        inbox,
        sync_runs::Counts,
        tags::{self, Applied},
    },
    entities::{
        EventState, activity, deletion, manifest, namespace, registry_event, repository, tag, team,
        user,
    },
    error::Error,
    identity::actor::Actor,
    jobs::catalog_sync::{self, Options},
    protocol::event::Event,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};

use crate::support::{
    databases::TestDatabase,
    fake_registry::{FakeRegistry, MANIFEST, digest},
    service::Service,
};

const REALM: &str = "https://portus.test/v2/token";

pub struct World {
    pub service: Service,
    pub registry: FakeRegistry,
    pub olga: user::Model,
    pub qa: team::Model,
    pub space: namespace::Model,
}

impl World {
    pub async fn on(database: TestDatabase) -> Self {
        Self::with(database, &[]).await
    }

    pub async fn with(database: TestDatabase, settings: &[(&str, &str)]) -> Self {
        let registry = FakeRegistry::start(Some(REALM));
        let mut all = vec![("PORTUS_REGISTRY_READ_TIMEOUT_VALUE", "10")];
        all.extend(settings);
        let mut service = Service::with(database, &all).await;
        service.move_registry(&registry.host).await;
        let olga = service.user("olga").await;
        let qa = service.team("qa", &olga).await;
        let space = service.namespace("qa", &qa, "private").await;
        Self {
            service,
            registry,
            olga,
            qa,
            space,
        }
    }

    pub fn olga(&self) -> Actor {
        Service::actor(&self.olga)
    }

    /// Pushes `repository:tag` images and learns of them, one after the other.
    pub async fn stock(&self, images: &[(&str, &str, &str)]) {
        for (repository, tag, body) in images {
            self.registry.push(repository, tag, body);
            let counts = self.sync().await;
            assert_eq!((counts.added, counts.errors), (1, 0), "{counts:?}");
        }
    }

    pub async fn sync(&self) -> Counts {
        let app = &self.service.app;
        let mut reports = catalog_sync::run_once(app, None, Options::default(), &())
            .await
            .unwrap();
        reports.remove(0).counts
    }

    /// A synchronisation has nothing to repair, and nothing is under way any more.
    #[track_caller]
    pub fn agrees(&self) -> impl Future<Output = ()> + '_ {
        let place = std::panic::Location::caller();
        async move {
            let counts = self.sync().await;
            let repaired = (counts.added, counts.changed, counts.removed, counts.errors);
            assert_eq!(repaired, (0, 0, 0, 0), "{place}");
            assert_eq!(self.rows::<deletion::Entity>().await, [], "{place}");
        }
    }

    pub async fn rows<E: EntityTrait>(&self) -> Vec<E::Model> {
        E::find()
            .all(self.service.app.database.reader())
            .await
            .unwrap()
    }

    /// `repository:tag` of all rows, sorted.
    pub async fn tags(&self) -> Vec<String> {
        let rows = tag::Entity::find()
            .find_also_related(repository::Entity)
            .all(self.service.app.database.reader())
            .await
            .unwrap();
        let mut names: Vec<String> = rows
            .into_iter()
            .map(|(tag, repository)| format!("{}:{}", repository.unwrap().name, tag.name))
            .collect();
        names.sort();
        names
    }

    pub async fn tag(&self, name: &str) -> tag::Model {
        let rows = self.rows::<tag::Entity>().await;
        rows.into_iter().find(|row| row.name == name).unwrap()
    }

    pub async fn repository(&self, name: &str) -> repository::Model {
        let rows = self.rows::<repository::Entity>().await;
        rows.into_iter().find(|row| row.name == name).unwrap()
    }

    pub async fn knows_manifest(&self, body: &str) -> bool {
        let rows = self.rows::<manifest::Entity>().await;
        rows.iter().any(|row| row.digest == digest(body))
    }

    /// `actor key repository:tag` of what was removed, oldest first.
    pub async fn history(&self) -> Vec<String> {
        let keys = [
            "repository.delete",
            "namespace.delete",
            "registry.delete",
            "team.migration",
            "registry.remove_team",
            "user.delete",
        ];
        activity::Entity::find()
            .filter(activity::Column::Key.is_in(keys))
            .order_by_asc(activity::Column::Id)
            .all(self.service.app.database.reader())
            .await
            .unwrap()
            .into_iter()
            .map(|row| {
                let repository = row.repository_name.unwrap_or_default();
                let tag = row.tag_name.map(|it| format!(":{it}")).unwrap_or_default();
                format!("{} {} {repository}{tag}", row.actor_name, row.key)
                    .trim_end()
                    .to_owned()
            })
            .collect()
    }

    /// The registry's notifications, as the worker applies them.
    pub async fn told(&self, events: Vec<Value>) {
        let events = events
            .into_iter()
            .map(|event| Event::parse(event.to_string().as_bytes()).unwrap())
            .collect();
        let app = &self.service.app;
        inbox::take_in(app, self.service.registry.id, events)
            .await
            .unwrap();
        let rows = registry_event::Entity::find()
            .filter(registry_event::Column::State.eq(EventState::Fresh))
            .order_by_asc(registry_event::Column::Id)
            .all(app.database.reader())
            .await
            .unwrap();
        let applied = tags::apply(app, &rows).await.unwrap();
        assert_eq!(applied, Applied::Settled { dead: 0 });
    }
}

/// What the registry tells of a deletion by our own account: the digest, then each of its tags.
pub fn deleted(repository: &str, body: &str, tags: &[&str]) -> Vec<Value> {
    let mut events = vec![event("delete", repository, json!({"digest": digest(body)}))];
    events.extend(
        tags.iter()
            .map(|tag| event("delete", repository, json!({"tag": tag}))),
    );
    events
}

pub fn pushed(who: &str, repository: &str, tag: &str, body: &str) -> Value {
    let target =
        json!({"mediaType": MANIFEST, "digest": digest(body), "tag": tag, "size": body.len()});
    let mut event = event("push", repository, target);
    event["actor"]["name"] = json!(who);
    event
}

fn event(action: &str, repository: &str, mut target: Value) -> Value {
    target["repository"] = json!(repository);
    json!({
        "id": uuid(),
        "timestamp": chrono_now(),
        "action": action,
        "target": target,
        "request": {"host": "registry.test", "method": "DELETE", "useragent": "portus-rs"},
        "actor": {"name": "portus"},
        "source": {"instanceID": "one"},
    })
}

fn uuid() -> String {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("event-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

fn chrono_now() -> String {
    let now = portus_rs::clock::Clock::default().now();
    format!("{}Z", now.format("%Y-%m-%dT%H:%M:%S%.9f"))
}

/// The text of a 422.
#[track_caller]
pub fn refusal<T: std::fmt::Debug>(done: Result<T, Error>) -> String {
    match done {
        Err(Error::Refused(text)) => text,
        other => panic!("{other:?}"),
    }
}

/// The body of a 422 that names parts.
#[track_caller]
pub fn parts<T: std::fmt::Debug>(done: Result<T, Error>) -> Value {
    match done {
        Err(Error::Kept(reason)) => serde_json::to_value(reason).unwrap(),
        other => panic!("{other:?}"),
    }
}
