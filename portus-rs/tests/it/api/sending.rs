//! Telling other servers: what they get, where it does not go, and what is kept of it.

use portus_rs::{
    actions::webhooks::{deliveries::RETRIES, sending::send_due},
    entities::{DeliveryState, activity, webhook_delivery},
    protocol::event::{Event, EventKind},
};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, EntityTrait as _, PaginatorTrait as _,
    QueryFilter as _, QueryOrder as _,
};
use serde_json::{Value, json};

use super::{
    deliveries::queue,
    support::{Caller, TestApp},
    webhooks::space,
};
use crate::support::receiver::Receiver;

/// A service whose webhooks may go to this machine, with a namespace and its owner.
async fn open() -> (TestApp, Caller, String) {
    let app = TestApp::with(&[("PORTUS_WEBHOOKS_ALLOW_HOSTS", "127.0.0.1")]).await;
    app.registry("registry", "registry.test.lan:5000").await;
    let (shop, [_, mary, ..]) = space(&app, "private").await;
    (
        app,
        mary,
        format!("/api/v1/namespaces/{}/webhooks", shop.id),
    )
}

async fn hook(app: &TestApp, mary: &Caller, path: &str, fields: Value) -> i64 {
    let mut hook = json!({"enabled": true, "request_method": "POST"});
    for (name, value) in fields.as_object().unwrap() {
        hook[name] = value.clone();
    }
    let made = app.post(mary, path, json!({ "webhook": hook })).await;
    made.is(201).id()
}

/// Sends what is due; the newest delivery then.
async fn sent(app: &TestApp) -> webhook_delivery::Model {
    send_due(&app.app).await.unwrap();
    webhook_delivery::Entity::find()
        .order_by_desc(webhook_delivery::Column::Id)
        .one(app.app.database.reader())
        .await
        .unwrap()
        .unwrap()
}

#[actix_web::test]
async fn a_receiver_gets_the_event_with_everything_it_was_promised() {
    let receiver = Receiver::start();
    let (app, mary, path) = open().await;
    let fields = json!({"url": format!("{}/x?token=1", receiver.url), "username": "bob", "password": "canary-1",
        "secret": "canary-2", "content_type": "application/x-www-form-urlencoded"});
    let id = hook(&app, &mary, &path, fields).await;
    let header = json!({"webhook_header": {"name": "X-Key", "value": "canary-3"}});
    app.post(&mary, &format!("{path}/{id}/headers"), header)
        .await
        .is(201);
    let uuid = queue(&app, id, 1).await.remove(0).uuid;
    let row = sent(&app).await;
    assert_eq!(
        (row.state, row.status, row.attempts),
        (DeliveryState::Delivered, 200, 1)
    );
    assert_eq!(row.response_body.as_deref(), Some("Thank you."));
    assert!(
        row.response_header
            .unwrap()
            .contains("x-answered-by: the receiver")
    );
    let told = row.request_header.unwrap();
    assert!(told.contains(&uuid) && told.contains("X-Key"), "{told}");
    assert!(
        !told.contains("canary") && !told.contains("Basic"),
        "{told}"
    );

    let asked = receiver.asked().remove(0);
    assert_eq!(asked.line(), "POST /x?token=1 HTTP/1.1");
    assert_eq!(
        asked.header("content-type"),
        "application/x-www-form-urlencoded"
    );
    assert!(
        asked.body.starts_with("payload=%7B%22id%22"),
        "{}",
        asked.body
    );
    assert_eq!(asked.header("x-key"), "canary-3");
    assert_eq!(asked.header("x-portus-delivery"), uuid);
    // bob:canary-1
    assert_eq!(asked.header("authorization"), "Basic Ym9iOmNhbmFyeS0x");
    assert_eq!(
        asked.header("x-portus-signature-256").len(),
        "sha256=".len() + 64
    );
    assert!(asked.header("user-agent").starts_with("portus-rs/"));
}

