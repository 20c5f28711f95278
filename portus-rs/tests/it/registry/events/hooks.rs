//! Who listens to a namespace is told of what happens in it.

use portus_rs::{
    actions::webhooks::{self, WebhookFields},
    entities::{namespace, webhook_delivery},
    identity::actor::Actor,
};
use serde_json::{Value, json};

use super::service::{Service, delete_digest, delete_tag, pull, push};
use crate::support::databases::on_every_database;

/// Makes a webhook of a namespace.
async fn listen(service: &Service, namespace: &str, enabled: bool) -> i64 {
    let spaces = service.rows::<namespace::Entity>().await;
    let space = spaces.iter().find(|it| it.name == namespace).unwrap();
    let fields = WebhookFields {
        url: Some("https://hooks.example.com/".to_owned()),
        enabled: Some(enabled),
        ..WebhookFields::default()
    };
    let made = webhooks::create(&service.app, &Actor::Operator, space.id, fields);
    made.await.unwrap().id
}

/// What is queued: webhook, event, and the registry's own words.
async fn queued(service: &Service) -> Vec<(i64, String, Value)> {
    let mut rows = service.rows::<webhook_delivery::Entity>().await;
    rows.sort_by_key(|it| it.id);
    let told = rows.into_iter().map(|it| {
        let body = serde_json::from_str(&it.request_body).unwrap();
        (it.webhook_id, it.event, body)
    });
    told.collect()
}

/// As the registry says that one request caused it.
fn caused(mut event: Value, request: &str) -> Value {
    event["request"]["id"] = json!(request);
    event
}

on_every_database! {
    async fn each_push_and_deletion_is_queued_for_those_who_listen(database: TestDatabase) {
        let service = Service::working(database).await;
        let first = listen(&service, "qa", true).await;
        let second = listen(&service, "qa", true).await;
        listen(&service, "qa", false).await;
        listen(&service, "alice", true).await;
        service.tell(push("qa/web", "1.0", "a", 0)).await;
        let mut stranger = push("qa/web", "1.1", "b", 1);
        stranger["actor"] = json!({"name": "nobody we know"});
        service.tell(stranger).await;
        service.tell(pull("qa/web", Some("1.0"), "a", 2)).await;
        service.settle().await;
        let told = queued(&service).await;
        let whom: Vec<(i64, &str)> = told.iter().map(|it| (it.0, it.1.as_str())).collect();
        assert_eq!(whom, [(first, "push"), (second, "push"), (first, "push"), (second, "push")]);
        assert_eq!(told[0].2["target"]["tag"], "1.0");
        assert_eq!(told[2].2["actor"]["name"], "nobody we know");
    }

    async fn a_removal_is_told_once_however_many_events_tell_of_it(database: TestDatabase) {
        let service = Service::working(database).await;
        let hook = listen(&service, "qa", true).await;
        service.tell(caused(push("qa/web", "1.0", "a", 0), "p")).await;
        service.settle().await;
        // A registry tells of the manifest and of its tag, together or one after the other.
        service.tell(caused(delete_digest("qa/web", "a", 1), "d")).await;
        service.settle().await;
        service.tell(caused(delete_tag("qa/web", "1.0", 1), "d")).await;
        // Another removal is another story, be it of something that nobody knows.
        service.tell(caused(delete_tag("qa/web", "2.0", 2), "e")).await;
        service.settle().await;
        let told = queued(&service).await;
        let whom: Vec<(i64, &str)> = told.iter().map(|it| (it.0, it.1.as_str())).collect();
        assert_eq!(whom, [(hook, "push"), (hook, "delete"), (hook, "delete")]);
        assert!(told[1].2["target"]["digest"].is_string(), "{told:?}");
        assert_eq!(told[2].2["target"]["tag"], "2.0");
    }
}
