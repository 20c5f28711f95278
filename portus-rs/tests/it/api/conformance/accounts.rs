//! Users, bootstrap and application tokens.

use actix_web::test::TestRequest;
use serde_json::{Value, json};

use super::row;
use crate::api::support::{Caller, TestApp};

#[actix_web::test]
async fn users() {
    let app = TestApp::new().await;
    let (admin, mary) = (app.admin().await, app.user("mary").await);
    app.user("john").await;
    let nobody = Caller::NOBODY;
    let of_mary = format!("/api/v1/users/{}", mary.id);
    let portus = app
        .get(&admin, "/api/v1/users/portus@portus.com")
        .await
        .id();
    let empty = json!({"user": {"username": "", "email": "", "password": ""}});
    let answers = app
        .follow(vec![
            row("an unknown path", &nobody, "GET /api/lala", None, 404),
            row("without header", &nobody, "GET /api/v1/users", None, 401),
            row("as non-admin", &mary, "GET /api/v1/users", None, 403),
            row("as admin", &admin, "GET /api/v1/users", None, 200),
            row(
                "by e-mail",
                &admin,
                "GET /api/v1/users/mary@example.org",
                None,
                200,
            ),
            row("empty fields", &admin, "POST /api/v1/users", empty, 422),
            row("no body", &admin, "POST /api/v1/users", None, 400),
            row(
                "another's name",
                &admin,
                format!("PUT {of_mary}"),
                json!({"user": {"username": "john"}}),
                422,
            ),
            row(
                "an unknown id",
                &admin,
                "PUT /api/v1/users/4711",
                json!({"user": {"username": "x"}}),
                404,
            ),
            row(
                "portus",
                &admin,
                format!("PUT /api/v1/users/{portus}"),
                json!({"user": {"email": "a@b.org"}}),
                422,
            ),
            row("removing", &admin, format!("DELETE {of_mary}"), None, 204),
            row("removed", &admin, format!("GET {of_mary}"), None, 404),
        ])
        .await;
    assert_eq!(answers[4].id(), mary.id);
    assert!(answers[5].message().is_object());
    let unwritten = app.get(&admin, &format!("/api/v1/users/{portus}")).await;
    assert_eq!(unwritten.json()["email"], "portus@portus.com");

    let broken = TestRequest::post()
        .uri("/api/v1/users")
        .insert_header(("PORTUS-AUTH", admin.auth.as_deref().expect("a token")))
        .insert_header(("content-type", "application/json"))
        .set_payload(r#"{"user":{"username""#);
    assert_ne!(app.call(broken).await.is(400).message(), Value::Null);
}

#[actix_web::test]
async fn bootstrap() {
    let path = "POST /api/v1/users/bootstrap";
    let nobody = Caller::NOBODY;
    let with =
        |email: &str| json!({"user": {"username": "root", "email": email, "password": "12341234"}});
    let app = TestApp::new().await;
    let answers = app
        .follow(vec![
            row("a bad e-mail", &nobody, path, with("nonsense"), 422),
            row("only portus is there", &nobody, path, with("a@b.org"), 201),
            row("a user is there", &nobody, path, with("c@d.org"), 400),
        ])
        .await;
    assert_eq!(answers[0].message()["email"][0], "is invalid");
    let token = answers[1].json()["plain_token"]
        .as_str()
        .expect("a token")
        .to_owned();
    let root = Caller {
        id: 0,
        auth: Some(format!("root:{token}")),
    };
    let me = app.get(&root, "/api/v1/users/a@b.org").await;
    assert_eq!(me.is(200).json()["admin"], true);

    let off = TestApp::with(&[("PORTUS_FIRST_USER_ADMIN_ENABLED", "false")]).await;
    off.follow(vec![row(
        "switched off",
        &nobody,
        path,
        with("a@b.org"),
        405,
    )])
    .await;
}

#[actix_web::test]
async fn application_tokens() {
    let app = TestApp::new().await;
    let (admin, mary) = (app.admin().await, app.user("mary").await);
    let bot = app.account("robot", false, true).await;
    let tokens = |who: &Caller| format!("/api/v1/users/{}/application_tokens", who.id);
    let ci = json!({"application": "ci"});
    let answers = app
        .follow(vec![
            row(
                "own",
                &mary,
                format!("POST {}", tokens(&mary)),
                ci.clone(),
                201,
            ),
            row(
                "the same name",
                &mary,
                format!("POST {}", tokens(&mary)),
                ci.clone(),
                422,
            ),
            row(
                "of a bot",
                &admin,
                format!("POST {}", tokens(&bot)),
                ci.clone(),
                201,
            ),
            row(
                "D1: another's",
                &mary,
                format!("POST {}", tokens(&admin)),
                ci.clone(),
                403,
            ),
            row(
                "D1: another's",
                &mary,
                format!("GET {}", tokens(&admin)),
                None,
                403,
            ),
            row(
                "as admin",
                &admin,
                format!("POST {}", tokens(&mary)),
                json!({"application": "x"}),
                201,
            ),
        ])
        .await;
    assert_eq!(
        answers[1].message()["application"][0],
        "has already been taken"
    );
    let delete = |id: i64| format!("DELETE /api/v1/users/application_tokens/{id}");
    app.follow(vec![
        row("another user's", &admin, delete(answers[0].id()), None, 403),
        row("own", &mary, delete(answers[0].id()), None, 204),
        row("a bot's", &admin, delete(answers[2].id()), None, 204),
        row("unknown", &admin, delete(4711), None, 404),
    ])
    .await;
}
