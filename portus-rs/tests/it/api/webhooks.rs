//! Webhooks: who may, what is refused, what is kept and what is told.

use portus_rs::{
    app::App,
    entities::{activity, namespace, webhook},
    keys::{Vault, vault::Purpose},
    queries::webhooks::{counts, with_lost_secrets},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};

use super::support::{Caller, TestApp};
use crate::support::databases::on_every_database;

const URL: &str = "https://hooks.example.com/in?token=canary-1";

fn hook(fields: Value) -> Value {
    Value::Object([("webhook".to_owned(), fields)].into_iter().collect())
}

pub async fn rows(app: &App) -> Vec<webhook::Model> {
    webhook::Entity::find()
        .order_by_asc(webhook::Column::Id)
        .all(app.database.reader())
        .await
        .unwrap()
}

async fn entries(app: &App) -> Vec<activity::Model> {
    activity::Entity::find()
        .filter(activity::Column::Key.starts_with("webhook"))
        .order_by_asc(activity::Column::Id)
        .all(app.database.reader())
        .await
        .unwrap()
}

/// A namespace with people of every standing: admin, owner, contributor, viewer, outsider.
pub async fn space(app: &TestApp, visibility: &str) -> (namespace::Model, [Caller; 5]) {
    let mary = app.user("mary").await;
    let team = app.team("devs", &mary).await;
    let people = [
        app.admin().await,
        mary,
        app.user("carl").await,
        app.user("victor").await,
        app.user("eve").await,
    ];
    app.member(&team, "carl", "contributor").await;
    app.member(&team, "victor", "viewer").await;
    (app.namespace("shop", &team, visibility).await, people)
}

