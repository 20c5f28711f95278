//! How sessions end: by time, by their owner's or an admin's will, and with the account's rights.

use actix_web::{http::Method, test::TestRequest};
use chrono::TimeDelta;
use portus_rs::{
    actions::{sessions, users},
    identity::actor::Actor,
};
use serde_json::{Value, json};

use super::{Browser, attempt, set_cookie, sign_in};
use crate::support::{
    databases::{TestDatabase, on_every_database},
    service::{PASSWORD, SERVICE, Service, basic},
};

on_every_database! {
    async fn a_session_ends_by_time(database: TestDatabase) {
        let service = Service::on(database).await;
        service.user("alice").await;
        let clock = &service.app.clock;
        let used = Browser::signed_in(&service, "alice").await;
        let unused = Browser::signed_in(&service, "alice").await;
        let remembered = attempt("alice", PASSWORD).set_form([
            ("user[username]", "alice"),
            ("user[password]", PASSWORD),
            ("user[remember_me]", "1"),
        ]);
        let answer = service.call(remembered).await;
        assert!(set_cookie(&answer).unwrap().contains("Max-Age=2592000"));
        let remembered = Browser::of(&answer);

        for _ in 0..14 {
            clock.advance(TimeDelta::hours(23));
            assert!(used.is_in(&service).await);
            // It is written down now and then, and survives the process.
            service.app.usage.write(&service.app).await.unwrap();
        }
        assert!(!unused.is_in(&service).await, "not used for a day");
        clock.advance(TimeDelta::hours(14 * 24 - 14 * 23));
        assert!(!used.is_in(&service).await, "14 days old");
        assert!(remembered.is_in(&service).await, "asked to be remembered");
        clock.advance(TimeDelta::days(16));
        assert!(!remembered.is_in(&service).await, "30 days old");

        let late = Browser::signed_in(&service, "alice").await;
        assert_eq!(service.count("sessions").await, 4);
        assert_eq!(sessions::expire(&service.app).await.unwrap(), 3);
        assert!(late.is_in(&service).await);
    }

    async fn another_replica_knows_when_a_session_was_last_seen(database: TestDatabase) {
        let service = Service::on(database).await;
        service.user("alice").await;
        let browser = Browser::signed_in(&service, "alice").await;
        service.app.clock.advance(TimeDelta::hours(23));
        assert!(browser.is_in(&service).await);
        service.app.usage.write(&service.app).await.unwrap();
        service.app.clock.advance(TimeDelta::hours(23));
        let other = service.replica().await;
        let request = browser.request(Method::GET, "/api/v1/session");
        assert_eq!(Service::call_at(&other, request).await.status, 200);
    }

    async fn what_ends_a_session_holds_on_every_replica_at_the_next_request(database: TestDatabase) {
        let service = Service::on(database).await;
        let other = service.replica().await;
        let (alice, root) = (service.user("alice").await, service.admin("root").await);
        let both = async |browser: &Browser| {
            let request = browser.request(Method::GET, "/api/v1/session");
            let there = Service::call_at(&other, request).await.status.is_success();
            let here = browser.is_in(&service).await;
            assert_eq!(here, there);
            here
        };

        let first = Browser::signed_in(&service, "alice").await;
        assert!(both(&first).await);
        let out = first.write(Method::DELETE, "/api/v1/session", &json!({}));
        assert_eq!(Service::call_at(&other, out).await.status, 204);
        assert!(!both(&first).await, "signed out");

        let second = Browser::signed_in(&service, "alice").await;
        assert!(both(&second).await);
        let uri = format!("/v2/token?service={SERVICE}&client_id=docker&offline_token=true");
        let docker = TestRequest::get().uri(&uri).insert_header(("Authorization", basic(("alice", PASSWORD))));
        assert_eq!(service.call(docker).await.status, 200);
        assert_eq!(service.count("refresh_tokens").await, 1);
        let by = Service::actor(&root);
        users::set_enabled(&service.app, &by, alice.id, false).await.unwrap();
        assert!(!both(&second).await, "disabled");
        users::set_enabled(&service.app, &by, alice.id, true).await.unwrap();
        assert!(!both(&second).await, "let in again, and not by what was open before");
        assert_eq!(service.count("refresh_tokens").await, 0);

        let third = Browser::signed_in(&service, "alice").await;
        assert!(both(&third).await);
        let change = json!({"user": {"password": "another password"}});
        let admin = Browser::signed_in(&service, "root").await;
        let path = format!("/api/v1/users/{}", alice.id);
        let changed = service.call(admin.write(Method::PUT, &path, &change)).await;
        assert_eq!(changed.status, 200, "{}", changed.body);
        assert!(!both(&third).await, "another password");

        let fourth = Browser::of(&sign_in(&service, "alice", "another password").await);
        assert!(both(&fourth).await);
        users::delete(&service.app, &Service::actor(&root), alice.id).await.unwrap();
        assert!(!both(&fourth).await, "deleted");
    }

    async fn people_see_and_end_their_own_sessions_and_admins_anybodys(database: TestDatabase) {
        let service = Service::on(database).await;
        let alice = service.user("alice").await;
        service.user("bob").await;
        service.admin("root").await;
        let (first, second) = (
            Browser::signed_in(&service, "alice").await,
            Browser::signed_in(&service, "alice").await,
        );
        let (bobs, admin) = (
            Browser::signed_in(&service, "bob").await,
            Browser::signed_in(&service, "root").await,
        );
        let listed = first.get(&service, "/api/v1/sessions").await.json();
        let rows = listed.as_array().unwrap();
        let current: Vec<&Value> = rows.iter().map(|row| &row["current"]).collect();
        assert_eq!(current, [&json!(false), &json!(true)]);
        assert_eq!(rows[0]["user_agent"], json!("Browser/1.0"));
        let other = rows[0]["id"].as_i64().unwrap();

        // What belongs to somebody else is not there.
        for id in [other, 4711] {
            let foreign = bobs.write(Method::DELETE, &format!("/api/v1/sessions/{id}"), &json!({}));
            assert_eq!(service.call(foreign).await.status, 404);
        }
        for id in [alice.id, 4711] {
            let path = format!("/api/v1/users/{id}/sessions");
            assert_eq!(bobs.get(&service, &path).await.status, 403);
            let all = service.call(bobs.write(Method::DELETE, &path, &json!({}))).await;
            assert_eq!(all.status, 403);
        }
        assert!(first.is_in(&service).await && second.is_in(&service).await);

        let end = first.write(Method::DELETE, &format!("/api/v1/sessions/{other}"), &json!({}));
        assert_eq!(service.call(end).await.status, 204);
        assert!(first.is_in(&service).await && !second.is_in(&service).await);

        let third = Browser::signed_in(&service, "alice").await;
        let others = first.write(Method::DELETE, "/api/v1/sessions?others=true", &json!({}));
        assert_eq!(service.call(others).await.status, 204);
        assert!(first.is_in(&service).await && !third.is_in(&service).await);

        let path = format!("/api/v1/users/{}/sessions", alice.id);
        let seen = admin.get(&service, &path).await.json();
        assert_eq!(seen.as_array().unwrap().len(), 1);
        let end = admin.write(Method::DELETE, &path, &json!({}));
        assert_eq!(service.call(end).await.status, 204);
        assert!(!first.is_in(&service).await);
        assert!(bobs.is_in(&service).await && admin.is_in(&service).await);
    }
}

