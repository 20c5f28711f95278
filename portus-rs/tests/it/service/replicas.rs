//! Two processes on one database.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{
    databases::{Adapter, TestDatabase},
    images::Package,
    portus::Portus,
    site::{PASSWORD, Site, good},
    wait::eventually,
};

const SCOPE: &str = "repository:alice/app:pull,push";
const PUSHES: usize = 10;
const LIMIT: Duration = Duration::from_secs(30);

/// Another process with the same environment but for its port.
fn replica(site: &Site) -> Portus {
    let mut builder = Portus::builder();
    for (name, value) in site.portus.environment() {
        if name != "PORTUS_PUMA_HOST" {
            builder = builder.env(name, value);
        }
    }
    builder.start()
}

/// Notifications go to both processes, as they may behind something that repeats them.
fn notify_both(site: &mut Site, second: &str) {
    let file = std::fs::read_to_string(site.registry.configuration()).unwrap();
    let mut config: Value = serde_yaml::from_str(&file).unwrap();
    let first = config["notifications"]["endpoints"][0].take();
    let mut other = first.clone();
    other["name"] = json!("second");
    other["url"] = json!(format!("{second}/v2/webhooks/events"));
    let endpoints = json!({"notifications": {"endpoints": [first, other]}});
    site.registry.reconfigure(endpoints);
}

/// What a process lets somebody do, as the token says.
async fn access(site: &Site, url: &str, name: &str, scope: &str) -> Value {
    let answer = good(site.ask_token(url, name, PASSWORD, scope).await).await;
    let claims = answer["token"].as_str().unwrap().split('.').nth(1).unwrap();
    let claims = URL_SAFE_NO_PAD.decode(claims).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    claims["access"].clone()
}

/// What is revoked at one process is refused by the other at the next request.
async fn revocation_holds_everywhere(site: &Site, alice: i64, first: &str, second: &str) {
    let secret = site.token(alice).await;
    for url in [first, second, first, second] {
        let got = site.ask_token(url, "alice", &secret, SCOPE).await;
        assert_eq!(got.status(), StatusCode::OK);
    }
    let listed = site
        .get(&format!("/api/v1/users/{alice}/application_tokens"))
        .await;
    let path = format!("/api/v1/users/application_tokens/{}", listed[0]["id"]);
    let request = site.http.delete(format!("{first}{path}"));
    let own = format!("alice:{secret}");
    let gone = request.header("Portus-Auth", own).send().await.unwrap();
    assert_eq!(gone.status(), StatusCode::NO_CONTENT);
    for url in [second, first] {
        let refused = site.ask_token(url, "alice", &secret, SCOPE).await;
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    }

    let bob = site.user("bob").await;
    let team = site.team("qa", alice).await;
    let made = json!({"user": "bob", "role": "contributor"});
    let members = format!("/api/v1/teams/{team}/members");
    site.post(&members, made).await;
    let listed = site.get(&members).await;
    let mut rows = listed.as_array().unwrap().iter();
    let row = rows.find(|row| row["username"] == "bob").unwrap();
    let path = format!("{members}/{}", row["member_id"]);
    site.namespace("qa", "qa", "private").await;
    let scope = "repository:qa/app:push";
    for url in [first, second] {
        let granted = access(site, url, "bob", scope).await;
        assert_eq!(granted[0]["actions"], json!(["push"]), "{granted}");
    }
    let left = site.api_at(second, Method::DELETE, &path, None).await;
    assert!(left.status().is_success(), "{}", left.status());
    for url in [first, second] {
        let granted = access(site, url, "bob", scope).await;
        assert!(granted.as_array().is_none_or(Vec::is_empty), "{granted}");
    }
    let path = format!("/api/v1/users/{bob}");
    let gone = site.api_at(first, Method::DELETE, &path, None).await;
    assert!(gone.status().is_success(), "{}", gone.status());
    let refused = site.ask_token(second, "bob", PASSWORD, scope).await;
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
}

async fn two_processes_are_one_service(adapter: Adapter) {
    let database = TestDatabase::create(adapter).await;
    let mut site = Site::builder()
        .env("CATALOG_CRON", "5.seconds")
        .start(database)
        .await;
    let other = replica(&site);
    let alice = site.user("alice").await;
    let (first, second) = (site.portus.url(), other.url());
    revocation_holds_everywhere(&site, alice, &first, &second).await;

    // Both are told of each push, and it is applied once.
    notify_both(&mut site, &second);
    let push = |site: &Site, number: usize| {
        let target = site.image(&format!("alice/app:{number}"));
        let package = Package::image(&number.to_string(), "amd64");
        site.skopeo("alice").push(&package, &target)
    };
    for number in 0..PUSHES {
        let _ = push(&site, number).succeeded();
    }
    eventually("every push is there", LIMIT, || async {
        site.count("tags").await == i64::try_from(PUSHES).unwrap()
            && site.count("registry_events WHERE state = 0").await == 0
    })
    .await;
    let entries = "activities WHERE tag_name IS NOT NULL";
    assert_eq!(site.count(entries).await, i64::try_from(PUSHES).unwrap());

    // Everybody compares, by hand and by the clock, but one at a time.
    let mut comparing: Vec<_> = [&site.portus, &other, &site.portus, &other]
        .map(|it| it.spawn(&["sync"]))
        .into();
    for child in &mut comparing {
        assert!(child.wait().unwrap().success(), "{}", other.log());
    }
    let overlapping = "sync_runs a JOIN sync_runs b ON a.id < b.id AND a.started_at < b.finished_at \
                       AND b.started_at < a.finished_at AND a.registry_id = b.registry_id";
    assert_eq!(site.count(overlapping).await, 0);
    let abandoned = "sync_runs WHERE message LIKE 'its process ended%'";
    assert_eq!(site.count(abandoned).await, 0);
    assert!(site.count("sync_runs").await >= 4);

    // One dies; the other goes on, with its jobs too.
    site.portus.kill();
    let died = site.count("sync_runs WHERE finished_at IS NOT NULL").await;
    let got = site.ask_token(&second, "alice", PASSWORD, SCOPE).await;
    assert_eq!(got.status(), StatusCode::OK);
    let renamed = json!({"user": {"display_name": "Alice"}});
    let path = format!("/api/v1/users/{alice}");
    let done = site
        .api_at(&second, Method::PUT, &path, Some(renamed))
        .await;
    assert!(done.status().is_success(), "{}", done.status());
    eventually("the other one compares by itself", LIMIT, || async {
        site.count("sync_runs WHERE finished_at IS NOT NULL").await > died
    })
    .await;
    assert_eq!(site.count(entries).await, i64::try_from(PUSHES).unwrap());
    assert!(!other.log().contains("panicked"), "{}", other.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_on_one_mariadb_are_one_service() {
    two_processes_are_one_service(Adapter::MySql).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_on_one_postgresql_are_one_service() {
    two_processes_are_one_service(Adapter::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_with_other_keys_refuses_to_join_and_names_what_to_share() {
    let database = TestDatabase::create(Adapter::Postgres).await;
    let first = Portus::builder().database(&database).start();
    let stranger = Portus::builder().database(&database).idle();
    let ran = stranger.cli(&["serve"]).exits(1);
    let said = ran.stdout + &ran.stderr;
    for phrase in [
        "other secrets",
        "PORTUS_KEY_PATH",
        "PORTUS_SECRET_KEY_BASE",
        "30 s",
    ] {
        assert!(said.contains(phrase), "{said}");
    }
    drop(first);
    // It stopped in good order, so that its successor may bring others.
    let mut successor = Portus::builder().database(&database).start();
    successor.stop();
}
