//! What admins see and do of synchronisations and of events that were given up.

use std::time::Duration;

use actix_web::{http::StatusCode, test::TestRequest};
use portus_rs::{
    actions::{
        change::Change,
        registries::{self, NewRegistry},
        sync_runs,
    },
    entities::{EventState, activity, registry_event, repository},
    identity::actor::Actor,
    jobs::{
        self, Jobs,
        catalog_sync::{self, Options},
    },
};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};

use crate::support::{
    databases::{TestDatabase, on_every_database},
    fake_registry::{FakeRegistry, image},
    service::{Answer, Service},
};

/// A service beside a registry, with an admin and somebody else.
struct Desk {
    service: Service,
    registry: FakeRegistry,
    admin: String,
    user: String,
}

impl Desk {
    async fn on(database: TestDatabase) -> Self {
        let registry = FakeRegistry::start(None);
        let mut service = Service::on(database).await;
        service.move_registry(&registry.host).await;
        let (root, mary) = (service.admin("root").await, service.user("mary").await);
        let admin = format!("root:{}", service.token_of(&root, "test").await);
        let user = format!("mary:{}", service.token_of(&mary, "test").await);
        Self {
            service,
            registry,
            admin,
            user,
        }
    }

    async fn get(&self, path: &str) -> Answer {
        let request = TestRequest::get().uri(path);
        self.send(request, &self.admin).await
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        let request = TestRequest::post().uri(path).set_json(body);
        self.send(request, &self.admin).await
    }

    async fn send(&self, request: TestRequest, auth: &str) -> Answer {
        let request = request.insert_header(("PORTUS-AUTH", auth));
        self.service.call(request).await
    }

    /// What the job does at its next look.
    async fn work(&self) {
        let (_stop, stopped) = tokio::sync::watch::channel(false);
        catalog_sync::run_requested(&self.service.app, &stopped)
            .await
            .unwrap();
    }

