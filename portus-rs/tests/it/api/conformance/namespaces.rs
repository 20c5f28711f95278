//! Namespaces, what is in them, and removing it.

use portus_rs::entities::activity;
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::{Value, json};

use super::row;
use crate::api::support::TestApp;

const MANAGE: (&str, &str) = ("PORTUS_USER_PERMISSION_MANAGE_NAMESPACE_ENABLED", "false");
const CHANGE: (&str, &str) = ("PORTUS_USER_PERMISSION_CHANGE_VISIBILITY_ENABLED", "false");
const CREATE: (&str, &str) = ("PORTUS_USER_PERMISSION_CREATE_NAMESPACE_ENABLED", "false");

async fn activities(app: &TestApp) -> u64 {
    let reader = app.app.database.reader();
    activity::Entity::find()
        .count(reader)
        .await
        .expect("a count")
}

fn of(changes: &Value) -> Value {
    json!({ "namespace": changes })
}

#[actix_web::test]
async fn making() {
    let app = TestApp::with_registry().await;
    let admin = app.admin().await;
    let (mary, john) = (app.user("mary").await, app.user("john").await);
    let (vera, eve) = (app.user("vera").await, app.user("eve").await);
    let team = app.team("devs", &mary).await;
    app.member(&team, "john", "contributor").await;
    app.member(&team, "vera", "viewer").await;
    let path = "POST /api/v1/namespaces";
    let new = |name: &str, team: &str| json!({"name": name, "team": team});
    app.follow(vec![
        row("as admin", &admin, path, new("a", "devs"), 201),
        row("as owner", &mary, path, new("b", "devs"), 201),
        row("as contributor", &john, path, new("c", "devs"), 201),
        row("as viewer", &vera, path, new("d", "devs"), 403),
        row("as outsider", &eve, path, new("e", "devs"), 404),
        row("into a hidden team", &admin, path, new("f", "mary"), 404),
        row("into an unknown team", &admin, path, new("g", "ghost"), 404),
    ])
    .await;

    let off = TestApp::with(&[CREATE]).await;
    off.registry("registry", "registry.test.lan:5000").await;
    let (admin, mary) = (off.admin().await, off.user("mary").await);
    off.team("devs", &mary).await;
    off.follow(vec![
        row("off, as owner", &mary, path, new("a", "devs"), 403),
        row("off, as admin", &admin, path, new("a", "devs"), 201),
    ])
    .await;
}

#[actix_web::test]
async fn changing() {
    let app = TestApp::with_registry().await;
    let mary = app.user("mary").await;
    let team = app.team("devs", &mary).await;
    app.team("other", &mary).await;
    let shop = app.namespace("shop", &team, "public").await;
    app.namespace("taken", &team, "private").await;
    let path = format!("PUT /api/v1/namespaces/{}", shop.id);
    let answers = app
        .follow(vec![
            row(
                "closing",
                &mary,
                &path,
                of(&json!({"visibility": "private"})),
                200,
            ),
            row(
                "an unknown team",
                &mary,
                &path,
                of(&json!({"team": "Xa"})),
                404,
            ),
            row(
                "a name that is taken",
                &mary,
                &path,
                of(&json!({"name": "taken"})),
                422,
            ),
            row(
                "an unknown visibility",
                &mary,
                &path,
                of(&json!({"visibility": "x"})),
                422,
            ),
        ])
        .await;
    assert_eq!(answers[1].message(), "unknown team 'Xa'");
    assert_eq!(answers[2].message()["name"][0], "has already been taken");
    let before = activities(&app).await;
    let three = of(&json!({"name": "shop2", "team": "other", "description": "d"}));
    app.follow(vec![row("three attributes", &mary, &path, three, 200)])
        .await;
    assert_eq!(activities(&app).await - before, 3);

    let off = TestApp::with(&[MANAGE, CHANGE]).await;
    off.registry("registry", "registry.test.lan:5000").await;
    let mary = off.user("mary").await;
    let team = off.team("devs", &mary).await;
    let shop = off.namespace("shop", &team, "public").await;
    let path = format!("PUT /api/v1/namespaces/{}", shop.id);
    let before = activities(&off).await;
    off.follow(vec![
        row(
            "off: describing",
            &mary,
            &path,
            of(&json!({"description": "d"})),
            403,
        ),
        row(
            "off: closing",
            &mary,
            &path,
            of(&json!({"visibility": "private"})),
            403,
        ),
    ])
    .await;
    assert_eq!(activities(&off).await, before);
}

#[actix_web::test]
async fn grouped_tags() {
    let app = TestApp::with_registry().await;
    let mary = app.user("mary").await;
    let team = app.team("devs", &mary).await;
    let shop = app.namespace("shop", &team, "private").await;
    let web = app.repository(shop.id, "web").await;
    app.tag(web, "a", "sha256:a", Some(mary.id)).await;
    for name in ["b1", "b2", "b3", "b4"] {
        app.tag(web, name, "sha256:b", Some(mary.id)).await;
    }
    let groups = app
        .get(&mary, &format!("/api/v1/repositories/{web}/tags/grouped"))
        .await;
    let groups = groups.is(200).json();
    let mut sizes: Vec<usize> = groups
        .as_array()
        .expect("groups")
        .iter()
        .map(|group| group.as_array().map_or(0, Vec::len))
        .collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [1, 4]);
}