on_every_database! {
    async fn a_webhook_from_its_first_day_to_its_last(database: TestDatabase) {
        let app = TestApp::on(&database).await;
        let (shop, [_, mary, ..]) = space(&app, "private").await;
        let path = format!("/api/v1/namespaces/{}/webhooks", shop.id);
        let new = json!({"url": URL, "username": "bob", "password": "canary-2", "secret": "canary-3"});
        let made = app.post(&mary, &path, hook(new)).await;
        let body = made.is(201).json();
        let mut expected = json!({
            "id": body["id"], "name": "hooks.example.com", "enabled": false, "namespace_id": shop.id,
            "created_at": body["created_at"], "updated_at": body["updated_at"], "username": "bob",
            "password": null, "password_set": true, "secret_set": true, "secrets_lost": false, "url": URL,
            "request_method": "GET", "content_type": "application/json", "raw_body": false,
        });
        assert_eq!(body, expected);
        let own = format!("{path}/{}", made.id());
        assert_eq!(app.get(&mary, &own).await.is(200).json(), body);
        assert_eq!(app.get(&mary, &path).await.is(200).json(), json!([body]));
        assert_eq!(counts(&app.app, &[shop.id, 4711]).await.unwrap(), [(shop.id, 1)].into());

        // What it was given back, it may be given again: the password stays.
        let row = rows(&app.app).await.remove(0);
        let same = app.put(&mary, &own, hook(body.clone())).await.is(200).json();
        assert_eq!(same, body);
        assert_eq!(rows(&app.app).await, [row]);

        let other = json!({
            "name": "Bot", "url": "example.org:8080/x", "request_method": "post",
            "content_type": "application/x-www-form-urlencoded", "password": "", "secret": "canary-4",
            "raw_body": "true", "enabled": "1",
        });
        let changed = app.put(&mary, &own, hook(other)).await.is(200).json();
        for (field, value) in [
            ("name", json!("Bot")), ("url", json!("http://example.org:8080/x")), ("request_method", json!("POST")),
            ("content_type", json!("application/x-www-form-urlencoded")), ("password_set", json!(false)),
            ("raw_body", json!(true)), ("enabled", json!(true)), ("updated_at", changed["updated_at"].clone()),
        ] {
            expected[field] = value;
        }
        assert_eq!(changed, expected);
        let toggled = app.put(&mary, &format!("{own}/toggle_enabled"), json!({})).await.is(200).json();
        assert_eq!(toggled["enabled"], json!(false));
        let header = json!({"webhook_header": {"name": "X-A", "value": "b"}});
        app.post(&mary, &format!("{own}/headers"), header).await.is(201);
        app.delete(&mary, &own).await.is(204);
        app.get(&mary, &own).await.is(404);
        app.delete(&mary, &own).await.is(404);
        assert!(rows(&app.app).await.is_empty());

        let entries = entries(&app.app).await;
        let keys: Vec<&str> = entries.iter().map(|entry| entry.key.as_str()).collect();
        assert_eq!(
            keys,
            ["webhook.create", "webhook.update", "webhook.enabled", "webhook.disabled", "webhook:create_header", "webhook.destroy"]
        );
        for entry in &entries {
            assert!(!entry.parameters.contains("canary"), "{}", entry.parameters);
            assert_eq!(entry.trackable_type.as_deref(), Some("Webhook"));
            assert_eq!((entry.namespace_id, entry.actor_name.as_str()), (Some(shop.id), "mary"));
        }
        let told: Value = serde_json::from_str(&entries[0].parameters).unwrap();
        assert_eq!(
            told,
            json!({
                "namespace_id": shop.id, "namespace_name": "shop", "webhook_name": "hooks.example.com",
                "webhook_host": "hooks.example.com", "webhook_url": "https://hooks.example.com/in",
            })
        );
    }

    async fn secrets_are_sealed_and_another_key_base_is_told(database: TestDatabase) {
        let app = TestApp::on(&database).await;
        let (shop, [admin, mary, ..]) = space(&app, "private").await;
        let path = format!("/api/v1/namespaces/{}/webhooks", shop.id);
        let new = json!({"url": URL, "username": "bob", "password": "canary-2", "secret": "canary-3"});
        let with = app.post(&mary, &path, hook(new)).await.is(201).id();
        app.post(&mary, &path, hook(json!({"url": URL}))).await.is(201);
        let row = rows(&app.app).await.remove(0);
        let (password, secret) = (row.password_sealed.unwrap(), row.secret_sealed.unwrap());
        assert!(!password.contains("canary") && !secret.contains("canary"));
        let open = |purpose, text: &str| app.app.vault.open(purpose, text).unwrap().expose().to_owned();
        assert_eq!(open(Purpose::WebhookPassword, &password), "canary-2");
        assert_eq!(open(Purpose::WebhookSecret, &secret), "canary-3");
        assert!(with_lost_secrets(&app.app).await.unwrap().is_empty());

        // As after a change of the key base.
        let other = Vault::new("another key base than before").unwrap();
        let sealed = other.seal(Purpose::WebhookPassword, "canary-2").unwrap();
        webhook::Entity::update_many()
            .col_expr(webhook::Column::PasswordSealed, sealed.into())
            .filter(webhook::Column::Id.eq(with))
            .exec(&database.connect().await)
            .await
            .unwrap();
        let listed = app.get(&admin, &path).await;
        assert_eq!(listed.is(200).pluck("secrets_lost"), [json!(true), json!(false)]);
        assert_eq!(listed.pluck("password_set"), [json!(true), json!(false)]);
        let lost = with_lost_secrets(&app.app).await.unwrap();
        assert_eq!(lost.iter().map(|(row, space)| (row.id, space.id)).collect::<Vec<_>>(), [(with, shop.id)]);
        let again = hook(json!({"password": "canary-5"}));
        let changed = app.put(&mary, &format!("{path}/{with}"), again).await.is(200).json();
        assert_eq!(changed["secrets_lost"], json!(false));
        assert!(with_lost_secrets(&app.app).await.unwrap().is_empty());
    }
}

