//! What people say about repositories.

use portus_rs::entities::activity;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};

use super::support::{Caller, TestApp};
use crate::support::databases::on_every_database;

fn said(body: &str) -> Value {
    json!({"comment": {"body": body}})
}

on_every_database! {
    async fn comments_are_listed_with_their_authors(database: TestDatabase) {
        let app = TestApp::on(&database).await;
        let (mary, john) = (app.user("mary").await, app.user("john").await);
        let team = app.team("devs", &mary).await;
        app.member(&team, "john", "viewer").await;
        let shop = app.namespace("shop", &team, "private").await;
        let (web, other) = (app.repository(shop.id, "web").await, app.repository(shop.id, "db").await);
        let path = format!("/api/v1/repositories/{web}/comments");
        let body = "Grüße 🐳 <script>alert(1)</script> 2^nd";
        let first = app.post(&mary, &path, said(body)).await.is(201).json();
        assert_eq!(first["body"], json!(body));
        assert_eq!(first["repository_id"], json!(web));
        assert_eq!(first["author"]["id"], json!(mary.id));
        assert_eq!(first["author"]["username"], json!("mary"));
        let avatar = "https://secure.gravatar.com/avatar/657331ffcc286becda5f20647a834348?d=identicon&r=G&s=40";
        assert_eq!(first["author"]["avatar_url"], json!(avatar), "the MD5 of mary@example.org");
        app.post(&john, &path, said("second")).await.is(201);
        app.post(&john, &format!("/api/v1/repositories/{other}/comments"), said("elsewhere"))
            .await
            .is(201);
        let listed = app.get(&john, &path).await;
        assert_eq!(listed.is(200).pluck("body"), [json!(body), json!("second")]);
        assert_eq!(listed.json()[0], first);
        let page = app.get(&john, &format!("{path}?per_page=1&page=2")).await.is(200).pluck("body");
        assert_eq!(page, [json!("second")]);
        let entry = activity::Entity::find()
            .filter(activity::Column::Key.eq("comment:create"))
            .filter(activity::Column::ActorName.eq("mary"))
            .one(app.app.database.reader())
            .await
            .unwrap()
            .unwrap();
        assert_eq!(entry.repository_name.as_deref(), Some("web"));
        assert!(!entry.parameters.contains("alert"), "{}", entry.parameters);
    }
}

#[actix_web::test]
async fn a_comment_says_something() {
    let app = TestApp::with_registry().await;
    let mary = app.user("mary").await;
    let team = app.team("devs", &mary).await;
    let shop = app.namespace("shop", &team, "private").await;
    let web = app.repository(shop.id, "web").await;
    let path = format!("/api/v1/repositories/{web}/comments");
    for blank in ["", "  \n"] {
        let refused = app.post(&mary, &path, said(blank)).await;
        assert_eq!(
            refused.is(422).message(),
            json!({"body": ["can't be blank"]})
        );
    }
    let long = app.post(&mary, &path, said(&"é".repeat(65_536))).await;
    assert_eq!(
        long.is(422).message(),
        json!({"body": ["is too long (maximum is 65535 characters)"]})
    );
    let missing = app.post(&mary, &path, json!({})).await;
    assert_eq!(
        missing.is(400).message(),
        json!({"[\"comment\"]": ["is missing"], "[\"comment[body]\"]": ["is missing"]})
    );
    assert_eq!(app.get(&mary, &path).await.is(200).json(), json!([]));
}

#[actix_web::test]
async fn who_may_speak_and_who_may_take_back() {
    let app = TestApp::with_registry().await;
    let (admin, mary, eve, adam) = (
        app.admin().await,
        app.user("mary").await,
        app.user("eve").await,
        app.user("adam").await,
    );
    let team = app.team("devs", &mary).await;
    for (visibility, outsiders) in [("private", false), ("protected", true), ("public", true)] {
        let space = app.namespace(visibility, &team, visibility).await;
        let id = app.repository(space.id, "web").await;
        let elsewhere = app.repository(space.id, "db").await;
        let path = format!("/api/v1/repositories/{id}/comments");
        let hers = app.post(&mary, &path, said("hers")).await.is(201).id();
        app.get(&Caller::NOBODY, &path).await.is(401);
        app.post(&Caller::NOBODY, &path, said("x")).await.is(401);
        app.delete(&Caller::NOBODY, &format!("{path}/{hers}"))
            .await
            .is(401);
        app.get(&eve, &path)
            .await
            .is(if outsiders { 200 } else { 404 });
        let spoken = app.post(&eve, &path, said("eve's")).await;
        spoken.is(if outsiders { 201 } else { 404 });
        app.delete(&eve, &format!("{path}/{hers}"))
            .await
            .is(if outsiders { 403 } else { 404 });
        // Not by way of another repository.
        app.delete(
            &mary,
            &format!("/api/v1/repositories/{elsewhere}/comments/{hers}"),
        )
        .await
        .is(404);
        if outsiders {
            let own = spoken.id();
            app.delete(&adam, &format!("{path}/{own}")).await.is(403);
            // The team's owner is no judge of what others say.
            app.delete(&mary, &format!("{path}/{own}")).await.is(403);
            app.delete(&eve, &format!("{path}/{own}")).await.is(204);
            app.delete(&eve, &format!("{path}/{own}")).await.is(404);
        }
        assert_eq!(app.get(&mary, &path).await.pluck("id"), [json!(hers)]);
        app.delete(&admin, &format!("{path}/{hers}")).await.is(204);
    }
    app.get(&mary, "/api/v1/repositories/4711/comments")
        .await
        .is(404);
    app.delete(&mary, "/api/v1/repositories/4711/comments/1")
        .await
        .is(404);
}

#[actix_web::test]
async fn an_author_who_lost_sight_of_a_repository_lost_their_comments_with_it() {
    let app = TestApp::with_registry().await;
    let (mary, john) = (app.user("mary").await, app.user("john").await);
    let team = app.team("devs", &mary).await;
    let member = app.member(&team, "john", "viewer").await;
    let shop = app.namespace("shop", &team, "private").await;
    let web = app.repository(shop.id, "web").await;
    let path = format!("/api/v1/repositories/{web}/comments");
    let his = app.post(&john, &path, said("his")).await.is(201).id();
    app.delete(
        &mary,
        &format!("/api/v1/teams/{}/members/{member}", team.id),
    )
    .await
    .is(204);
    app.delete(&john, &format!("{path}/{his}")).await.is(404);
    assert_eq!(app.get(&mary, &path).await.pluck("id"), [json!(his)]);
}

#[actix_web::test]
async fn no_picture_is_fetched_where_gravatar_is_off() {
    let app = TestApp::with(&[("PORTUS_GRAVATAR_ENABLED", "false")]).await;
    app.registry("registry", "registry.test.lan:5000").await;
    let mary = app.user("mary").await;
    let team = app.team("devs", &mary).await;
    let shop = app.namespace("shop", &team, "private").await;
    let web = app.repository(shop.id, "web").await;
    let path = format!("/api/v1/repositories/{web}/comments");
    let made = app.post(&mary, &path, said("x")).await.is(201).json();
    assert_eq!(made["author"]["avatar_url"], Value::Null);
}
