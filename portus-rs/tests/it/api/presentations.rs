//! What programs get, and what browsers get besides.

use std::sync::Arc;

use actix_web::http::Method;
use insta::assert_json_snapshot;
use serde_json::{Map, Value, json};

use super::{
    sessions::{Browser, sign_in},
    support::{Caller, TestApp},
};
use crate::support::{
    databases::{TestDatabase, on_every_database},
    service::Service,
};

const PASSWORD: &str = "a long password";

/// A team of three with a namespace, a repository and three tags of two digests; and somebody outside.
struct World {
    service: Service,
    app: TestApp,
    team: i64,
    namespace: i64,
    repository: i64,
    owner: Caller,
}

impl World {
    async fn on(database: TestDatabase) -> Self {
        let service = Service::on(database).await;
        let app = TestApp::over(Arc::clone(&service.app));
        app.admin().await;
        let owner = app.user("olga").await;
        for name in ["victor", "stranger"] {
            app.user(name).await;
        }
        let team = app.team("devs", &owner).await;
        app.member(&team, "victor", "viewer").await;
        let shop = app.namespace("shop", &team, "protected").await;
        let described = json!({"namespace": {"description": "Things *we* sell"}});
        app.put(
            &owner,
            &format!("/api/v1/namespaces/{}", shop.id),
            described,
        )
        .await
        .is(200);
        let described = json!({"team": {"description": "<b>bold</b> [x](javascript:x)"}});
        app.put(&owner, &format!("/api/v1/teams/{}", team.id), described)
            .await
            .is(200);
        let web = app.repository(shop.id, "web").await;
        for (name, digest) in [
            ("1.0", "sha256:aa"),
            ("latest", "sha256:aa"),
            ("2.0", "sha256:bb"),
        ] {
            app.tag(web, name, digest, Some(owner.id)).await;
        }
        Self {
            service,
            app,
            team: team.id,
            namespace: shop.id,
            repository: web,
            owner,
        }
    }

    fn paths(&self) -> Vec<(&'static str, String)> {
        vec![
            ("teams", "/api/v1/teams".to_owned()),
            ("team", format!("/api/v1/teams/{}", self.team)),
            (
                "team's namespaces",
                format!("/api/v1/teams/{}/namespaces", self.team),
            ),
            ("members", format!("/api/v1/teams/{}/members", self.team)),
            ("namespaces", "/api/v1/namespaces".to_owned()),
            (
                "namespace",
                format!("/api/v1/namespaces/{}", self.namespace),
            ),
            ("repositories", "/api/v1/repositories".to_owned()),
            (
                "repository",
                format!("/api/v1/repositories/{}", self.repository),
            ),
            (
                "grouped",
                format!("/api/v1/repositories/{}/tags/grouped", self.repository),
            ),
        ]
    }

    async fn browser(&self, name: &str) -> Browser {
        Browser::of(&sign_in(&self.service, name, PASSWORD).await)
    }
}

/// What `more` has that `less` lacks; what both have has to be the same.
fn besides(less: &Value, more: &Value) -> Value {
    match (less, more) {
        (Value::Object(less), Value::Object(more)) => {
            let mut found = Map::new();
            for (key, value) in more {
                match less.get(key) {
                    None => drop(found.insert(key.clone(), value.clone())),
                    Some(known) => {
                        let inner = besides(known, value);
                        if !inner.is_null() {
                            found.insert(key.clone(), inner);
                        }
                    }
                }
            }
            assert!(less.keys().all(|key| more.contains_key(key)));
            if found.is_empty() {
                Value::Null
            } else {
                Value::Object(found)
            }
        }
        (Value::Array(less), Value::Array(more)) => {
            assert_eq!(less.len(), more.len());
            let found: Vec<Value> = less.iter().zip(more).map(|(a, b)| besides(a, b)).collect();
            if found.iter().all(Value::is_null) {
                Value::Null
            } else {
                Value::Array(found)
            }
        }
        (less, more) => {
            assert_eq!(less, more);
            Value::Null
        }
    }
}

on_every_database! {
    async fn programs_get_the_official_presentation_and_browsers_more(database: TestDatabase) {
        let world = World::on(database).await;
        let browser = world.browser("olga").await;
        let (mut official, mut internal) = (Map::new(), Map::new());
        for (name, path) in world.paths() {
            let by_token = world.app.get(&world.owner, &path).await.is(200).json();
            let by_cookie = browser.get(&world.service, &path).await.json();
            internal.insert(name.to_owned(), besides(&by_token, &by_cookie));
            official.insert(name.to_owned(), by_token);
        }
        assert_json_snapshot!("official", official, {
            ".**.created_at" => "[time]",
            ".**.updated_at" => "[time]",
            ".**.pushed_at" => "[time]",
            ".**.current_sign_in_at" => "[time]",
            ".**.last_sign_in_at" => "[time]",
        });
        assert_json_snapshot!("internal", internal);
    }

    async fn what_pages_offer_is_what_the_rules_grant(database: TestDatabase) {
        let world = World::on(database).await;
        let paths = world.paths();
        let mut offered = Map::new();
        for name in ["admin", "olga", "victor", "stranger"] {
            let browser = world.browser(name).await;
            let mut seen = Map::new();
            for wanted in ["team", "namespace"] {
                let (_, path) = paths.iter().find(|(name, _)| *name == wanted).unwrap();
                let answer = browser.get(&world.service, path).await;
                let fields = ["role", "updatable", "destroyable", "permissions"];
                let body = answer.json();
                let shown: Map<String, Value> = fields
                    .iter()
                    .filter_map(|field| Some(((*field).to_owned(), body.get(*field)?.clone())))
                    .collect();
                seen.insert(format!("{wanted} {}", answer.status.as_u16()), Value::Object(shown));
            }
            offered.insert(name.to_owned(), Value::Object(seen));
        }
        assert_json_snapshot!("offered", offered);
    }
}

#[actix_web::test]
async fn what_a_write_answers_is_presented_too() {
    let world = World::on(TestDatabase::sqlite()).await;
    let browser = world.browser("olga").await;
    let made = |path: &str, body: Value| browser.write(Method::POST, path, &body);
    let team = world
        .service
        .call(made("/api/v1/teams", json!({"name": "ops"})))
        .await;
    assert_eq!(team.json()["role"], json!("Owner"), "{}", team.body);
    assert_eq!(team.json()["users_count"], json!(1));
    let new = json!({"name": "tools", "team": "ops"});
    let namespace = world.service.call(made("/api/v1/namespaces", new)).await;
    assert_eq!(
        namespace.json()["permissions"]["push"],
        json!(true),
        "{}",
        namespace.body
    );
    let path = format!("/api/v1/teams/{}/members", team.json()["id"]);
    let new = json!({"user": "admin", "role": "viewer"});
    let member = world.service.call(made(&path, new)).await.json();
    assert_eq!(
        (&member["admin"], &member["current"]),
        (&json!(true), &json!(false))
    );
    let by_token = world
        .app
        .post(&world.owner, "/api/v1/teams", json!({"name": "programs"}))
        .await
        .is(201)
        .json();
    assert!(by_token.get("role").is_none(), "{by_token}");
}
