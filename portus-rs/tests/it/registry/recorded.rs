//! Who came in, or did not, stands in the audit log: at most so many entries, whatever is sent.

use std::{sync::Arc, time::Duration};

use actix_web::{http::StatusCode, test::TestRequest};
use chrono::TimeDelta;
use portus_rs::{
    app::App,
    entities::{activity, user},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};

use crate::support::{
    databases::{TestDatabase, on_every_database},
    service::{PASSWORD, SERVICE, Service, basic},
    site::{self, Site},
    skopeo::Skopeo,
    wait::eventually,
};

/// Actor and parameters of the entries with this key, the oldest first.
async fn told(service: &Service, key: &str) -> Vec<(String, Value)> {
    let rows = activity::Entity::find()
        .filter(activity::Column::Key.eq(key))
        .order_by_asc(activity::Column::Id)
        .all(service.app.database.reader())
        .await
        .unwrap();
    rows.into_iter()
        .map(|row| {
            (
                row.actor_name,
                serde_json::from_str(&row.parameters).unwrap(),
            )
        })
        .collect()
}

async fn written(service: &Service) {
    service.app.usage.write(&service.app).await.unwrap();
}

/// Asks for a token as docker does, from this address.
async fn enter(service: &Service, credentials: (&str, &str), address: &str, more: &str) -> Value {
    enter_at(&service.app, credentials, address, more).await
}

async fn enter_at(app: &Arc<App>, credentials: (&str, &str), address: &str, more: &str) -> Value {
    let request = TestRequest::get()
        .uri(&format!("/v2/token?service={SERVICE}{more}"))
        .peer_addr(format!("{address}:1").parse().unwrap())
        .insert_header(("User-Agent", "docker/27"))
        .insert_header(("Authorization", basic(credentials)));
    Service::call_at(app, request).await.json()
}

async fn call_api(service: &Service, credentials: &str) -> StatusCode {
    let request = TestRequest::get()
        .uri("/api/v1/namespaces")
        .insert_header(("Portus-Auth", credentials));
    service.call(request).await.status
}

async fn refresh(service: &Service, token: &str) {
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", token),
        ("service", SERVICE),
    ];
    let request = TestRequest::post().uri("/v2/token").set_form(form);
    assert_eq!(service.call(request).await.status, StatusCode::OK);
}