    async fn run(&self, id: i64) -> Value {
        let answer = self.get(&format!("/api/v1/sync/{id}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        answer.json()
    }

    async fn repositories(&self) -> u64 {
        let reader = self.service.app.database.reader();
        repository::Entity::find().count(reader).await.unwrap()
    }

    async fn keys(&self) -> Vec<String> {
        activity::Entity::find()
            .filter(activity::Column::Key.starts_with("registry:"))
            .all(self.service.app.database.reader())
            .await
            .unwrap()
            .into_iter()
            .map(|row| format!("{} {}", row.actor_name, row.key))
            .filter(|line| line.contains("sync"))
            .collect()
    }

    /// An event of a registry that was given up.
    async fn dead(&self, event_id: &str, repository: &str, host: Option<&str>) -> i64 {
        let mut change = Change::begin(&self.service.app, &Actor::Portus)
            .await
            .unwrap();
        let books = change.books().unwrap();
        let row = registry_event::ActiveModel {
            registry_id: Set(self.service.registry.id),
            event_id: Set(event_id.to_owned()),
            action: Set("push".to_owned()),
            repository: Set(repository.to_owned()),
            data: Set(json!({ "id": event_id, "request": { "host": host } }).to_string()),
            state: Set(EventState::Dead),
            attempts: Set(5),
            last_error: Set(Some(format!("Cannot find the namespace of {repository}"))),
            next_attempt_at: Set(change.now()),
            created_at: Set(change.now()),
            updated_at: Set(change.now()),
            ..Default::default()
        };
        let id = change.insert(&books, row).await.unwrap().id;
        change.commit_unrecorded("a test").await.unwrap();
        id
    }

    async fn state(&self, id: i64) -> EventState {
        let reader = self.service.app.database.reader();
        let row = registry_event::Entity::find_by_id(id)
            .one(reader)
            .await
            .unwrap();
        row.unwrap().state
    }
}

on_every_database! {
    async fn a_synchronisation_is_asked_for_done_and_looked_at(database: TestDatabase) {
        let desk = Desk::on(database).await;
        desk.registry.push("qa/app", "1.0", &image("1"));
        let asked = desk.post("/api/v1/sync", json!({})).await;
        assert_eq!(asked.status, StatusCode::ACCEPTED, "{}", asked.body);
        let run = asked.json()[0].clone();
        let id = run["id"].as_i64().unwrap();
        assert_eq!(run["state"], "waiting");
        assert_eq!(run["requested_by"], "root");
        assert_eq!(run["strategy"], "update-delete");
        assert_eq!(run["registry"]["hostname"], desk.registry.host);
        assert_eq!(run["finished_at"], Value::Null);
        // One that waits is enough.
        assert_eq!(desk.post("/api/v1/sync", json!({})).await.json()[0]["id"], id);
        assert_eq!(desk.keys().await, ["root registry:sync"]);

        desk.work().await;
        let done = desk.run(id).await;
        assert_eq!(done["state"], "done", "{done}");
        assert_eq!((&done["repositories"], &done["tags"], &done["added"]), (&json!(1), &json!(1), &json!(1)));
        assert_eq!(done["plan"], Value::Null);
        assert!(done["finished_at"].is_string());
        assert_eq!(desk.repositories().await, 1);

        // The next one is a new one.
        let next = desk.post("/api/v1/sync", json!({"registry": "registry", "strategy": "update"})).await;
        assert_ne!(next.json()[0]["id"], id);
        let waiting = desk.get("/api/v1/sync?state=waiting").await;
        assert_eq!(waiting.json().as_array().unwrap().len(), 1);
        assert_eq!(waiting.json()[0]["strategy"], "update");
        let latest = desk.get("/api/v1/sync?page=1&per_page=1&sort_order=desc").await;
        assert_eq!(latest.json()[0]["state"], "waiting");
        assert_eq!(latest.headers.get("x-total").unwrap(), "2");
    }

    async fn what_was_held_back_is_looked_at_and_confirmed(database: TestDatabase) {
        let desk = Desk::on(database).await;
        let names: Vec<String> = (10..22).map(|number| format!("qa/app{number}")).collect();
        for name in &names {
            desk.registry.push(name, "1.0", &image(name));
        }
        desk.post("/api/v1/sync", json!({})).await;
        desk.work().await;
        for name in &names[..7] {
            desk.registry.remove(name, None);
        }
        let asked = desk.post("/api/v1/sync", json!({})).await.json();
        desk.work().await;
        let held = asked[0]["id"].as_i64().unwrap();
        let run = desk.run(held).await;
        assert_eq!(run["state"], "held", "{run}");
        assert_eq!(run["plan"], json!({ "repositories": names[..7] }));
        assert_eq!(desk.repositories().await, 12);

        let path = format!("/api/v1/sync/{held}/confirm");
        let confirmed = desk.post(&path, json!({})).await;
        assert_eq!(confirmed.status, StatusCode::ACCEPTED, "{}", confirmed.body);
        let second = desk.post(&path, json!({})).await;
        assert_eq!(second.json()["id"], confirmed.json()["id"], "it waits already");
        assert_eq!(confirmed.json()["confirms"], held);
        // One of them comes back before it is carried out.
        desk.registry.push(&names[0], "1.0", &image(&names[0]));
        desk.work().await;
        let done = desk.run(confirmed.json()["id"].as_i64().unwrap()).await;
        assert_eq!(done["state"], "done", "{done}");
        assert_eq!(desk.repositories().await, 6);
        assert_eq!(desk.run(held).await["state"], "done");
        let again = desk.post(&path, json!({})).await;
        assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
        let text = again.json()["message"].as_str().unwrap().to_owned();
        assert!(text.starts_with(&format!("the synchronization {held} holds nothing back")), "{text}");
        let keys = desk.keys().await;
        assert_eq!(keys.iter().filter(|it| *it == "root registry:confirm_sync").count(), 1, "{keys:?}");
    }

    async fn events_that_were_given_up_are_listed_and_get_another_try(database: TestDatabase) {
        let desk = Desk::on(database).await;
        let first = desk.dead("e1", "ghost/a", Some("registry.elsewhere:5000")).await;
        let second = desk.dead("e2", "ghost/b", None).await;
        let third = desk.dead("e3", "ghost/c", None).await;
        let list = desk.get("/api/v1/events/dead?page=1&per_page=2").await;
        assert_eq!(list.headers.get("x-total").unwrap(), "3");
        let mut row = list.json()[0].clone();
        let fields = row.as_object_mut().unwrap();
        assert!(fields.remove("received_at").unwrap().is_string());
        assert!(fields.remove("updated_at").unwrap().is_string());
        assert_eq!(row, json!({
            "id": first,
            "registry": {
                "id": desk.service.registry.id, "name": "registry", "hostname": desk.registry.host,
            },
            "event_id": "e1", "action": "push", "repository": "ghost/a",
            "host": "registry.elsewhere:5000", "attempts": 5,
            "error": "Cannot find the namespace of ghost/a",
        }));
        assert_eq!(list.json()[1]["host"], Value::Null);

        let one = desk.post(&format!("/api/v1/events/{second}/replay"), json!({})).await;
        assert_eq!(one.status, StatusCode::ACCEPTED, "{}", one.body);
        assert_eq!(desk.state(second).await, EventState::Fresh);
        assert_eq!(desk.state(first).await, EventState::Dead);
        let twice = desk.post(&format!("/api/v1/events/{second}/replay"), json!({})).await;
        assert_eq!(twice.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(twice.json()["message"], format!("the event {second} has not been given up: it is fresh"));
        let all = desk.post("/api/v1/events/dead/replay", json!({})).await;
        assert_eq!((all.status, all.json()), (StatusCode::ACCEPTED, json!({"replayed": 2})));
        assert_eq!(desk.state(third).await, EventState::Fresh);
        assert_eq!(desk.get("/api/v1/events/dead").await.body, "[]");
    }

    async fn a_process_with_jobs_does_what_another_was_asked_for(database: TestDatabase) {
        let desk = Desk::on(database).await;
        desk.registry.push("qa/app", "1.0", &image("1"));
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let running = jobs::start(&desk.service.app, Jobs::OnlySync, stopped).await.unwrap();
        // As another process writes it, which cannot ring here.
        let ids = [desk.service.registry.id];
        let runs = sync_runs::request(&desk.service.app, &Actor::Operator, &ids, None).await.unwrap();
        let mut run = Value::Null;
        for _ in 0..200 {
            run = desk.run(runs[0].id).await;
            if run["state"] == "done" {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(run["state"], "done", "{run}");
        stop.send(true).unwrap();
        running.finish().await;
    }
}

#[actix_web::test]
async fn only_admins_ask_and_odd_wishes_are_refused() {
    let desk = Desk::on(TestDatabase::sqlite()).await;
    let dead = desk.dead("e1", "ghost/a", None).await;
    let posts = [
        "/api/v1/sync".to_owned(),
        "/api/v1/sync/1/confirm".to_owned(),
        "/api/v1/events/dead/replay".to_owned(),
        format!("/api/v1/events/{dead}/replay"),
    ];
    for path in &posts {
        let request = TestRequest::post().uri(path);
        assert_eq!(
            desk.send(request, &desk.user).await.status,
            StatusCode::FORBIDDEN,
            "{path}"
        );
        let request = TestRequest::post().uri(path);
        assert_eq!(
            desk.service.call(request).await.status,
            StatusCode::UNAUTHORIZED,
            "{path}"
        );
    }
    for path in ["/api/v1/sync", "/api/v1/sync/1", "/api/v1/events/dead"] {
        let request = TestRequest::get().uri(path);
        assert_eq!(
            desk.send(request, &desk.user).await.status,
            StatusCode::FORBIDDEN,
            "{path}"
        );
    }
    assert_eq!(desk.get("/api/v1/sync").await.body, "[]");
    assert_eq!(desk.state(dead).await, EventState::Dead);

    let odd = desk.post("/api/v1/sync", json!({"strategy": "all"})).await;
    assert_eq!(odd.status, StatusCode::BAD_REQUEST);
    assert_eq!(
        odd.json()["message"],
        json!({"[\"strategy\"]": ["does not have a valid value"]})
    );
    let odd = desk.get("/api/v1/sync?state=perhaps").await;
    assert_eq!(odd.status, StatusCode::BAD_REQUEST);
    let unknown = desk
        .post("/api/v1/sync", json!({"registry": "ghost"}))
        .await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    assert_eq!(
        unknown.json()["message"],
        "there is no registry called 'ghost'"
    );
    for path in ["/api/v1/sync/4711/confirm", "/api/v1/events/4711/replay"] {
        assert_eq!(
            desk.post(path, json!({})).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
    assert_eq!(
        desk.get("/api/v1/sync/4711").await.status,
        StatusCode::NOT_FOUND
    );
    assert!(desk.keys().await.is_empty());
}

#[actix_web::test]
async fn a_plan_that_a_later_comparison_replaced_is_not_carried_out() {
    let desk = Desk::on(TestDatabase::sqlite()).await;
    let names: Vec<String> = (10..22).map(|number| format!("qa/app{number}")).collect();
    for name in &names {
        desk.registry.push(name, "1.0", &image(name));
    }
    desk.post("/api/v1/sync", json!({})).await;
    desk.work().await;
    for name in &names[..7] {
        desk.registry.remove(name, None);
    }
    let asked = desk.post("/api/v1/sync", json!({})).await.json();
    desk.work().await;
    let held = asked[0]["id"].as_i64().unwrap();
    let path = format!("/api/v1/sync/{held}/confirm");
    let confirmed = desk.post(&path, json!({})).await.json();
    // Between word and deed somebody compares by hand, and an eighth is gone by then.
    desk.registry.remove(&names[7], None);
    catalog_sync::run_once(&desk.service.app, None, Options::default(), &())
        .await
        .unwrap();
    desk.work().await;
    let run = desk.run(confirmed["id"].as_i64().unwrap()).await;
    assert_eq!(run["state"], "failed", "{run}");
    assert_eq!(desk.repositories().await, 12);
}

#[actix_web::test]
async fn each_registry_gets_a_run_of_its_own() {
    let desk = Desk::on(TestDatabase::sqlite()).await;
    let new = NewRegistry {
        name: "second".to_owned(),
        hostname: "second.test".to_owned(),
        ..NewRegistry::default()
    };
    registries::create(&desk.service.app, &Actor::Operator, new)
        .await
        .unwrap();
    let runs = desk.post("/api/v1/sync", json!({})).await.json();
    let names: Vec<&Value> = runs
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["registry"]["name"])
        .collect();
    assert_eq!(names, ["registry", "second"]);
    let second = desk.get("/api/v1/sync?registry=second").await.json();
    assert_eq!(second.as_array().unwrap().len(), 1);
}
