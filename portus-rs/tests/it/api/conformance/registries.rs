//! Registries, and how the service is.

use serde_json::{Value, json};

use super::row;
use crate::{
    api::support::{Caller, TestApp},
    support::fake_registry::FakeRegistry,
};

fn named(name: &str, hostname: &str, use_ssl: impl Into<Value>) -> Value {
    json!({"registry": {"name": name, "hostname": hostname, "use_ssl": use_ssl.into()}})
}

#[actix_web::test]
async fn setting_up_and_changing() {
    let (first, second) = (FakeRegistry::start(None), FakeRegistry::start(None));
    let third = FakeRegistry::start(None);
    let app = TestApp::new().await;
    let admin = app.admin().await;
    let path = "POST /api/v1/registries";
    let answers = app
        .follow(vec![
            row("good", &admin, path, named("one", &first.host, false), 201),
            row(
                "no boolean",
                &admin,
                path,
                named("two", &second.host, "asd"),
                400,
            ),
            row(
                "a second one",
                &admin,
                path,
                named("two", &second.host, "false"),
                201,
            ),
            row(
                "a taken hostname",
                &admin,
                path,
                named("three", &second.host, false),
                422,
            ),
            row(
                "unreachable",
                &admin,
                path,
                named("four", "127.0.0.1:1", false),
                422,
            ),
        ])
        .await;
    let odd = answers[1].message();
    let texts = odd.as_object().and_then(|it| it.values().next()).cloned();
    assert_eq!(texts, Some(json!(["is invalid"])));
    assert_eq!(
        answers[3].message()["hostname"][0],
        "has already been taken"
    );
    assert!(answers[4].message()["hostname"][0].is_string());

    let mary = app.user("mary").await;
    let team = app.team("devs", &mary).await;
    let shop = app.namespace("shop", &team, "private").await;
    app.repository(shop.id, "web").await;
    let path = format!("PUT /api/v1/registries/{}", answers[0].id());
    let answers = app
        .follow(vec![
            row(
                "a name, with repositories",
                &admin,
                &path,
                json!({"registry": {"name": "uno"}}),
                200,
            ),
            row(
                "a hostname, with repositories",
                &admin,
                &path,
                json!({"registry": {"hostname": third.host}}),
                422,
            ),
        ])
        .await;
    assert_eq!(
        answers[1].message()["hostname"][0],
        "Registry is not empty, cannot change hostname"
    );
}

#[actix_web::test]
async fn validating() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    let path = "/api/v1/registries/validate?name=x&hostname=127.0.0.1:1&use_ssl=false";
    let body = app.get(&admin, path).await.is(200).json();
    assert_eq!(body["valid"], false);
    let texts = body["messages"]["hostname"].as_array().expect("texts");
    assert!(texts.len() == 1 && texts[0].is_string(), "{body}");
}

#[actix_web::test]
async fn health_without_a_registry() {
    let app = TestApp::new().await;
    let answer = app.get(&Caller::NOBODY, "/api/v1/health").await;
    assert_eq!(answer.is(503).json()["registry"]["success"], false);
    assert_eq!(answer.json()["registry"]["msg"], "no registry configured");
}
