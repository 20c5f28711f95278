//! Whom the door lets in.

use portus_rs::{
    entities::{EventState, registry, registry_event},
    queries::events,
};
use reqwest::StatusCode;
use serde_json::json;

use super::service::{Service, delete_tag, envelope, pull, push};
use crate::support::databases::{TestDatabase, on_every_database};

on_every_database! {
    async fn a_wrong_secret_is_refused_and_stores_nothing(database: TestDatabase) {
        let service = Service::start(database).await;
        let body = envelope(push("qa/web", "1", "a", 0));
        for wrong in ["", "x", "prs_e_x", &service.secret[1..]] {
            let answer = service.post(body.clone()).bearer_auth(wrong).send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{wrong}");
        }
        let basic = service.post(body.clone()).basic_auth("portus", Some("wrong"));
        assert_eq!(basic.send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
        assert!(service.rows::<registry_event::Entity>().await.is_empty());
        let basic = service.post(body).basic_auth("portus", Some(&service.secret));
        assert_eq!(basic.send().await.unwrap().status(), StatusCode::ACCEPTED);
        assert_eq!(service.events(EventState::Fresh).await, 1);
    }

    async fn without_a_secret_only_a_registry_that_never_sent_one_is_heard(database: TestDatabase) {
        let service = Service::start(database).await;
        let without = || service.post(envelope(push("qa/web", "1", "a", 0))).send();
        assert_eq!(without().await.unwrap().status(), StatusCode::ACCEPTED);
        assert_eq!(service.events(EventState::Fresh).await, 1);
        assert!(!service.rows::<registry::Entity>().await[0].events_enforced);
        service.tell(push("qa/web", "2", "a", 0)).await;
        assert!(service.rows::<registry::Entity>().await[0].events_enforced);
        assert_eq!(without().await.unwrap().status(), StatusCode::UNAUTHORIZED);
        assert_eq!(service.events(EventState::Fresh).await, 2);
    }

    async fn what_is_told_twice_is_stored_once(database: TestDatabase) {
        let service = Service::working(database).await;
        let body = envelope(push("qa/web", "1", "a", 0));
        let sends = (0..16).map(|_| service.send(body.clone()));
        for status in futures_util::future::join_all(sends).await {
            assert_eq!(status, StatusCode::ACCEPTED);
        }
        service.settle().await;
        assert_eq!(service.send(body).await, StatusCode::ACCEPTED);
        service.settle().await;
        assert_eq!(service.events(EventState::Done).await, 1);
        assert_eq!(service.history().await.len(), 1);
        let counts = service.app.inbox.counts();
        assert_eq!((counts.stored, counts.repeated), (1, 16));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_host_is_answered_counted_and_shown() {
    let service = Service::start(TestDatabase::sqlite()).await;
    let mut event = push("qa/web", "1", "a", 0);
    event["request"]["host"] = json!("reg.elsewhere:5000");
    let answer = service.post(envelope(event.clone())).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::ACCEPTED);
    assert!(service.rows::<registry_event::Entity>().await.is_empty());
    let unknown = events::unknown_hosts(&service.app).await.unwrap();
    assert_eq!(unknown.len(), 1);
    assert_eq!(unknown[0].stranger.host, "reg.elsewhere:5000");
    assert_eq!(unknown[0].perhaps.as_deref(), Some("test"));
    // The secret says whose it is, whatever host it names.
    service.tell(event).await;
    assert_eq!(service.events(EventState::Fresh).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_is_known_with_or_without_port_and_by_the_manifests_url() {
    let service = Service::start(TestDatabase::sqlite()).await;
    for (host, url, taken) in [
        ("Registry.Test", json!(null), true),
        ("registry.test:443", json!(null), true),
        (
            "10.0.0.1",
            json!("https://registry.test/v2/qa/web/manifests/x"),
            true,
        ),
        ("10.0.0.1", json!("/v2/qa/web/manifests/x"), false),
        ("xregistry.test", json!(null), false),
    ] {
        let before = service.events(EventState::Fresh).await;
        let mut event = push("qa/web", "1", host, 0);
        event["request"]["host"] = json!(host);
        event["target"]["url"] = url.clone();
        service.post(envelope(event)).send().await.unwrap();
        let after = service.events(EventState::Fresh).await;
        assert_eq!(after - before, u64::from(taken), "{host} {url}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_a_proven_registry_sends_blocks_its_queue() {
    let service = Service::start(TestDatabase::sqlite()).await;
    for body in [
        "",
        "nonsense",
        "{}",
        "[]",
        r#"{"events":7}"#,
        r#"{"events":[1,{"target":[]},{}]}"#,
    ] {
        assert_eq!(service.send(body).await, StatusCode::ACCEPTED, "{body}");
    }
    let mixed = json!({ "events": [3, push("qa/web", "1", "a", 0), { "action": "push" }] });
    assert_eq!(service.send(mixed.to_string()).await, StatusCode::ACCEPTED);
    assert_eq!(service.events(EventState::Fresh).await, 1);
    assert!(service.app.inbox.counts().malformed >= 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn blobs_and_our_own_reads_are_not_stored() {
    let service = Service::start(TestDatabase::sqlite()).await;
    let mut blob = push("qa/web", "", "a", 0);
    blob["target"]["mediaType"] = json!("application/octet-stream");
    blob["target"].as_object_mut().unwrap().remove("tag");
    let mut mount = blob.clone();
    mount["action"] = json!("mount");
    let mut by_name = pull("qa/web", Some("1"), "a", 0);
    by_name["actor"]["name"] = json!("portus");
    let mut by_agent = pull("qa/web", Some("1"), "a", 0);
    by_agent["request"]["useragent"] = json!("portus-rs/0.1.0");
    for event in [blob, mount, by_name, by_agent] {
        service.tell(event).await;
    }
    assert!(service.rows::<registry_event::Entity>().await.is_empty());
    assert_eq!(service.app.inbox.counts().ignored, 4);
    let mut delete = delete_tag("qa/web", "1", 0);
    delete["actor"]["name"] = json!("portus");
    service.tell(delete).await;
    assert_eq!(service.events(EventState::Fresh).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_is_limited_in_size_and_number() {
    let service = Service::start(TestDatabase::sqlite()).await;
    let large = format!(r#"{{"events":[],"x":"{}"}}"#, "x".repeat(1024 * 1024));
    let answer = service.post(large.clone()).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(service.send(large).await, StatusCode::ACCEPTED);
    let mut last = StatusCode::OK;
    for _ in 0..210 {
        let wrong = service.post("").bearer_auth("wrong");
        last = wrong.send().await.unwrap().status();
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
    service.tell(push("qa/web", "1", "a", 0)).await;
}
