//! `ETag`, `If-None-Match`, HEAD.

use actix_web::{http::Method, test::TestRequest};
use serde_json::json;

use super::support::{Answer, Caller, TestApp};

async fn if_none_match(app: &TestApp, caller: &Caller, path: &str, tags: &str) -> Answer {
    let request = TestRequest::get()
        .uri(path)
        .insert_header(("portus-auth", caller.auth.clone().expect("a token")))
        .insert_header(("if-none-match", tags));
    app.call(request).await
}

#[actix_web::test]
async fn who_has_the_answer_already_is_told_that_it_has_not_changed() {
    let app = TestApp::with_registry().await;
    let mary = app.user("mary").await;
    let team = app.team("devs", &mary).await;
    for path in ["/api/v1/teams", &format!("/api/v1/teams/{}", team.id)] {
        let answer = app.get(&mary, path).await;
        let tag = answer.is(200).header("etag").expect("a tag").to_owned();
        assert!(tag.starts_with("W/\""), "{tag}");
        assert_eq!(
            answer.header("cache-control"),
            Some("max-age=0, private, must-revalidate")
        );
        for tags in [&tag, &tag[2..], &format!("\"other\", {tag}"), "*"] {
            let again = if_none_match(&app, &mary, path, tags).await;
            assert_eq!(again.is(304).text, "", "{tags}");
            assert_eq!(again.header("etag"), Some(tag.as_str()));
            assert_eq!(
                again.header("cache-control"),
                Some("max-age=0, private, must-revalidate")
            );
            assert_eq!(again.header("access-control-allow-origin"), Some("*"));
        }
        if_none_match(&app, &mary, path, "\"other\"").await.is(200);
    }
    let path = format!("/api/v1/teams/{}", team.id);
    let tag = app
        .get(&mary, &path)
        .await
        .header("etag")
        .map(str::to_owned);
    let body = json!({"team": {"description": "new"}});
    app.put(&mary, &path, body).await.is(200);
    let tag = tag.expect("a tag");
    if_none_match(&app, &mary, &path, &tag).await.is(200);
}

#[actix_web::test]
async fn a_tag_opens_nothing_to_those_who_may_not_read() {
    let app = TestApp::with_registry().await;
    let (mary, eve) = (app.user("mary").await, app.user("eve").await);
    let team = app.team("devs", &mary).await;
    let path = format!("/api/v1/teams/{}", team.id);
    if_none_match(&app, &eve, &path, "*").await.is(404);
    let stranger = Caller {
        auth: Some("eve:wrong".to_owned()),
        ..eve
    };
    if_none_match(&app, &stranger, &path, "*").await.is(401);
}

#[actix_web::test]
async fn head_tells_what_get_tells_but_the_body() {
    let app = TestApp::with_registry().await;
    let mary = app.user("mary").await;
    app.team("devs", &mary).await;
    for path in ["/api/v1/teams?per_page=1", "/api/version"] {
        let get = app.get(&mary, path).await;
        let head = app.send(&mary, Method::HEAD, path, None).await;
        head.is(200);
        for name in ["etag", "content-type", "x-total", "link", "cache-control"] {
            assert_eq!(head.header(name), get.header(name), "{name} of {path}");
        }
    }
}

#[actix_web::test]
async fn answers_to_changes_are_not_to_be_kept_and_have_no_tag() {
    let app = TestApp::new().await;
    let mary = app.user("mary").await;
    let answer = app
        .post(&mary, "/api/v1/teams", json!({"name": "devs"}))
        .await;
    assert_eq!(answer.is(201).header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("etag"), None);
}

#[actix_web::test]
async fn a_change_that_is_sent_again_leaves_things_as_they_are() {
    let app = TestApp::with_registry().await;
    let mary = app.user("mary").await;
    let team = app.team("devs", &mary).await;
    let path = format!("/api/v1/teams/{}", team.id);
    let body = json!({"team": {"name": "ops", "description": "d"}});
    let first = app.put(&mary, &path, body.clone()).await.is(200).json();
    let second = app.put(&mary, &path, body).await.is(200).json();
    assert_eq!(first, second);

    let eve = app.user("eve").await;
    let member = app.member(&team, "eve", "viewer").await;
    let membership = format!("{path}/members/{member}");
    app.delete(&mary, &membership).await.is(204);
    app.delete(&mary, &membership).await.is(404);
    app.get(&eve, &path).await.is(404);
}