#[actix_web::test]
async fn the_session_in_which_a_password_is_changed_goes_on_and_the_others_end() {
    let service = Service::on(TestDatabase::sqlite()).await;
    let root = service.admin("root").await;
    let (here, there) = (
        Browser::signed_in(&service, "root").await,
        Browser::signed_in(&service, "root").await,
    );
    let change = json!({"user": {"password": "another password"}});
    let path = format!("/api/v1/users/{}", root.id);
    let changed = service.call(here.write(Method::PUT, &path, &change)).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    assert!(here.is_in(&service).await);
    assert!(!there.is_in(&service).await);
}

#[actix_web::test]
async fn an_account_keeps_a_bounded_number_of_sessions() {
    let service = Service::on(TestDatabase::sqlite()).await;
    let alice = service.user("alice").await;
    let first = Browser::signed_in(&service, "alice").await;
    let actor = Service::actor(&alice);
    let browser = sessions::Browser {
        user_agent: "",
        remember: false,
        replaces: None,
    };
    for _ in 0..100 {
        let address = std::net::Ipv4Addr::LOCALHOST.into();
        sessions::start_by(&service.app, &actor, address, &browser, "password")
            .await
            .unwrap();
    }
    assert_eq!(service.count("sessions").await, 100);
    assert!(!first.is_in(&service).await);
    // Nobody else begins a session for somebody.
    let address = std::net::Ipv4Addr::LOCALHOST.into();
    let refused =
        sessions::start_by(&service.app, &Actor::Portus, address, &browser, "password").await;
    assert!(refused.is_err());
    let nobody = TestRequest::get().uri("/api/v1/session");
    assert_eq!(service.call(nobody).await.status, 401);
}
