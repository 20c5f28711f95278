//! Stars, and how many there are.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::support::{Caller, TestApp};
use crate::support::databases::on_every_database;

async fn stars(app: &TestApp, caller: &Caller, id: i64) -> (Value, Value) {
    let listed = app.get(caller, "/api/v1/repositories").await.is(200).json();
    let own = app
        .get(caller, &format!("/api/v1/repositories/{id}"))
        .await
        .is(200)
        .json();
    assert_eq!(listed[0]["stars"], own["stars"]);
    assert_eq!(listed[0]["starred"], own["starred"]);
    (own["stars"].clone(), own["starred"].clone())
}

on_every_database! {
    async fn a_star_is_given_once_and_taken_once(database: TestDatabase) {
        let app = TestApp::on(&database).await;
        let (mary, john) = (app.user("mary").await, app.user("john").await);
        let team = app.team("devs", &mary).await;
        let shop = app.namespace("shop", &team, "protected").await;
        let web = app.repository(shop.id, "web").await;
        let path = format!("/api/v1/repositories/{web}/star");
        for _ in 0..2 {
            let done = app.put(&mary, &path, json!({})).await.is(200).json();
            assert_eq!((&done["stars"], &done["starred"]), (&json!(1), &json!(true)));
        }
        assert_eq!(stars(&app, &mary, web).await, (json!(1), json!(true)));
        assert_eq!(stars(&app, &john, web).await, (json!(1), json!(false)));
        app.put(&john, &path, json!({})).await.is(200);
        assert_eq!(stars(&app, &mary, web).await, (json!(2), json!(true)));
        for _ in 0..2 {
            app.delete(&mary, &path).await.is(204);
        }
        assert_eq!(stars(&app, &mary, web).await, (json!(1), json!(false)));
        assert_eq!(stars(&app, &john, web).await, (json!(1), json!(true)));
    }

    async fn a_star_given_many_times_at_once_is_one(database: TestDatabase) {
        let app = TestApp::on(&database).await;
        let mary = app.user("mary").await;
        let team = app.team("devs", &mary).await;
        let shop = app.namespace("shop", &team, "private").await;
        let web = app.repository(shop.id, "web").await;
        let path = format!("/api/v1/repositories/{web}/star");
        for answer in join_all((0..8).map(|_| app.put(&mary, &path, json!({})))).await {
            answer.is(200);
        }
        assert_eq!(stars(&app, &mary, web).await, (json!(1), json!(true)));
    }

    async fn whoever_leaves_takes_stars_and_comments_along(database: TestDatabase) {
        let app = TestApp::on(&database).await;
        let (admin, mary, john) = (app.admin().await, app.user("mary").await, app.user("john").await);
        let team = app.team("devs", &mary).await;
        let shop = app.namespace("shop", &team, "public").await;
        let web = app.repository(shop.id, "web").await;
        let path = format!("/api/v1/repositories/{web}");
        app.put(&john, &format!("{path}/star"), json!({})).await.is(200);
        let said = json!({"comment": {"body": "well"}});
        app.post(&john, &format!("{path}/comments"), said.clone()).await.is(201);
        app.post(&mary, &format!("{path}/comments"), said).await.is(201);
        app.delete(&admin, &format!("/api/v1/users/{}", john.id)).await.is(204);
        assert_eq!(stars(&app, &mary, web).await, (json!(0), json!(false)));
        let left = app.get(&mary, &format!("{path}/comments")).await.is(200).json();
        assert_eq!(left.as_array().map(Vec::len), Some(1));
        assert_eq!(left[0]["author"]["username"], json!("mary"));
    }
}

#[actix_web::test]
async fn the_button_of_portus_gives_and_takes() {
    let app = TestApp::with_registry().await;
    let mary = app.user("mary").await;
    let team = app.team("devs", &mary).await;
    let shop = app.namespace("shop", &team, "private").await;
    let web = app.repository(shop.id, "web").await;
    let path = format!("/api/v1/repositories/{web}/toggle_star");
    for starred in [true, false, true] {
        let done = app.post(&mary, &path, json!({})).await.is(200).json();
        assert_eq!(done["starred"], json!(starred));
        assert_eq!(done["stars"], json!(i64::from(starred)));
        assert_eq!(done["full_name"], json!("shop/web"));
    }
}

#[actix_web::test]
async fn one_stars_what_one_can_see() {
    let app = TestApp::with_registry().await;
    let (admin, mary, viewer, eve) = (
        app.admin().await,
        app.user("mary").await,
        app.user("victor").await,
        app.user("eve").await,
    );
    let team = app.team("devs", &mary).await;
    app.member(&team, "victor", "viewer").await;
    for (visibility, outsiders) in [("private", 404), ("protected", 200), ("public", 200)] {
        let space = app.namespace(visibility, &team, visibility).await;
        let id = app.repository(space.id, "web").await;
        let star = format!("/api/v1/repositories/{id}/star");
        let toggle = format!("/api/v1/repositories/{id}/toggle_star");
        for caller in [&admin, &mary, &viewer] {
            app.put(caller, &star, json!({})).await.is(200);
            app.post(caller, &toggle, json!({})).await.is(200);
        }
        app.put(&eve, &star, json!({})).await.is(outsiders);
        app.delete(&eve, &star)
            .await
            .is(if outsiders == 200 { 204 } else { 404 });
        app.post(&eve, &toggle, json!({})).await.is(outsiders);
        let own = app
            .get(&mary, &format!("/api/v1/repositories/{id}"))
            .await
            .json();
        assert_eq!(
            own["stars"],
            json!(i64::from(outsiders == 200)),
            "{visibility}"
        );
        app.put(&Caller::NOBODY, &star, json!({})).await.is(401);
        app.post(&Caller::NOBODY, &toggle, json!({})).await.is(401);
    }
    for path in ["4711/star", "x/star"] {
        app.put(&mary, &format!("/api/v1/repositories/{path}"), json!({}))
            .await
            .is(404);
    }
    app.post(&mary, "/api/v1/repositories/4711/toggle_star", json!({}))
        .await
        .is(404);
}
