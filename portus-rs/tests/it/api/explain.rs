//! Why somebody may or may not do something, as the rules themselves say it.

use serde_json::{Value, json};

use super::support::TestApp;

#[actix_web::test]
async fn a_token_request_is_explained_action_by_action() {
    let app = TestApp::with_registry().await;
    let owner = app.user("owner").await;
    let team = app.team("devs", &owner).await;
    app.namespace("shop", &team, "private").await;
    let vera = app.user("vera").await;
    app.member(&team, "vera", "viewer").await;
    let answer = app
        .get(&vera, "/api/v1/explain?scope=repository:shop/web:pull,push")
        .await;
    let token = &answer.is(200).json()["token"];
    assert_eq!(answer.json()["user"], "vera");
    assert_eq!(
        token["granted"],
        json!([{"name": "shop/web", "actions": ["pull"]}])
    );
    assert_eq!(token["decisions"][0]["rule"], "member_may_pull");
    assert_eq!(token["decisions"][1]["granted"], false);
    assert_eq!(token["decisions"][1]["text"], "viewers may not push");
    assert!(token["decisions"][1]["remedy"].is_string());
    let several = app
        .get(
            &vera,
            "/api/v1/explain?scope=repository:shop/a:pull&scope=repository:shop/b:pull",
        )
        .await;
    let decisions = several.is(200).json()["token"]["decisions"].clone();
    assert_eq!(decisions.as_array().map(Vec::len), Some(2));
}

#[actix_web::test]
async fn what_may_not_be_seen_is_explained_like_what_is_not_there() {
    let app = TestApp::with_registry().await;
    let owner = app.user("owner").await;
    let team = app.team("devs", &owner).await;
    let shop = app.namespace("shop", &team, "private").await;
    let repository = app.repository(shop.id, "web").await;
    let eve = app.user("eve").await;
    let admin = app.admin().await;
    let ask = async |name: &str| {
        let path = format!("/api/v1/explain?scope=repository:{name}/x:pull,push,delete,*");
        let answer = app.get(&eve, &path).await.is(200).text.clone();
        answer.replace(name, "NAME")
    };
    let hidden: Value = serde_json::from_str(&ask("shop").await).expect("JSON");
    let missing: Value = serde_json::from_str(&ask("ghost").await).expect("JSON");
    let rules = |answer: &Value| -> Vec<Value> {
        let decisions = answer["token"]["decisions"].as_array().expect("a list");
        decisions.iter().map(|it| it["rule"].clone()).collect()
    };
    assert!(rules(&hidden).iter().all(|it| it == "unknown_namespace"));
    assert!(rules(&missing).iter().all(|it| it == "unknown_namespace"));
    assert_eq!(hidden["token"]["granted"], json!([]));

    let path = |id: i64| format!("/api/v1/explain?action=repository.describe&resource={id}");
    let unseen = app.get(&eve, &path(repository)).await;
    let nothing = app.get(&eve, &path(4711)).await;
    assert_eq!((unseen.is(404).text.clone()), nothing.is(404).text);
    let told = app
        .get(&admin, &format!("{}&user=eve", path(repository)))
        .await;
    assert_eq!(told.is(200).json()["action"]["status"], 404);
    let full = app
        .get(
            &admin,
            "/api/v1/explain?user=eve&scope=repository:shop/x:pull",
        )
        .await;
    let rule = full.is(200).json()["token"]["decisions"][0]["rule"].clone();
    assert_eq!(rule, "private_namespace");
}

#[actix_web::test]
async fn actions_of_the_api_are_explained_as_they_would_be_answered() {
    let app = TestApp::with_registry().await;
    let owner = app.user("owner").await;
    let vera = app.user("vera").await;
    let team = app.team("devs", &owner).await;
    app.member(&team, "vera", "viewer").await;
    let shop = app.namespace("shop", &team, "private").await;
    let repository = app.repository(shop.id, "web").await;
    let path = format!("/api/v1/repositories/{repository}");
    let question = format!("/api/v1/explain?action=repository.describe&resource={repository}");
    for caller in [&owner, &vera] {
        let told = app.get(caller, &question).await.is(200).json()["action"].clone();
        let body = json!({"repository": {"description": "x"}});
        let done = app.put(caller, &path, body).await;
        assert_eq!(told["status"], done.status.as_u16());
        assert_eq!(told["granted"], done.status.is_success());
    }
    let create = app.get(&vera, "/api/v1/explain?action=team.create").await;
    assert_eq!(create.is(200).json()["action"]["granted"], true);
    let create = app.get(&vera, "/api/v1/explain?action=user.create").await;
    assert_eq!(create.is(200).json()["action"]["status"], 403);
}

#[actix_web::test]
async fn only_admins_ask_about_others() {
    let app = TestApp::with_registry().await;
    let admin = app.admin().await;
    let alice = app.user("alice").await;
    app.user("bob").await;
    let path = |user: &str| format!("/api/v1/explain?scope=repository:x:pull&user={user}");
    for user in ["bob", "nobody", "-"] {
        app.get(&alice, &path(user)).await.is(403);
    }
    app.get(&alice, &path("Alice")).await.is(200);
    app.get(&admin, &path("bob")).await.is(200);
    app.get(&admin, &path("nobody")).await.is(404);
    let anonymous = app.get(&admin, &path("-")).await;
    assert_eq!(anonymous.is(200).json()["user"], Value::Null);
}

#[actix_web::test]
async fn odd_questions_are_refused() {
    let app = TestApp::with_registry().await;
    let alice = app.user("alice").await;
    for (query, key, text) in [
        ("", "scope", "is missing"),
        ("?scope=whale", "scope", "is invalid"),
        ("?action=fly", "action", "is invalid"),
        ("?action=team.update", "resource", "is missing"),
    ] {
        let answer = app.get(&alice, &format!("/api/v1/explain{query}")).await;
        let mut wanted = serde_json::Map::new();
        wanted.insert(json!([key]).to_string(), json!([text]));
        assert_eq!(answer.is(400).message(), Value::Object(wanted), "{query}");
    }
}