#[actix_web::test]
async fn a_test_goes_the_way_of_all_deliveries_and_says_what_it_is() {
    let receiver = Receiver::start();
    let (app, mary, path) = open().await;
    let id = hook(
        &app,
        &mary,
        &path,
        json!({"url": receiver.url, "secret": "s"}),
    )
    .await;
    let own = format!("{path}/{id}/test");
    let made = app.post(&mary, &own, json!({})).await.is(201).json();
    assert_eq!(
        (&made["event"], &made["state"], &made["test"]),
        (&json!("push"), &json!("queued"), &json!(true))
    );
    let row = sent(&app).await;
    assert_eq!(
        (json!(row.id), row.state, row.test),
        (made["id"].clone(), DeliveryState::Delivered, true)
    );

    let asked = receiver.asked().remove(0);
    assert_eq!(asked.header("x-portus-event"), "push");
    assert_eq!(asked.header("x-portus-test"), "true");
    assert!(
        asked
            .header("x-portus-signature-256")
            .starts_with("sha256=")
    );
    // Whoever reads the pushes of a registry can read it.
    let event = Event::parse(asked.body.as_bytes()).unwrap();
    assert!(
        matches!(event.kind(), EventKind::ManifestPushed { .. }),
        "{}",
        asked.body
    );
    let body: Value = serde_json::from_str(&asked.body).unwrap();
    assert_eq!(body["test"], true);
    assert_eq!(body["actor"]["name"], "mary");
    let repository = body["target"]["repository"].as_str().unwrap();
    assert!(repository.ends_with("/webhook-test"), "{repository}");
    let there = json!(format!(
        "http://registry.test.lan:5000/v2/{repository}/manifests/{}",
        body["target"]["digest"].as_str().unwrap()
    ));
    assert_eq!(body["target"]["url"], there);

    // Sent again it is a test still, and what really happens is none.
    let again = format!("{path}/{id}/deliveries/{}", row.id);
    app.put(&mary, &again, json!({})).await.is(200);
    assert!(sent(&app).await.test);
    queue(&app, id, 1).await;
    sent(&app).await;
    let asked = receiver.asked();
    let told: Vec<_> = asked.iter().map(|it| it.header("x-portus-test")).collect();
    assert_eq!(told, ["true", "true", ""]);
    let entry = activity::Entity::find()
        .filter(activity::Column::Key.eq("webhook:test"))
        .one(app.app.database.reader())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(entry.actor_name, "mary");
    assert!(entry.parameters.contains(&row.uuid), "{}", entry.parameters);
    let tests = format!("{path}/{id}/deliveries?test=true");
    assert_eq!(app.get(&mary, &tests).await.is(200).pluck("id").len(), 2);
}

#[actix_web::test]
async fn a_webhook_that_is_off_is_tested_only_when_that_is_meant_and_by_its_owners() {
    let (app, mary, path) = open().await;
    let id = hook(
        &app,
        &mary,
        &path,
        json!({"url": "http://127.0.0.1:1", "enabled": false}),
    )
    .await;
    let own = format!("{path}/{id}/test");
    let refused = app.post(&mary, &own, json!({})).await;
    let text = refused.is(422).message();
    assert!(text.as_str().unwrap().contains("confirm=true"), "{text}");
    app.post(&mary, &own, json!({"confirm": "true"}))
        .await
        .is(201);
    let row = sent(&app).await;
    assert_eq!((row.test, row.status), (true, 0));
    let stranger = app.user("stranger").await;
    for (who, status) in [(&stranger, 404), (&Caller::NOBODY, 401)] {
        let sent = json!({"confirm": "true"});
        app.post(who, &own, sent).await.is(status);
    }
    let elsewhere = format!("{path}/4711/test");
    app.post(&mary, &elsewhere, json!({})).await.is(404);
    let all = webhook_delivery::Entity::find();
    let count = all.count(app.app.database.reader()).await.unwrap();
    assert_eq!(count, 1);
}