#[actix_web::test]
async fn what_a_webhook_cannot_be() {
    let app = TestApp::with_registry().await;
    let (shop, [_, mary, ..]) = space(&app, "private").await;
    let path = format!("/api/v1/namespaces/{}/webhooks", shop.id);
    let long = "x".repeat(256);
    for (fields, message) in [
        (json!({}), json!({"url": ["can't be blank"]})),
        (json!({"url": " "}), json!({"url": ["can't be blank"]})),
        (json!({"url": null}), json!({"url": ["can't be blank"]})),
        (
            json!({"url": "ftp://example.com"}),
            json!({"url": ["is not a valid URL"]}),
        ),
        (
            json!({"url": "http://"}),
            json!({"url": ["is not a valid URL"]}),
        ),
        (
            json!({"url": "javascript:alert(1)"}),
            json!({"url": ["is not a valid URL"]}),
        ),
        (
            json!({"url": "example.com", "request_method": "PATCH", "content_type": "text/html"}),
            json!({"request_method": ["is not included in the list"], "content_type": ["is not included in the list"]}),
        ),
        (
            json!({"url": "example.com", "name": long, "username": "a:b", "password": "a\r\nb"}),
            json!({
                "name": ["is too long (maximum is 255 characters)"],
                "username": ["is invalid"], "password": ["is invalid"],
            }),
        ),
    ] {
        let refused = app.post(&mary, &path, hook(fields.clone())).await;
        assert_eq!(refused.is(422).message(), message, "{fields}");
    }
    app.post(&mary, &path, json!({})).await.is(400);
    app.post(
        &mary,
        &path,
        hook(json!({"url": "example.com", "enabled": "maybe"})),
    )
    .await
    .is(400);
    assert!(rows(&app.app).await.is_empty());
}

#[actix_web::test]
async fn a_webhook_does_not_lead_to_the_service_s_own_neighbourhood() {
    let strict = [
        ("PORTUS_WEBHOOKS_ALLOW_PRIVATE", "false"),
        ("PORTUS_WEBHOOKS_ALLOW_HOSTS", "sink.lan,127.0.0.1"),
    ];
    let near = [
        "http://localhost/",
        "http://[::1]:8080/",
        "http://169.254.169.254/latest/meta-data/",
        "http://2852039166/",
        "http://0x7f.0.0.2/",
        "http://[::ffff:169.254.169.254]/",
        "http://user:pass@example.com/",
    ];
    for (settings, private, loopback) in [(&[][..], 201, 422), (&strict[..], 422, 201)] {
        let app = TestApp::with(settings).await;
        app.registry("registry", "registry.test.lan:5000").await;
        let (shop, [admin, mary, ..]) = space(&app, "private").await;
        let path = format!("/api/v1/namespaces/{}/webhooks", shop.id);
        let own = app
            .post(&mary, &path, hook(json!({"url": URL})))
            .await
            .is(201)
            .id();
        for url in near {
            for caller in [&mary, &admin] {
                app.post(caller, &path, hook(json!({"url": url})))
                    .await
                    .is(422);
                let refused = app
                    .put(caller, &format!("{path}/{own}"), hook(json!({"url": url})))
                    .await;
                assert!(refused.is(422).message()["url"][0].is_string(), "{url}");
            }
        }
        app.post(&mary, &path, hook(json!({"url": "http://10.1.2.3/"})))
            .await
            .is(private);
        app.post(&mary, &path, hook(json!({"url": "http://127.0.0.1:8080/"})))
            .await
            .is(loopback);
        assert_eq!(rows(&app.app).await[0].url, URL);
    }
}