on_every_database! {
    async fn a_docker_login_says_who_came_from_where_and_by_what(database: TestDatabase) {
        let service = Service::on(database).await;
        let alice = service.user("alice").await;
        let token = service.token_of(&alice, "ci").await;
        let kept = "&offline_token=true&client_id=docker";
        let login = enter(&service, ("alice", PASSWORD), "192.0.2.7", kept).await;
        enter(&service, ("alice", &token), "192.0.2.8", kept).await;
        let expected = |login, method, address| (
            "alice".to_owned(),
            json!({"username": "alice", "login": login, "service": SERVICE, "client": "docker", "method": method,
                "address": address, "user_agent": "docker/27"}),
        );
        assert_eq!(
            told(&service, "session:docker_login").await,
            [expected(1, "password", "192.0.2.7"), expected(2, "token", "192.0.2.8")]
        );
        // What is kept of it is used for a day: one entry for each hour and address.
        for _ in 0..5 {
            refresh(&service, login["refresh_token"].as_str().unwrap()).await;
            refresh(&service, login["refresh_token"].as_str().unwrap()).await;
            written(&service).await;
            service.app.clock.advance(TimeDelta::minutes(20));
        }
        let uses = told(&service, "session:use_docker_login").await;
        assert_eq!(uses.len(), 2, "{uses:?}");
        assert_eq!((&*uses[0].0, &uses[0].1["login"]), ("alice", &json!(1)));
        // The password stood in for what was kept.
        assert_eq!(told(&service, "session:use_password").await, []);
    }

    async fn tokens_and_passwords_that_are_used_are_told_once_an_hour_for_each_address(database: TestDatabase) {
        let service = Service::on(database).await;
        let (alice, bob) = (service.user("alice").await, service.user("bob").await);
        let root = service.admin("root").await;
        let token = service.token_of(&alice, "ci").await;
        for _ in 0..2 {
            for address in ["192.0.2.7", "192.0.2.8", "192.0.2.7"] {
                enter(&service, ("alice", &token), address, "").await;
                enter(&service, ("bob", PASSWORD), address, "").await;
            }
            written(&service).await;
        }
        let uses = told(&service, "application_token:use").await;
        assert_eq!(uses.len(), 2, "{uses:?}");
        assert!(uses.contains(&("alice".to_owned(), json!(
            {"application": "ci", "username": "alice", "address": "192.0.2.7", "user_agent": "docker/27"}
        ))), "{uses:?}");
        let passwords = told(&service, "session:use_password").await;
        assert_eq!(passwords.len(), 2, "{passwords:?}");
        assert_eq!(passwords[0].1["method"], "password");
        // Another replica knows it from the log.
        let other = service.replica().await;
        enter_at(&other, ("alice", &token), "192.0.2.7", "").await;
        other.usage.write(&other).await.unwrap();
        assert_eq!(told(&service, "application_token:use").await.len(), 2);
        service.app.clock.advance(TimeDelta::minutes(61));
        enter(&service, ("alice", &token), "192.0.2.7", "").await;
        written(&service).await;
        assert_eq!(told(&service, "application_token:use").await.len(), 3);

        // Its owner reads of it, admins do, and nobody else.
        for (who, seen) in [(&alice, true), (&bob, false), (&root, true)] {
            let token = service.token_of(who, "reading").await;
            let request = TestRequest::get()
                .uri("/api/v1/activities?action=application_token:use")
                .insert_header(("Portus-Auth", format!("{}:{token}", who.username)));
            let listed = service.call(request).await;
            assert_eq!(listed.body.contains("192.0.2.7"), seen, "{}: {}", who.username, listed.body);
        }
    }

    async fn wrong_secrets_are_told_together_and_no_name_that_nobody_has(database: TestDatabase) {
        let service = Service::on(database).await;
        let alice = service.user("alice").await;
        let root = service.admin("root").await;
        enter(&service, ("alice", "wrong horse 0"), "192.0.2.7", "").await;
        written(&service).await;
        for each in 1..5 {
            enter(&service, ("alice", &format!("wrong horse {each}")), "192.0.2.7", "").await;
            enter(&service, (&format!("hunter{each}"), "wrong horse"), "192.0.2.7", "").await;
            assert_eq!(call_api(&service, &format!("alice:wrong{each}")).await, StatusCode::UNAUTHORIZED);
            written(&service).await;
        }
        let known = |count| (String::from("portus"), json!({"username": "alice", "address": "192.0.2.7", "count": count}));
        let unknown = |count| (String::from("portus"), json!({"address": "192.0.2.7", "count": count}));
        assert_eq!(told(&service, "session:fail_docker").await, [known(1), unknown(1)]);
        service.app.clock.advance(TimeDelta::minutes(10));
        written(&service).await;
        let mut all = told(&service, "session:fail_docker").await;
        all[2..].sort_by_key(|(_, it)| it["count"].as_i64());
        assert_eq!(all, [known(1), unknown(1), unknown(3), known(4)]);
        let of_api = told(&service, "session:fail_api").await;
        let counts: Vec<&Value> = of_api.iter().map(|(_, it)| &it["count"]).collect();
        assert_eq!(counts, [1, 3]);
        assert_eq!(of_api[0].1["username"], "alice");
        // What is left at the end is written too.
        enter(&service, ("alice", "wrong horse 9"), "192.0.2.7", "").await;
        written(&service).await;
        assert_eq!(told(&service, "session:fail_docker").await.len(), 4);
        service.app.usage.finish(&service.app).await.unwrap();
        assert_eq!(told(&service, "session:fail_docker").await.len(), 5);

        // For admins alone.
        for (who, seen) in [(&alice, false), (&root, true)] {
            let token = service.token_of(who, "reading").await;
            let request = TestRequest::get()
                .uri("/api/v1/activities?action=session:fail_*")
                .insert_header(("Portus-Auth", format!("{}:{token}", who.username)));
            let listed = service.call(request).await;
            assert_eq!(listed.body.contains("192.0.2.7"), seen, "{}: {}", who.username, listed.body);
            assert!(!listed.body.contains("hunter"), "{}", listed.body);
        }
        let row = user::Entity::find_by_id(alice.id).one(service.app.database.reader()).await.unwrap().unwrap();
        assert!(row.enabled);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn skopeo_leaves_its_trace() {
    let site = Site::on(TestDatabase::sqlite()).await;
    site.user("alice").await;
    let registry = &site.registry.address;
    let _ = Skopeo::anonymous()
        .login(registry, "alice", "wrong horse")
        .failed();
    let _ = Skopeo::anonymous()
        .login(registry, "alice", site::PASSWORD)
        .succeeded();
    for (key, actor) in [
        ("session:use_password", "alice"),
        ("session:fail_docker", "portus"),
    ] {
        let path = format!("/api/v1/audit?action={key}");
        // It is written now and then.
        eventually("the log tells of it", Duration::from_mins(1), || async {
            let listed = site.get(&path).await;
            let entry = &listed[0];
            entry["actor"]["name"] == actor && entry["parameters"]["username"] == "alice"
        })
        .await;
    }
}
