//! Repositories and tags.

use serde_json::{Value, json};

use super::support::{Caller, TestApp};

async fn shop(app: &TestApp, mary: &Caller) -> (i64, i64) {
    let team = app.team("devs", mary).await;
    let shop = app.namespace("shop", &team, "private").await;
    (shop.id, app.repository(shop.id, "web").await)
}

#[actix_web::test]
async fn a_push_is_listed_with_author_digest_size_and_platforms() {
    let app = TestApp::with_registry().await;
    let (mary, eve) = (app.user("mary").await, app.user("eve").await);
    let (namespace, web) = shop(&app, &mary).await;
    app.tag(web, "1.0", "sha256:aa", Some(eve.id)).await;
    app.tag(web, "latest", "sha256:bb", Some(mary.id)).await;
    let listed = app.get(&mary, "/api/v1/repositories").await.is(200).json();
    let own = app
        .get(&mary, &format!("/api/v1/repositories/{web}"))
        .await
        .is(200)
        .json();
    let below = app
        .get(
            &mary,
            &format!("/api/v1/namespaces/{namespace}/repositories"),
        )
        .await
        .is(200)
        .json();
    assert_eq!(listed[0], own);
    assert_eq!(below[0], own);
    assert_eq!(own["full_name"], json!("shop/web"));
    assert_eq!(own["namespace"], json!({"id": namespace, "name": "shop"}));
    assert_eq!(own["registry_hostname"], json!("registry.test.lan:5000"));
    assert_eq!((&own["tags_count"], &own["stars"]), (&json!(2), &json!(0)));
    assert_eq!(
        (&own["starred"], &own["destroyable"]),
        (&json!(false), &json!(true))
    );
    let last = &own["last_tag"];
    assert_eq!(last["name"], json!("latest"));
    assert_eq!(last["author"], json!({"id": mary.id, "name": "mary"}));
    assert_eq!(last["digest"], json!("sha256:bb"));
    assert_eq!(last["size"], json!(7_023_616));
    assert_eq!(last["platforms"], json!(["linux/amd64", "linux/arm64"]));
}

#[actix_web::test]
async fn a_repository_without_tags_is_listed() {
    let app = TestApp::with_registry().await;
    let mary = app.user("mary").await;
    shop(&app, &mary).await;
    let listed = app.get(&mary, "/api/v1/repositories").await.is(200).json();
    assert_eq!(listed[0]["last_tag"], Value::Null);
    assert_eq!(listed[0]["tags_count"], json!(0));
}

#[actix_web::test]
async fn owners_describe_repositories() {
    let app = TestApp::with_registry().await;
    let (admin, mary, john, eve) = (
        app.admin().await,
        app.user("mary").await,
        app.user("john").await,
        app.user("eve").await,
    );
    let team = app.team("devs", &mary).await;
    app.member(&team, "john", "contributor").await;
    let shop = app.namespace("shop", &team, "private").await;
    let web = app.repository(shop.id, "web").await;
    let path = format!("/api/v1/repositories/{web}");
    let body = |text: &str| json!({"repository": {"description": text, "name": "ignored"}});
    let done = app.put(&mary, &path, body("the shop")).await;
    assert_eq!(done.is(200).json()["description"], json!("the shop"));
    assert_eq!(done.json()["name"], json!("web"));
    app.put(&admin, &path, body("x")).await.is(200);
    app.put(&john, &path, body("x")).await.is(403);
    app.put(&eve, &path, body("x")).await.is(404);
    app.put(&mary, "/api/v1/repositories/4711", body("x"))
        .await
        .is(404);
    app.put(&mary, &path, json!({})).await.is(400);
}

#[actix_web::test]
async fn tags_are_grouped_by_digest() {
    let app = TestApp::with_registry().await;
    let mary = app.user("mary").await;
    let (_, web) = shop(&app, &mary).await;
    app.tag(web, "a", "sha256:aa", Some(mary.id)).await;
    let mut bs = Vec::new();
    for name in ["b1", "b2", "b3", "b4"] {
        bs.push(json!(app.tag(web, name, "sha256:bb", Some(mary.id)).await));
    }
    let groups = app
        .get(&mary, &format!("/api/v1/repositories/{web}/tags/grouped"))
        .await
        .is(200)
        .json();
    let groups = groups.as_array().expect("groups");
    let ids: Vec<Vec<&Value>> = groups
        .iter()
        .map(|it| {
            it.as_array()
                .expect("a group")
                .iter()
                .map(|tag| &tag["id"])
                .collect()
        })
        .collect();
    assert_eq!(ids.len(), 2);
    assert_eq!(ids[0], bs.iter().collect::<Vec<_>>());
    assert_eq!(groups[1][0]["name"], json!("a"));
}

#[actix_web::test]
async fn a_tag_is_shown_where_it_belongs() {
    let app = TestApp::with_registry().await;
    let (admin, mary, eve) = (
        app.admin().await,
        app.user("mary").await,
        app.user("eve").await,
    );
    let (namespace, web) = shop(&app, &mary).await;
    let other = app.repository(namespace, "other").await;
    let tag = app.tag(web, "latest", "sha256:aa", Some(mary.id)).await;
    let own = app
        .get(&mary, &format!("/api/v1/tags/{tag}"))
        .await
        .is(200)
        .json();
    assert_eq!(own["author"], json!({"id": mary.id, "name": "mary"}));
    assert_eq!(
        (&own["image_id"], &own["scanned"]),
        (&json!("c0ffee"), &json!(0))
    );
    assert_eq!(own["vulnerabilities"], Value::Null);
    assert_eq!(
        own["media_type"],
        json!("application/vnd.oci.image.manifest.v1+json")
    );
    let nested = app
        .get(&mary, &format!("/api/v1/repositories/{web}/tags/{tag}"))
        .await;
    assert_eq!(nested.is(200).json(), own);
    let listed = app
        .get(&mary, &format!("/api/v1/repositories/{web}/tags"))
        .await;
    assert_eq!(listed.is(200).json(), json!([own]));
    app.get(&mary, &format!("/api/v1/repositories/{other}/tags/{tag}"))
        .await
        .is(404);
    for path in [
        format!("/api/v1/tags/{tag}"),
        format!("/api/v1/repositories/{web}"),
        format!("/api/v1/repositories/{web}/tags"),
        format!("/api/v1/repositories/{web}/tags/grouped"),
        format!("/api/v1/repositories/{web}/tags/{tag}"),
        format!("/api/v1/namespaces/{namespace}/repositories"),
    ] {
        app.get(&eve, &path).await.is(404);
        app.get(&admin, &path).await.is(200);
        app.get(&Caller::NOBODY, &path).await.is(401);
    }
    app.get(&mary, "/api/v1/tags/x").await.is(400);
    app.get(&mary, "/api/v1/tags/4711").await.is(404);
    app.get(&mary, "/api/v1/tags").await.is(403);
    assert_eq!(
        app.get(&admin, "/api/v1/tags").await.is(200).pluck("id"),
        [json!(tag)]
    );
    app.delete(&admin, &format!("/api/v1/users/{}", mary.id))
        .await
        .is(204);
    let orphan = app
        .get(&admin, &format!("/api/v1/tags/{tag}"))
        .await
        .is(200)
        .json();
    assert_eq!(orphan["author"], json!({"id": null, "name": null}));
}
