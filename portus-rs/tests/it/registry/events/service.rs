//! The service within the test's own process: door, worker and database are real, and the clock can be moved.

use std::{ops::Deref, sync::Arc, time::Duration};

use portus_rs::{
    actions::registries,
    entities::{EventState, activity, manifest, registry_event, repository, tag},
    identity::actor::Actor,
    jobs::registry_events,
    web,
};
use reqwest::{Client, RequestBuilder, StatusCode};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::support::{
    bare::{Account, Bare},
    databases::TestDatabase,
    room,
};

pub const HOST: &str = "registry.test:5000";
pub const IMAGE: &str = "application/vnd.docker.distribution.manifest.v2+json";

/// A service that listens, with its worker where that is wanted.
pub struct Service {
    bare: Bare,
    pub secret: String,
    url: String,
    http: Client,
    stop: watch::Sender<bool>,
    server: actix_web::dev::ServerHandle,
    worker: Option<tokio::task::JoinHandle<()>>,
    _database: TestDatabase,
}

impl Deref for Service {
    type Target = Bare;

    fn deref(&self) -> &Bare {
        &self.bare
    }
}

impl Service {
    /// A registry, alice with her namespace, and the namespaces `qa` and the global one.
    pub async fn start(database: TestDatabase) -> Self {
        let port = room::free_port();
        let address = format!("127.0.0.1:{port}");
        let mut env = vec![("PORTUS_PUMA_HOST", address.as_str())];
        env.extend(
            database
                .variables
                .iter()
                .map(|(name, value)| (*name, value.as_str())),
        );
        let bare = Box::pin(Bare::start(&env)).await;
        let registry = bare.add_registry("test", HOST).await;
        let secret = registries::renew_events_secret(&bare.app, &Actor::Operator, registry.id)
            .await
            .unwrap();
        let alice = bare
            .add_account("alice", "correct horse", Account::Admin)
            .await;
        bare.add_team("qa", alice.id).await;
        bare.add_namespace("qa", "qa", "private").await;
        let running = web::start(&bare.app).unwrap();
        let handle = running.handle.clone();
        tokio::spawn(running.server);
        Self {
            secret,
            url: format!("http://{address}/v2/webhooks/events"),
            http: Client::builder().no_proxy().build().unwrap(),
            stop: watch::channel(false).0,
            server: handle,
            worker: None,
            bare,
            _database: database,
        }
    }

    /// The same, with the worker at work.
    pub async fn working(database: TestDatabase) -> Self {
        let mut service = Box::pin(Self::start(database)).await;
        service.work();
        service
    }

    pub fn work(&mut self) {
        let app = Arc::clone(&self.app);
        let stop = self.stop.subscribe();
        self.worker = Some(tokio::spawn(async move {
            registry_events::run(&app, stop).await;
        }));
    }

    pub async fn namespace(&self, name: &str) {
        self.add_namespace(name, "qa", "private").await;
    }

    pub fn post(&self, body: impl Into<reqwest::Body>) -> RequestBuilder {
        self.http.post(&self.url).body(body)
    }

    /// Sends an envelope as the registry does.
    pub async fn send(&self, envelope: impl Into<reqwest::Body>) -> StatusCode {
        let request = self.post(envelope).bearer_auth(&self.secret);
        request.send().await.unwrap().status()
    }

    /// Sends one event as the registry does; it must be taken.
    pub async fn tell(&self, event: Value) {
        assert_eq!(self.send(envelope(event)).await, StatusCode::ACCEPTED);
    }

