//! Answers byte for byte, but for ids, times and secrets: fields and their order are what clients print.

use serde_json::{Value, json};

use crate::api::support::{Caller, TestApp};

/// What Portus says comes first; what we add stands behind it.
#[track_caller]
fn begins(text: &str, portus: &str) {
    let portus = portus.strip_suffix('}').expect("an object");
    let rest = text.strip_prefix(portus);
    let rest = rest.unwrap_or_else(|| panic!("{text} does not begin with {portus}"));
    assert!(rest == "}" || rest.starts_with(','), "{text}");
}

/// Keys in the order in which they stand in the text.
fn keys(text: &str) -> Vec<String> {
    let ordered: serde_json::Map<String, Value> = serde_json::from_str(text).expect("an object");
    let mut keys: Vec<String> = ordered.keys().cloned().collect();
    keys.sort_by_key(|key| text.find(&format!("\"{key}\":")));
    keys
}

#[actix_web::test]
async fn a_team() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    let made = app
        .post(
            &admin,
            "/api/v1/teams",
            json!({"name": "devs", "description": "d"}),
        )
        .await;
    let body = made.is(201).json();
    let (id, at) = (&body["id"], &body["created_at"]);
    assert_eq!(
        made.text,
        format!(
            r#"{{"id":{id},"name":"devs","created_at":{at},"updated_at":{at},"description":"d","hidden":false}}"#
        )
    );
    let blank = app.post(&admin, "/api/v1/teams", json!({"name": ""})).await;
    assert_eq!(
        blank.is(422).text,
        r#"{"message":{"name":["can't be blank"]}}"#
    );
    let missing = app
        .post(&admin, "/api/v1/teams", json!({"description": "x"}))
        .await;
    assert_eq!(
        missing.is(400).text,
        r#"{"message":{"[\"name\"]":["is missing"]}}"#
    );
}

#[actix_web::test]
async fn a_namespace_written_as_a_form() {
    let app = TestApp::with_registry().await;
    let admin = app.admin().await;
    let team = app.team("devs", &admin).await;
    let request = actix_web::test::TestRequest::post()
        .uri("/api/v1/namespaces")
        .insert_header(("Portus-Auth", admin.auth.as_deref().expect("a token")))
        .insert_header(("content-type", "application/x-www-form-urlencoded"))
        .set_payload("name=shop&team=devs");
    let made = app.call(request).await;
    let body = made.is(201).json();
    let (id, at) = (&body["id"], &body["created_at"]);
    begins(
        &made.text,
        &format!(
            r#"{{"id":{id},"name":"shop","created_at":{at},"updated_at":{at},"description":null,"team":{{"id":{},"name":"devs","hidden":false}},"visibility":"private","global":false}}"#,
            team.id
        ),
    );
}

#[actix_web::test]
async fn a_repository_and_its_tags() {
    let app = TestApp::new().await;
    app.registry("registry", "registry.example.org").await;
    let alice = app.user("alice").await;
    let team = app.team("devs", &alice).await;
    let shop = app.namespace("shop", &team, "private").await;
    let web = app.repository(shop.id, "web").await;
    let tag = app.tag(web, "latest", "sha256:aa", Some(alice.id)).await;
    let shown = app
        .get(&alice, &format!("/api/v1/repositories/{web}"))
        .await;
    let portus = [
        "id",
        "name",
        "full_name",
        "created_at",
        "updated_at",
        "description",
        "namespace",
        "registry_hostname",
        "stars",
        "tags_count",
        "starred",
        "destroyable",
    ];
    let mut body = shown.is(200).json();
    // What we add stands behind what Portus says.
    assert_eq!(keys(&shown.text)[..portus.len()], portus);
    let fields = body.as_object_mut().expect("an object");
    fields.retain(|key, _| portus.contains(&key.as_str()) && !key.ends_with("_at"));
    assert_eq!(
        body,
        json!({
            "id": web, "name": "web", "full_name": "shop/web", "description": null,
            "namespace": {"id": shop.id, "name": "shop"},
            "registry_hostname": "registry.example.org", "stars": 0, "tags_count": 1,
            "starred": false, "destroyable": true,
        })
    );

    let grouped = app
        .get(&alice, &format!("/api/v1/repositories/{web}/tags/grouped"))
        .await;
    let portus = [
        "id",
        "name",
        "author",
        "digest",
        "image_id",
        "created_at",
        "updated_at",
        "size",
        "scanned",
        "vulnerabilities",
    ];
    let group = grouped.is(200).json();
    let inner = grouped.text.trim_start_matches("[[").trim_end_matches("]]");
    assert_eq!(keys(inner)[..portus.len()], portus);
    let shown = &group[0][0];
    assert_eq!(shown["id"], tag);
    assert_eq!(shown["author"], json!({"id": alice.id, "name": "alice"}));
    assert_eq!(shown["image_id"], "c0ffee");
    assert_eq!(shown["size"], 7_023_616);
    assert_eq!(shown["scanned"], 0);
}

#[actix_web::test]
async fn bootstrap() {
    let app = TestApp::new().await;
    let new =
        json!({"user": {"username": "admin", "email": "a@example.org", "password": "12341234"}});
    let made = app
        .post(&Caller::NOBODY, "/api/v1/users/bootstrap", new)
        .await;
    let body = made.is(201).json();
    begins(
        &made.text,
        &format!(
            r#"{{"id":{},"application":"bootstrap","plain_token":{}}}"#,
            body["id"], body["plain_token"]
        ),
    );
    let token = body["plain_token"].as_str().expect("a token");
    let plain = |c: u8| c.is_ascii_alphanumeric() || b"-_".contains(&c);
    assert!(token.len() >= 20 && token.bytes().all(plain), "{token}");
}