#[actix_web::test]
async fn who_cannot_take_it_now_is_asked_again_and_who_refuses_is_not() {
    let receiver = Receiver::start();
    let (app, mary, path) = open().await;
    let id = hook(&app, &mary, &path, json!({"url": receiver.url})).await;
    receiver.answers(500);
    queue(&app, id, 1).await;
    let row = sent(&app).await;
    assert_eq!((row.state, row.status), (DeliveryState::Queued, 500));
    assert_eq!(send_due(&app.app).await.unwrap(), 0, "not before its time");
    app.app.clock.advance(RETRIES[0]);
    receiver.answers(204);
    let row = sent(&app).await;
    assert_eq!((row.state, row.attempts), (DeliveryState::Delivered, 2));
    // Another address is another webhook: nothing follows.
    receiver.answers(307);
    queue(&app, id, 1).await;
    let row = sent(&app).await;
    assert_eq!((row.state, row.status), (DeliveryState::Failed, 307));
    assert_eq!(receiver.asked().len(), 3);

    let nobody = format!("http://127.0.0.1:{}", crate::support::room::free_port());
    let id = hook(&app, &mary, &path, json!({"url": nobody})).await;
    queue(&app, id, 1).await;
    let row = sent(&app).await;
    assert_eq!((row.state, row.status), (DeliveryState::Queued, 0));
    assert_eq!(row.last_error.as_deref(), Some("connection refused"));
}

#[actix_web::test]
async fn nothing_goes_where_webhooks_may_not_go_by_then() {
    let receiver = Receiver::start();
    let (app, mary, path) = open().await;
    let id = hook(&app, &mary, &path, json!({"url": receiver.url})).await;
    let port = receiver.url.rsplit(':').next().unwrap();
    // Saved under other rules, or a name that leads elsewhere since: none of them is an exception.
    for host in [
        "localhost",
        "[::1]",
        "127.0.0.2",
        "0.0.0.0",
        "[::ffff:169.254.169.254]",
    ] {
        let write = app.app.database.reader();
        let update = format!("UPDATE webhooks SET url = 'http://{host}:{port}/' WHERE id = {id}");
        write.execute_unprepared(&update).await.unwrap();
        queue(&app, id, 1).await;
        let row = sent(&app).await;
        let error = row.last_error.unwrap_or_default();
        assert!(
            error.contains("where webhooks may not go"),
            "{host}: {error}"
        );
    }
    assert_eq!(receiver.asked().len(), 0);
}

#[actix_web::test]
async fn without_its_secrets_nothing_is_sent() {
    let receiver = Receiver::start();
    let (app, mary, path) = open().await;
    let fields = json!({"url": receiver.url, "secret": "canary"});
    let id = hook(&app, &mary, &path, fields).await;
    let update = format!("UPDATE webhooks SET secret_sealed = 'v1.other.key' WHERE id = {id}");
    let write = app.app.database.reader();
    write.execute_unprepared(&update).await.unwrap();
    queue(&app, id, 1).await;
    let row = sent(&app).await;
    assert!(row.last_error.unwrap().contains("enter them again"));
    assert_eq!(receiver.asked().len(), 0);
}

/// One that takes its time holds up nobody else.
#[actix_web::test]
async fn a_slow_receiver_holds_up_nobody_else() {
    let (slow, quick) = (Receiver::start(), Receiver::start());
    let (app, mary, path) = open().await;
    let first = hook(&app, &mary, &path, json!({"url": slow.url})).await;
    let second = hook(&app, &mary, &path, json!({"url": quick.url})).await;
    let gate = slow.hold();
    queue(&app, first, 1).await;
    let sending = actix_web::rt::spawn({
        let app = std::sync::Arc::clone(&app.app);
        async move { send_due(&app).await }
    });
    crate::support::wait::eventually(
        "the slow one is asked",
        std::time::Duration::from_secs(10),
        async || slow.asked().len() == 1,
    )
    .await;
    queue(&app, second, 1).await;
    app.app.wake.webhooks.notify_one();
    crate::support::wait::eventually(
        "the quick one is asked",
        std::time::Duration::from_secs(10),
        async || quick.asked().len() == 1,
    )
    .await;
    drop(gate);
    assert_eq!(sending.await.unwrap().unwrap(), 2);
}
