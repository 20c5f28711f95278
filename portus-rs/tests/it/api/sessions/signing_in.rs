//! Who may sign in, and what they are told.

use actix_web::{http::Method, test::TestRequest};
use sea_orm::{ConnectionTrait as _, EntityTrait as _, QueryOrder as _};
use serde_json::json;

use portus_rs::entities::{activity, session};

use super::{Browser, attempt, set_cookie, sign_in};
use crate::support::{
    databases::{TestDatabase, on_every_database},
    service::{PASSWORD, Service},
};

on_every_database! {
    async fn a_person_signs_in_looks_around_and_signs_out(database: TestDatabase) {
        let service = Service::on(database).await;
        let alice = service.user("alice").await;
        let answer = sign_in(&service, "Alice", PASSWORD).await;
        let body = answer.json();
        assert_eq!(body["user"]["id"], json!(alice.id));
        assert_eq!(body["user"]["display_username"], json!("alice"));
        assert_eq!(body["user"]["namespaces_count"], json!(1));
        assert_eq!(body["user"]["teams_count"], json!(0));
        assert!(!answer.body.contains("password"), "{}", answer.body);
        let browser = Browser::of(&answer);

        let who = browser.get(&service, "/api/v1/session").await.json();
        assert_eq!(who["user"]["username"], json!("alice"));
        assert_eq!(who["csrf_token"], json!(browser.csrf));
        assert_eq!(browser.get(&service, "/api/v1/teams").await.status, 200);

        // What lies in the database opens nothing.
        let secret = browser.cookie.split('=').nth(1).unwrap();
        let row = session::Entity::find().one(service.app.database.reader()).await.unwrap().unwrap();
        for kept in [&row.secret_sha256, &row.address, &row.user_agent] {
            assert!(!kept.contains(secret) && !kept.contains(&browser.csrf));
        }
        let stolen = TestRequest::get()
            .uri("/api/v1/session")
            .insert_header(("Cookie", format!("_portus_session={}", row.secret_sha256)));
        assert_eq!(service.call(stolen).await.status, 401);

        let out = browser
            .request(Method::DELETE, "/users/sign_out")
            .insert_header(("Accept", "application/json"));
        assert_eq!(service.call(out).await.status, 422, "without the token");
        assert!(browser.is_in(&service).await);
        let out = browser
            .write(Method::DELETE, "/users/sign_out", &json!({}))
            .insert_header(("Accept", "application/json"));
        let answer = service.call(out).await;
        assert_eq!(answer.status, 204);
        assert!(set_cookie(&answer).unwrap().contains("Max-Age=0"));
        // A copy of the cookie is worth nothing any more.
        assert!(!browser.is_in(&service).await);
    }

    async fn whoever_may_not_sign_in_is_told_alike(database: TestDatabase) {
        let password = ("PORTUS_PASSWORD", "the password of portus");
        let service = Service::with(database, &[password]).await;
        service.user("alice").await;
        service.bot("robot").await;
        let gone = service.user("gone").await;
        set_enabled(&service, gone.id, false).await;
        let wrong = json!({"error": "Invalid Username or password."});
        let attempts = [
            ("alice", "a wrong password", wrong.clone()),
            ("nobody", PASSWORD, wrong.clone()),
            ("", "", wrong.clone()),
            ("robot", PASSWORD, wrong.clone()),
            ("portus", password.1, wrong.clone()),
            ("gone", "a wrong password", wrong),
            ("gone", PASSWORD, json!({"error": "Sorry, this account has been disabled."})),
        ];
        for (name, password, told) in attempts {
            let answer = sign_in(&service, name, password).await;
            assert_eq!(answer.status, 401, "{name}");
            assert_eq!(answer.json(), told, "{name}");
            assert_eq!(set_cookie(&answer), None, "{name}");
        }
        // An application token is for programs.
        let alice = service.user("alice2").await;
        let token = service.token_of(&alice, "ci").await;
        assert_eq!(sign_in(&service, "alice2", &token).await.status, 401);
        assert_eq!(service.count("sessions").await, 0);
        let failures = service.count("activities WHERE activities.key = 'session:fail'");
        assert_eq!(failures.await, 8);
    }

    async fn whoever_guesses_is_held_back_known_name_or_not(database: TestDatabase) {
        let plain = [("PORTUS_CHECK_SSL_USAGE_ENABLED", "false")];
        let service = Service::with(database, &plain).await;
        service.user("alice").await;
        let mut told = Vec::new();
        for name in ["alice", "nobody"] {
            let mut texts = Vec::new();
            for number in 0..10 {
                let answer = sign_in(&service, name, &format!("guess {number}")).await;
                assert_eq!(answer.status, 401);
                texts.push(answer.json()["error"].as_str().unwrap().to_owned());
            }
            told.push(texts);
        }
        assert_eq!(told[0], told[1]);
        assert_eq!(told[0][8], "You have one more attempt before your account is locked.");
        assert_eq!(told[0][9], "Your account is locked.");
        let right = sign_in(&service, "alice", PASSWORD).await;
        assert_eq!((right.status.as_u16(), set_cookie(&right)), (401, None));
        // Whoever is held back fills no log either.
        let failures = service.count("activities WHERE activities.key = 'session:fail'");
        assert_eq!(failures.await, 20);
        let elsewhere = attempt("alice", PASSWORD)
            .insert_header(("X-Forwarded-For", "198.51.100.7"));
        let elsewhere = Browser::of(&service.call(elsewhere).await);
        assert!(elsewhere.is_in(&service).await);
        service.app.clock.advance(chrono::TimeDelta::minutes(11));
        service.app.throttle.forget();
        assert!(Browser::signed_in(&service, "alice").await.is_in(&service).await);
    }

    async fn signing_in_and_out_is_in_the_audit_log(database: TestDatabase) {
        let service = Service::on(database).await;
        service.user("alice").await;
        sign_in(&service, "alice", "a wrong password").await;
        sign_in(&service, "a password typed as a name", "x").await;
        let browser = Browser::signed_in(&service, "alice").await;
        let all = browser.write(Method::DELETE, "/api/v1/sessions", &json!({}));
        assert_eq!(service.call(all).await.status, 204);
        let rows = activity::Entity::find()
            .order_by_asc(activity::Column::Id)
            .all(service.app.database.reader())
            .await
            .unwrap();
        let told: Vec<_> = rows
            .iter()
            .filter(|row| row.key.starts_with("session:"))
            .map(|row| (row.key.as_str(), row.actor_name.as_str(), row.parameters.clone()))
            .collect();
        let address = "127.0.0.1";
        let expected = [
            ("session:fail", "", json!({"address": address, "method": "password", "username": "alice"})),
            ("session:fail", "", json!({"address": address, "method": "password"})),
            ("session:create", "alice",
                json!({
                    "address": address,
                    "method": "password",
                    "username": "alice",
                    "user_agent": "Browser/1.0",
                })),
            ("session:destroy", "alice", json!({"count": 1, "username": "alice"})),
        ]
        .map(|(key, actor, parameters)| (key, actor, parameters.to_string()));
        assert_eq!(told, expected);
    }
}

