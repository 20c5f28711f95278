//! Headers that webhooks send along.

use portus_rs::entities::webhook_header;
use sea_orm::EntityTrait;
use serde_json::{Value, json};

use super::{
    support::{Caller, TestApp},
    webhooks::space,
};
use crate::support::databases::on_every_database;

fn header(name: &str, value: &str) -> Value {
    json!({"webhook_header": {"name": name, "value": value}})
}

async fn rows(app: &TestApp) -> Vec<webhook_header::Model> {
    webhook_header::Entity::find()
        .all(app.app.database.reader())
        .await
        .unwrap()
}

async fn webhook(app: &TestApp, caller: &Caller, namespace: i64) -> String {
    let path = format!("/api/v1/namespaces/{namespace}/webhooks");
    let body = json!({"webhook": {"url": "https://hooks.example.com/"}});
    let id = app.post(caller, &path, body).await.is(201).id();
    format!("{path}/{id}/headers")
}

on_every_database! {
    async fn a_header_is_added_read_by_owners_and_removed(database: TestDatabase) {
        let app = TestApp::on(&database).await;
        let (shop, [admin, mary, carl, victor, eve]) = space(&app, "private").await;
        let path = webhook(&app, &mary, shop.id).await;
        let made = app.post(&mary, &path, header("Authorization", "Bearer canary-1")).await;
        let body = made.is(201).json();
        assert_eq!((&body["name"], &body["value"]), (&json!("Authorization"), &json!("Bearer canary-1")));
        assert!(!rows(&app).await[0].value_sealed.contains("canary"));
        for caller in [&admin, &mary] {
            assert_eq!(app.get(caller, &path).await.is(200).json(), json!([body]));
        }
        for caller in [&carl, &victor] {
            let listed = app.get(caller, &path).await;
            assert_eq!((listed.is(200).pluck("name"), listed.pluck("value")), (vec![json!("Authorization")], vec![Value::Null]));
        }
        for name in ["Authorization", "AUTHORIZATION"] {
            let refused = app.post(&mary, &path, header(name, "x")).await;
            assert_eq!(refused.is(422).message(), json!({"name": ["has already been taken"]}));
        }
        // The same name at another webhook is another header.
        let other = webhook(&app, &mary, shop.id).await;
        app.post(&mary, &other, header("Authorization", "x")).await.is(201);
        let own = format!("{path}/{}", made.id());
        for (caller, status) in [(&carl, 403), (&victor, 403), (&eve, 404), (&Caller::NOBODY, 401)] {
            app.post(caller, &path, header("X-A", "b")).await.is(status);
            app.delete(caller, &own).await.is(status);
        }
        app.delete(&mary, &format!("{other}/{}", made.id())).await.is(404);
        assert_eq!(rows(&app).await.len(), 2);
        app.delete(&mary, &own).await.is(204);
        app.delete(&mary, &own).await.is(404);
        assert_eq!(app.get(&mary, &path).await.is(200).json(), json!([]));
    }
}

#[actix_web::test]
async fn what_a_header_cannot_be() {
    let app = TestApp::with_registry().await;
    let (shop, [_, mary, ..]) = space(&app, "private").await;
    let path = webhook(&app, &mary, shop.id).await;
    for (name, value, message) in [
        ("", "x", json!({"name": ["can't be blank"]})),
        ("X A", "x", json!({"name": ["is invalid"]})),
        ("Host", "x", json!({"name": ["is invalid"]})),
        ("X-A", "a\r\nX-B: c", json!({"value": ["is invalid"]})),
    ] {
        let refused = app.post(&mary, &path, header(name, value)).await;
        assert_eq!(refused.is(422).message(), message, "{name}");
    }
    app.post(&mary, &path, json!({"webhook_header": {"name": "X-A"}}))
        .await
        .is(400);
    for number in 0..50 {
        app.post(&mary, &path, header(&format!("X-{number}"), "x"))
            .await
            .is(201);
    }
    let many = app.post(&mary, &path, header("X-50", "x")).await;
    assert_eq!(
        many.is(422).message(),
        json!({"base": ["A webhook cannot have more than 50 headers"]})
    );
}

#[actix_web::test]
async fn headers_are_the_matter_of_those_who_make_webhooks() {
    let app = TestApp::with(&[("PORTUS_USER_PERMISSION_CREATE_WEBHOOK_ENABLED", "false")]).await;
    app.registry("registry", "registry.test.lan:5000").await;
    let (shop, [admin, mary, ..]) = space(&app, "private").await;
    let path = webhook(&app, &admin, shop.id).await;
    app.post(&mary, &path, header("X-A", "b")).await.is(403);
    let id = app
        .post(&admin, &path, header("X-A", "b"))
        .await
        .is(201)
        .id();
    app.delete(&mary, &format!("{path}/{id}")).await.is(403);
    app.delete(&admin, &format!("{path}/{id}")).await.is(204);
}