#[actix_web::test]
async fn members_look_and_owners_manage() {
    for (visibility, outsider) in [("private", 404), ("protected", 403), ("public", 403)] {
        let app = TestApp::with_registry().await;
        let (shop, [admin, mary, carl, victor, eve]) = space(&app, visibility).await;
        let path = format!("/api/v1/namespaces/{}/webhooks", shop.id);
        let id = app
            .post(&mary, &path, hook(json!({"url": URL})))
            .await
            .is(201)
            .id();
        let own = format!("{path}/{id}");
        for caller in [&admin, &mary, &carl, &victor] {
            app.get(caller, &path).await.is(200);
            app.get(caller, &own).await.is(200);
        }
        let before = rows(&app.app).await;
        let enabled = hook(json!({"enabled": true}));
        for (caller, status) in [
            (&carl, 403),
            (&victor, 403),
            (&eve, outsider),
            (&Caller::NOBODY, 401),
        ] {
            app.post(caller, &path, hook(json!({"url": URL})))
                .await
                .is(status);
            app.put(caller, &own, enabled.clone()).await.is(status);
            app.put(caller, &format!("{own}/toggle_enabled"), json!({}))
                .await
                .is(status);
            app.delete(caller, &own).await.is(status);
        }
        for (caller, status) in [(&eve, outsider), (&Caller::NOBODY, 401)] {
            app.get(caller, &path).await.is(status);
            // The same for one that there is not.
            for id in [id, 4711] {
                app.get(caller, &format!("{path}/{id}")).await.is(status);
            }
        }
        assert_eq!(rows(&app.app).await, before);
        app.put(&admin, &format!("{own}/toggle_enabled"), json!({}))
            .await
            .is(200);
        app.delete(&admin, &own).await.is(204);
    }
}

#[actix_web::test]
async fn switches_take_webhooks_from_owners_but_not_from_admins() {
    for (switch, creating, managing) in [
        ("PORTUS_USER_PERMISSION_CREATE_WEBHOOK_ENABLED", 403, 200),
        ("PORTUS_USER_PERMISSION_MANAGE_WEBHOOK_ENABLED", 201, 403),
    ] {
        let app = TestApp::with(&[(switch, "false")]).await;
        app.registry("registry", "registry.test.lan:5000").await;
        let (shop, [admin, mary, ..]) = space(&app, "private").await;
        let path = format!("/api/v1/namespaces/{}/webhooks", shop.id);
        let id = app
            .post(&admin, &path, hook(json!({"url": URL})))
            .await
            .is(201)
            .id();
        let own = format!("{path}/{id}");
        app.post(&mary, &path, hook(json!({"url": URL})))
            .await
            .is(creating);
        app.put(&mary, &own, hook(json!({"name": "x"})))
            .await
            .is(managing);
        app.put(&mary, &format!("{own}/toggle_enabled"), json!({}))
            .await
            .is(managing);
        app.delete(&mary, &own)
            .await
            .is(if creating == 201 { 204 } else { 403 });
    }
}

#[actix_web::test]
async fn a_webhook_of_another_namespace_is_none_of_this_one() {
    let app = TestApp::with_registry().await;
    let (shop, [admin, mary, ..]) = space(&app, "private").await;
    let eve = app.user("eva").await;
    let foreign = app.team("ops", &eve).await;
    let foreign = app.namespace("ops", &foreign, "private").await;
    let path = format!("/api/v1/namespaces/{}/webhooks", foreign.id);
    let id = app
        .post(&eve, &path, hook(json!({"url": URL})))
        .await
        .is(201)
        .id();
    let before = rows(&app.app).await;
    for caller in [&mary, &admin] {
        for id in [id, 4711] {
            let own = format!("/api/v1/namespaces/{}/webhooks/{id}", shop.id);
            app.get(caller, &own).await.is(404);
            app.put(caller, &own, hook(json!({"enabled": true})))
                .await
                .is(404);
            app.put(caller, &format!("{own}/toggle_enabled"), json!({}))
                .await
                .is(404);
            app.get(caller, &format!("{own}/headers")).await.is(404);
            app.get(caller, &format!("{own}/deliveries")).await.is(404);
            app.delete(caller, &own).await.is(404);
        }
    }
    assert_eq!(rows(&app.app).await, before);
    app.get(&mary, "/api/v1/namespaces/4711/webhooks")
        .await
        .is(404);
    app.get(&mary, "/api/v1/namespaces/x/webhooks")
        .await
        .is(400);
}