/// Behind the service's back, then noticed as any change of an account is.
pub async fn set_enabled(service: &Service, user_id: i64, enabled: bool) {
    let connection = service.database.connect().await;
    let flag = if enabled { "TRUE" } else { "FALSE" };
    for sql in [
        format!("UPDATE users SET enabled = {flag} WHERE id = {user_id}"),
        "UPDATE auth_epoch SET value = value + 1".to_owned(),
    ] {
        connection.execute_unprepared(&sql).await.unwrap();
    }
    connection.close().await.unwrap();
}

#[actix_web::test]
async fn json_opens_a_session_too_and_a_browser_is_sent_on() {
    let service = Service::on(TestDatabase::sqlite()).await;
    service.user("alice").await;
    let wanted = json!({"user": {"username": "alice", "password": PASSWORD}});
    let json = TestRequest::post().uri("/api/v1/session").set_json(&wanted);
    let browser = Browser::of(&service.call(json).await);
    assert!(browser.is_in(&service).await);
    let form = attempt("alice", PASSWORD).insert_header(("Accept", "text/html"));
    let answer = service.call(form).await;
    assert_eq!(answer.status, 303);
    assert_eq!(answer.headers.get("location").unwrap(), "/");
    assert!(set_cookie(&answer).is_some());
    let form = attempt("alice", "wrong").insert_header(("Accept", "text/html"));
    let answer = service.call(form).await;
    assert_eq!(answer.status, 401);
    let told = answer.body.contains("Invalid Username or password.");
    assert!(
        told && answer.body.contains("value=\"alice\""),
        "{}",
        answer.body
    );
    let get = service
        .call(TestRequest::get().uri("/users/sign_out"))
        .await;
    assert_eq!(get.status, 404);
}

#[actix_web::test]
async fn where_local_login_is_off_no_password_opens_a_session() {
    let off = [("PORTUS_OAUTH_LOCAL_LOGIN_ENABLED", "false")];
    let service = Service::with(TestDatabase::sqlite(), &off).await;
    service.user("alice").await;
    let answer = sign_in(&service, "alice", PASSWORD).await;
    assert_eq!(answer.status, 403);
    assert_eq!(answer.json(), json!({"error": "Local login is disabled"}));
    // Docker and the API go on.
    let claims = service.claims(Some(("alice", PASSWORD)), &[]).await;
    assert_eq!(claims["sub"], json!("alice"));
}
