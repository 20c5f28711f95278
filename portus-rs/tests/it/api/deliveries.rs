//! What webhooks send: shown, sent again, and the queue that senders work on.

use chrono::TimeDelta;
use futures_util::future::join_all;
use portus_rs::{
    actions::{
        change::Change,
        webhooks::deliveries::{CLAIM, Message, Outcome, RETRIES, claim, purge, settle},
    },
    entities::{DeliveryState, activity, webhook_delivery},
    identity::actor::Actor,
};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::{Value, json};

use super::{
    support::{Caller, TestApp},
    webhooks::space,
};
use crate::support::databases::on_every_database;

const BODY: &str = r#"{"id":"e1","action":"push","note":"<script>alert(1)</script>"}"#;

async fn webhook(app: &TestApp, caller: &Caller, namespace: i64, enabled: bool) -> (i64, String) {
    let path = format!("/api/v1/namespaces/{namespace}/webhooks");
    let body = json!({"webhook": {"url": "https://hooks.example.com/", "enabled": enabled}});
    let id = app.post(caller, &path, body).await.is(201).id();
    (id, format!("{path}/{id}/deliveries"))
}

pub async fn queue(app: &TestApp, webhook_id: i64, count: usize) -> Vec<webhook_delivery::Model> {
    let mut change = Change::begin(&app.app, &Actor::Portus).await.unwrap();
    let books = change.books().unwrap();
    let message = Message {
        event: "push".to_owned(),
        body: BODY.to_owned(),
        request_id: None,
        retrigger_of: None,
        test: false,
    };
    let messages = std::iter::repeat_n((webhook_id, message), count);
    change.queue_deliveries(&books, messages).await.unwrap();
    let mut rows = webhook_delivery::Entity::find()
        .filter(webhook_delivery::Column::WebhookId.eq(webhook_id))
        .order_by_desc(webhook_delivery::Column::Id)
        .limit(count as u64)
        .all(change.reader())
        .await
        .unwrap();
    rows.reverse();
    change.commit_unrecorded("a test").await.unwrap();
    rows
}

async fn row(app: &TestApp, id: i64) -> webhook_delivery::Model {
    webhook_delivery::Entity::find_by_id(id)
        .one(app.app.database.reader())
        .await
        .unwrap()
        .unwrap()
}