    /// Waits until nothing is left to be applied.
    pub async fn settle(&self) {
        for _ in 0..600 {
            if self.events(EventState::Fresh).await == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!(
            "events are left: {:?}",
            self.rows::<registry_event::Entity>().await
        );
    }

    pub async fn events(&self, state: EventState) -> u64 {
        registry_event::Entity::find()
            .filter(registry_event::Column::State.eq(state))
            .count(self.app.database.reader())
            .await
            .unwrap()
    }

    pub async fn rows<E: EntityTrait>(&self) -> Vec<E::Model> {
        E::find().all(self.app.database.reader()).await.unwrap()
    }

    /// `repository:tag digest author`, of all tags.
    pub async fn tags(&self) -> Vec<String> {
        let rows = tag::Entity::find()
            .find_also_related(repository::Entity)
            .all(self.app.database.reader())
            .await
            .unwrap();
        let mut lines: Vec<String> = rows
            .into_iter()
            .map(|(tag, repository)| {
                format!(
                    "{}:{} {} {}",
                    repository.unwrap().name,
                    tag.name,
                    &tag.digest.unwrap()[7..11],
                    tag.username.unwrap_or_default()
                )
            })
            .collect();
        lines.sort();
        lines
    }

    pub async fn the_tag(&self) -> tag::Model {
        let mut rows = self.rows::<tag::Entity>().await;
        assert_eq!(rows.len(), 1, "{rows:?}");
        rows.remove(0)
    }

    pub async fn manifest(&self, digest: &str) -> Option<manifest::Model> {
        manifest::Entity::find()
            .filter(manifest::Column::Digest.eq(digest))
            .one(self.app.database.reader())
            .await
            .unwrap()
    }

    /// `actor key repository:tag`, of what events caused, in order.
    pub async fn history(&self) -> Vec<String> {
        let rows = activity::Entity::find()
            .filter(activity::Column::RepositoryName.is_not_null())
            .order_by_asc(activity::Column::Id)
            .all(self.app.database.reader())
            .await
            .unwrap();
        rows.into_iter()
            .map(|row| {
                format!(
                    "{} {} {}:{}",
                    row.actor_name,
                    row.key,
                    row.repository_name.unwrap_or_default(),
                    row.tag_name.unwrap_or_default()
                )
            })
            .collect()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // Nobody listens where no worker was started.
        let _ = self.stop.send(true);
        drop(self.server.stop(false));
    }
}

pub fn envelope(event: impl Into<Value>) -> String {
    json!({ "events": [event.into()] }).to_string()
}

pub fn digest(of: &str) -> String {
    portus_rs::protocol::digest::Digest::of(of.as_bytes())
        .as_str()
        .to_owned()
}

/// An event of the registry, `seconds` after it was started.
fn event(action: &str, seconds: u32, target: impl Into<Value>) -> Value {
    let (minute, second) = (seconds / 60, seconds % 60);
    json!({
        "id": uuid::Uuid::new_v4().to_string(),
        "timestamp": format!("2026-01-02T03:{minute:02}:{second:02}.123456789Z"),
        "action": action,
        "target": target.into(),
        "request": { "addr": "192.0.2.7:41000", "host": HOST, "method": "PUT", "useragent": "docker/28.2.2" },
        "actor": { "name": "alice" },
        "source": { "addr": "vm:5000", "instanceID": "one" },
    })
}

pub fn push(repository: &str, tag: &str, content: &str, seconds: u32) -> Value {
    event(
        "push",
        seconds,
        json!({
            "mediaType": IMAGE, "size": 731, "digest": digest(content), "repository": repository, "tag": tag,
        }),
    )
}

pub fn pull(repository: &str, tag: Option<&str>, content: &str, seconds: u32) -> Value {
    event(
        "pull",
        seconds,
        json!({
            "mediaType": IMAGE, "size": 731, "digest": digest(content), "repository": repository, "tag": tag,
        }),
    )
}

pub fn delete_tag(repository: &str, tag: &str, seconds: u32) -> Value {
    event(
        "delete",
        seconds,
        json!({ "repository": repository, "tag": tag }),
    )
}

pub fn delete_digest(repository: &str, content: &str, seconds: u32) -> Value {
    event(
        "delete",
        seconds,
        json!({ "repository": repository, "digest": digest(content) }),
    )
}
