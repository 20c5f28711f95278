//! Setting up registries.

use portus_rs::entities::activity;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use super::support::TestApp;

/// Something that answers like a registry that wants a token. Returns its host and port.
async fn registry() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 2048];
            let _ = stream.read(&mut request).await;
            let answer = "HTTP/1.1 401 Unauthorized\r\nDocker-Distribution-Api-Version: registry/2.0\r\n\
                Www-Authenticate: Bearer realm=\"http://localhost/v2/token\",service=\"registry\"\r\n\
                Content-Length: 0\r\nConnection: close\r\n\r\n";
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    address.to_string()
}

#[actix_web::test]
async fn registries_are_for_admins() {
    let app = TestApp::with_registry().await;
    let (admin, mary) = (app.admin().await, app.user("mary").await);
    app.get(&mary, "/api/v1/registries").await.is(403);
    app.get(&mary, "/api/v1/registries/validate").await.is(403);
    app.post(&mary, "/api/v1/registries", json!({}))
        .await
        .is(403);
    app.put(&mary, "/api/v1/registries/4711", json!({}))
        .await
        .is(403);
    let row = app.get(&admin, "/api/v1/registries").await.is(200).json()[0].clone();
    assert_eq!(row["hostname"], json!("registry.test.lan:5000"));
    assert_eq!(row["external_hostname"], json!(null));
    assert_eq!(row["token_header"], json!("x5c"));
    assert!(row.get("events_secret").is_none() && row.get("events_secret_sha256").is_none());
}

#[actix_web::test]
async fn a_registry_that_answers_is_set_up() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    let host = registry().await;
    let new = json!({"registry": {"name": "one", "hostname": host, "use_ssl": "false"}});
    let made = app.post(&admin, "/api/v1/registries", new.clone()).await;
    assert_eq!(made.is(201).json()["use_ssl"], json!(false));
    let clash = app.post(&admin, "/api/v1/registries", new).await;
    let message = clash.is(422).message();
    assert_eq!(message["name"][0], json!("has already been taken"));
    assert_eq!(message["hostname"][0], json!("has already been taken"));
    let second = json!({"registry": {"name": "two", "hostname": registry().await, "use_ssl": false, "proxy": true, "token_header": "jwks"}});
    let made = app.post(&admin, "/api/v1/registries", second).await;
    assert_eq!(
        (&made.is(201).json()["proxy"], &made.json()["token_header"]),
        (&json!(true), &json!("jwks"))
    );
    app.get(&admin, "/api/v1/health").await.is(200);
    // Each was one deed, whatever was said of it.
    let deeds = activity::Entity::find().filter(activity::Column::Key.starts_with("registry:"));
    let deeds = deeds.all(app.app.database.reader()).await.unwrap();
    let keys: Vec<&str> = deeds.iter().map(|row| row.key.as_str()).collect();
    assert_eq!(keys, ["registry:create", "registry:create"]);
}

#[actix_web::test]
async fn a_registry_with_faults_is_not() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    let odd = json!({"registry": {"name": "r", "hostname": "h", "use_ssl": "asd"}});
    let message = app
        .post(&admin, "/api/v1/registries", odd)
        .await
        .is(400)
        .message();
    assert_eq!(message, json!({"[\"registry[use_ssl]\"]": ["is invalid"]}));
    let silent = json!({"registry": {"name": "r", "hostname": "127.0.0.1:1", "use_ssl": false}});
    let message = app
        .post(&admin, "/api/v1/registries", silent)
        .await
        .is(422)
        .message();
    assert!(message["hostname"][0].is_string(), "{message}");
    for bad in ["", "a b", "http://x/", "x/y"] {
        let odd = json!({"registry": {"name": "r", "hostname": bad, "use_ssl": null}});
        let message = app
            .post(&admin, "/api/v1/registries", odd)
            .await
            .is(422)
            .message();
        assert!(message["hostname"][0].is_string(), "{bad}: {message}");
        assert_eq!(message["use_ssl"][0], json!("is not included in the list"));
    }
}

#[actix_web::test]
async fn changing_a_registry() {
    let app = TestApp::with_registry().await;
    let admin = app.admin().await;
    let id = app.get(&admin, "/api/v1/registries").await.json()[0]["id"].clone();
    let path = format!("/api/v1/registries/{id}");
    let global = app.get(&admin, "/api/v1/namespaces").await.json()[0]["id"]
        .as_i64()
        .expect("an id");
    app.repository(global, "busybox").await;
    let named = app
        .put(
            &admin,
            &path,
            json!({"registry": {"name": "Other", "hostname": "registry.test.lan:5000"}}),
        )
        .await;
    assert_eq!(named.is(200).json()["name"], json!("Other"));
    let moved = app
        .put(
            &admin,
            &path,
            json!({"registry": {"hostname": registry().await}}),
        )
        .await;
    assert_eq!(
        moved.is(422).message(),
        json!({"hostname": ["Registry is not empty, cannot change hostname"]})
    );
    let short = app
        .put(
            &admin,
            &path,
            json!({"registry": {"events_secret": "short"}}),
        )
        .await;
    assert!(short.is(422).message()["events_secret"].is_array());
    let kept = json!({"registry": {"events_secret": "a secret long enough", "events_enforced": 1}});
    let kept = app.put(&admin, &path, kept).await;
    assert_eq!(kept.is(200).json()["events_enforced"], json!(true));
    assert!(!kept.text.contains("long enough"));
    app.put(&admin, "/api/v1/registries/4711", json!({"registry": {}}))
        .await
        .is(404);
    app.put(&admin, &path, json!({})).await.is(400);
}

#[actix_web::test]
async fn what_another_registry_has_is_blamed_by_its_field() {
    let app = TestApp::with_registry().await;
    let admin = app.admin().await;
    let other = app.registry("other", "other.test:5000").await;
    let path = format!("/api/v1/registries/{}", other.id);
    let taken = json!({"registry": {"name": "registry"}});
    assert_eq!(
        app.put(&admin, &path, taken).await.is(422).message(),
        json!({"name": ["has already been taken"]})
    );
    let own = json!({"registry": {"name": "other", "hostname": "other.test:5000"}});
    app.put(&admin, &path, own).await.is(200);
}

#[actix_web::test]
async fn validating_a_registry() {
    let app = TestApp::with_registry().await;
    let admin = app.admin().await;
    let ask = async |query: &str| {
        app.get(&admin, &format!("/api/v1/registries/validate?{query}"))
            .await
    };
    let body = ask("name=x&hostname=127.0.0.1:1&use_ssl=false")
        .await
        .is(200)
        .json();
    assert_eq!(body["valid"], json!(false));
    assert!(body["messages"]["hostname"][0].is_string());
    let good = ask(&format!(
        "name=x&hostname={}&use_ssl=false",
        registry().await
    ))
    .await;
    assert_eq!(good.is(200).json(), json!({"messages": {}, "valid": true}));
    for only in ["only[]=name", "only=name"] {
        let body = ask(&format!(
            "name=registry&hostname=127.0.0.1:1&use_ssl=f&{only}"
        ))
        .await
        .is(200)
        .json();
        assert_eq!(
            body,
            json!({"messages": {"name": ["has already been taken"]}, "valid": false})
        );
    }
    let message = ask("").await.is(400).message();
    assert_eq!(message.as_object().map(serde_json::Map::len), Some(3));
}