fn answered(status: u16) -> Outcome {
    Outcome {
        status: Some(status),
        request_header: Some(r#"{"Content-Type":"application/json"}"#.to_owned()),
        response_header: Some("HTTP/1.1 200 OK".to_owned()),
        response_body: Some("thanks\0".to_owned()),
        ..Outcome::default()
    }
}

on_every_database! {
    async fn a_delivery_is_claimed_once_and_settled_by_who_claimed_it(database: TestDatabase) {
        let app = TestApp::on(&database).await;
        let (shop, [_, mary, ..]) = space(&app, "private").await;
        let (id, path) = webhook(&app, &mary, shop.id, true).await;
        let queued = queue(&app, id, 7).await;
        let senders = ["a", "b", "c"];
        let mut taken: Vec<i64> = Vec::new();
        loop {
            let claims = join_all(senders.iter().map(|sender| claim(&app.app, sender, 3))).await;
            let before = taken.len();
            for (sender, claimed) in senders.iter().zip(claims) {
                for (delivery, webhook) in claimed.unwrap() {
                    assert_eq!(delivery.claimed_by.as_deref(), Some(*sender));
                    assert_eq!((delivery.state, delivery.attempts), (DeliveryState::Sending, 1));
                    assert_eq!(webhook.id, id);
                    taken.push(delivery.id);
                    let settled = async |sender, status| {
                        settle(&app.app, sender, &delivery, answered(status)).await.unwrap()
                    };
                    assert!(!settled("stranger", 200).await);
                    assert!(settled(sender, 204).await);
                    assert!(!settled(sender, 500).await);
                }
            }
            if taken.len() == before {
                break;
            }
        }
        taken.sort_unstable();
        assert_eq!(taken, queued.iter().map(|it| it.id).collect::<Vec<_>>());
        assert!(claim(&app.app, "a", 5).await.unwrap().is_empty());
        let shown = app.get(&mary, &format!("{path}/{}", taken[0])).await.is(200).json();
        for (field, value) in [
            ("uuid", json!(queued[0].uuid)), ("webhook_id", json!(id)), ("status", json!(204)),
            ("state", json!("delivered")), ("attempts", json!(1)), ("next_attempt_at", Value::Null),
            ("event", json!("push")), ("request_body", json!(BODY)), ("response_body", json!("thanks\u{fffd}")),
            ("response_header", json!("HTTP/1.1 200 OK")), ("last_error", Value::Null), ("retrigger_of", Value::Null),
        ] {
            assert_eq!(shown[field], value, "{field}");
        }
        assert_eq!(app.get(&mary, &path).await.is(200).json().as_array().map(Vec::len), Some(7));
        let page = app.get(&mary, &format!("{path}?per_page=3&page=3")).await.is(200).pluck("id");
        assert_eq!(page, [json!(taken[6])]);
    }

    async fn what_may_pass_is_tried_again_and_what_is_refused_is_not(database: TestDatabase) {
        let app = TestApp::on(&database).await;
        let (shop, [_, mary, ..]) = space(&app, "private").await;
        let (id, _) = webhook(&app, &mary, shop.id, true).await;
        let refused = queue(&app, id, 1).await.remove(0).id;
        let claimed = claim(&app.app, "a", 5).await.unwrap();
        settle(&app.app, "a", &claimed[0].0, answered(404)).await.unwrap();
        assert_eq!(row(&app, refused).await.state, DeliveryState::Failed);

        let passing = queue(&app, id, 1).await.remove(0).id;
        for (made, wait) in RETRIES.iter().enumerate() {
            let claimed = claim(&app.app, "a", 5).await.unwrap();
            assert_eq!(claimed.len(), 1, "attempt {made}");
            let silent = Outcome {
                error: Some("connection refused".to_owned()),
                ..Outcome::default()
            };
            let outcome = if made == 0 { silent } else { answered(503) };
            settle(&app.app, "a", &claimed[0].0, outcome).await.unwrap();
            let now = row(&app, passing).await;
            assert_eq!((now.state, now.claimed_by), (DeliveryState::Queued, None));
            assert_eq!(now.status, if made == 0 { 0 } else { 503 });
            assert_eq!(now.last_error.is_some(), made == 0);
            app.app.clock.advance(*wait - TimeDelta::seconds(6));
            assert!(claim(&app.app, "a", 5).await.unwrap().is_empty(), "too early");
            app.app.clock.advance(TimeDelta::seconds(7));
        }
        let claimed = claim(&app.app, "a", 5).await.unwrap();
        settle(&app.app, "a", &claimed[0].0, answered(503)).await.unwrap();
        let now = row(&app, passing).await;
        assert_eq!((now.state, now.attempts), (DeliveryState::Failed, 4));
    }

    async fn what_a_dead_sender_held_is_taken_over(database: TestDatabase) {
        let app = TestApp::on(&database).await;
        let (shop, [_, mary, ..]) = space(&app, "private").await;
        let (id, _) = webhook(&app, &mary, shop.id, true).await;
        queue(&app, id, 1).await;
        let dead = claim(&app.app, "dead", 5).await.unwrap().remove(0).0;
        app.app.clock.advance(CLAIM - TimeDelta::seconds(30));
        assert!(claim(&app.app, "b", 5).await.unwrap().is_empty());
        app.app.clock.advance(TimeDelta::seconds(31));
        let again = claim(&app.app, "b", 5).await.unwrap().remove(0).0;
        assert_eq!((again.id, again.attempts), (dead.id, 2));
        assert!(!settle(&app.app, "dead", &dead, answered(200)).await.unwrap());
        assert!(settle(&app.app, "b", &again, answered(200)).await.unwrap());
    }

    async fn the_newest_hundred_are_kept_for_thirty_days(database: TestDatabase) {
        let app = TestApp::on(&database).await;
        let (shop, [_, mary, ..]) = space(&app, "private").await;
        let (busy, _) = webhook(&app, &mary, shop.id, true).await;
        let (quiet, _) = webhook(&app, &mary, shop.id, true).await;
        queue(&app, busy, 103).await;
        queue(&app, quiet, 2).await;
        for (delivery, _) in claim(&app.app, "a", 200).await.unwrap() {
            settle(&app.app, "a", &delivery, answered(200)).await.unwrap();
        }
        let waiting = queue(&app, busy, 1).await.remove(0).id;
        let reader = app.app.database.reader();
        let count = |id: i64| {
            webhook_delivery::Entity::find()
                .filter(webhook_delivery::Column::WebhookId.eq(id))
                .count(reader)
        };
        assert_eq!(purge(&app.app).await.unwrap(), 4);
        assert_eq!((count(busy).await.unwrap(), count(quiet).await.unwrap()), (100, 2));
        app.app.clock.advance(TimeDelta::days(31));
        purge(&app.app).await.unwrap();
        assert_eq!((count(busy).await.unwrap(), count(quiet).await.unwrap()), (1, 0));
        assert_eq!(row(&app, waiting).await.state, DeliveryState::Queued);
    }

    async fn sending_again_queues_a_new_delivery_beside_the_old_one(database: TestDatabase) {
        let app = TestApp::on(&database).await;
        let (shop, [admin, mary, ..]) = space(&app, "private").await;
        let (id, path) = webhook(&app, &mary, shop.id, true).await;
        let first = queue(&app, id, 1).await.remove(0);
        let claimed = claim(&app.app, "a", 5).await.unwrap().remove(0).0;
        settle(&app.app, "a", &claimed, answered(404)).await.unwrap();
        let settled = row(&app, first.id).await;
        let again = app.put(&mary, &format!("{path}/{}", first.id), json!({})).await.is(200).json();
        assert_eq!((&again["state"], &again["retrigger_of"]), (&json!("queued"), &json!(first.id)));
        assert_eq!((&again["request_body"], &again["status"]), (&json!(BODY), &json!(0)));
        assert_ne!(again["uuid"], json!(first.uuid));
        assert!(again["next_attempt_at"].is_string());
        assert_eq!(row(&app, first.id).await, settled);
        let listed = app.get(&admin, &path).await.is(200).pluck("id");
        assert_eq!(listed, [json!(first.id), again["id"].clone()]);
        let claimed = claim(&app.app, "a", 5).await.unwrap();
        assert_eq!(json!(claimed[0].0.id), again["id"]);
        let entry = activity::Entity::find()
            .filter(activity::Column::Key.eq("webhook:retrigger"))
            .one(app.app.database.reader())
            .await
            .unwrap()
            .unwrap();
        assert!(entry.parameters.contains(&first.uuid), "{}", entry.parameters);
    }
}

#[actix_web::test]
async fn a_webhook_that_is_off_sends_again_only_when_that_is_meant() {
    let app = TestApp::with_registry().await;
    let (shop, [_, mary, ..]) = space(&app, "private").await;
    let (id, path) = webhook(&app, &mary, shop.id, false).await;
    let first = queue(&app, id, 1).await.remove(0).id;
    let own = format!("{path}/{first}");
    let refused = app.put(&mary, &own, json!({})).await;
    let text = refused.is(422).message();
    assert!(text.as_str().unwrap().contains("confirm=true"), "{text}");
    app.put(&mary, &own, json!({"confirm": "true"}))
        .await
        .is(200);
}

#[actix_web::test]
async fn members_look_at_deliveries_and_owners_send_again() {
    for (visibility, outsider) in [("private", 404), ("public", 403)] {
        let app = TestApp::with_registry().await;
        let (shop, [admin, mary, carl, victor, eve]) = space(&app, visibility).await;
        let (id, path) = webhook(&app, &mary, shop.id, true).await;
        let (_, other) = webhook(&app, &mary, shop.id, true).await;
        let first = queue(&app, id, 1).await.remove(0).id;
        let own = format!("{path}/{first}");
        for caller in [&admin, &mary, &carl, &victor] {
            app.get(caller, &path).await.is(200);
            app.get(caller, &own).await.is(200);
            // Not by way of another webhook.
            app.get(caller, &format!("{other}/{first}")).await.is(404);
        }
        for (caller, status) in [(&eve, outsider), (&Caller::NOBODY, 401)] {
            app.get(caller, &path).await.is(status);
            app.get(caller, &own).await.is(status);
        }
        for (caller, status) in [
            (&carl, 403),
            (&victor, 403),
            (&eve, outsider),
            (&Caller::NOBODY, 401),
        ] {
            app.put(caller, &own, json!({})).await.is(status);
        }
        app.put(&mary, &format!("{other}/{first}"), json!({}))
            .await
            .is(404);
        app.put(&mary, &format!("{path}/4711"), json!({}))
            .await
            .is(404);
        let rows = webhook_delivery::Entity::find()
            .order_by_asc(webhook_delivery::Column::Id)
            .count(app.app.database.reader());
        assert_eq!(rows.await.unwrap(), 1);
        app.put(&admin, &own, json!({})).await.is(200);
    }
}
