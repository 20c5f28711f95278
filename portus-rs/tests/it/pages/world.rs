//! A company with its registry: what every page is looked at with. Made once for all tests that change nothing in it.

use std::time::Duration;

use reqwest::Method;
use sea_orm::ConnectionTrait as _;
use serde_json::json;
use tokio::sync::OnceCell;

use crate::support::{
    databases::TestDatabase,
    images::{Package, signature_tag},
    push::RawClient,
    room,
    site::{Site, good},
    wait::eventually,
};

/// Accounts, with the names they are shown by.
const PEOPLE: &[(&str, &str)] = &[
    ("anna", "Anna Lindqvist"),
    ("ben", "Ben Okafor"),
    ("chloe", "Chloé Martin"),
    ("daisuke", "森 大輔"),
    ("mei", "Mei Chen"),
    ("newcomer", "Noor Haddad"),
];

/// Teams with their owner, members and namespaces.
type Team = (
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
    &'static [(&'static str, &'static str)],
);
const TEAMS: &[Team] = &[
    (
        "platform",
        "anna",
        &[("ben", "contributor"), ("chloe", "viewer")],
        &[("base", "public"), ("tools", "protected")],
    ),
    (
        "payments",
        "ben",
        &[("daisuke", "contributor"), ("anna", "contributor")],
        &[("payments", "private")],
    ),
    (
        "data-science",
        "mei",
        &[("chloe", "contributor")],
        &[("notebooks", "private")],
    ),
];

/// The site with ids of things in it that have pages of their own.
pub struct World {
    pub site: Site,
    pub team: i64,
    pub namespace: i64,
    pub empty_namespace: i64,
    pub repository: i64,
    pub tag: i64,
    /// Of that tag.
    pub digest: String,
    pub webhook: i64,
    pub user: i64,
    pub bot: i64,
    pub registry: i64,
}

/// The one world of this process.
pub async fn world() -> &'static World {
    static WORLD: OnceCell<World> = OnceCell::const_new();
    WORLD.get_or_init(|| Box::pin(make())).await
}

/// Waits until the room that images take has been counted.
async fn counted(site: &Site) {
    let _ = site.portus.cli(&["job", "run", "storage"]).exits(0);
    eventually("storage is counted", Duration::from_mins(1), || async {
        site.count("storage WHERE bytes > 0").await > 0
    })
    .await;
}

async fn make() -> World {
    // It is never dropped; this place is swept by a later run.
    let _ = tempfile::env::override_temp_dir(&room::process_directory("world"));
    let site = Site::builder()
        .env("PORTUS_DISPLAY_NAME_ENABLED", "true")
        .env("PORTUS_GRAVATAR_ENABLED", "false")
        .env("PORTUS_DELETE_ENABLED", "true")
        .env("PORTUS_ANONYMOUS_BROWSING_ENABLED", "true")
        .start(TestDatabase::sqlite())
        .await;
    people(&site).await;
    images(&site).await;
    words(&site).await;
    let (webhook, bot) = machines(&site).await;
    past(&site).await;
    counted(&site).await;

    let id = async |path: &str, key: &str, name: &str| {
        let listed = site.get(path).await;
        let found = listed.as_array().unwrap().iter().find(|it| it[key] == name);
        found.unwrap_or_else(|| panic!("{name} in {listed}"))["id"]
            .as_i64()
            .unwrap()
    };
    let repository = id("/api/v1/repositories?all=true", "full_name", "base/runtime").await;
    let tags = format!("/api/v1/repositories/{repository}/tags");
    let row = site.tag("base/runtime", "3.2.0").await.unwrap();
    World {
        digest: row["digest"].as_str().unwrap().to_owned(),
        team: id("/api/v1/teams", "name", "platform").await,
        namespace: id("/api/v1/namespaces?all=true", "name", "base").await,
        empty_namespace: id("/api/v1/namespaces?all=true", "name", "chloe").await,
        tag: id(&tags, "name", "3.2.0").await,
        repository,
        webhook,
        user: id("/api/v1/users?all=true", "username", "ben").await,
        bot,
        registry: id("/api/v1/registries", "name", "registry").await,
        site,
    }
}

async fn people(site: &Site) {
    let mut ids = Vec::new();
    for &(name, shown) in PEOPLE {
        let id = site.user(name).await;
        let change = json!({"user": {"display_name": shown}});
        site.put(&format!("/api/v1/users/{id}"), change).await;
        ids.push((name, id));
    }
    for (team, owner, members, namespaces) in TEAMS {
        let owner = ids.iter().find(|it| it.0 == *owner).unwrap().1;
        let id = site.team(team, owner).await;
        let about = format!("Images of the **{team}** people. Ask in `#{team}` first.");
        let change = json!({"team": {"description": about}});
        site.put(&format!("/api/v1/teams/{id}"), change).await;
        for (name, role) in *members {
            site.member(id, name, role).await;
        }
        for (name, visibility) in *namespaces {
            site.namespace(name, team, visibility).await;
        }
    }
}

/// Pushes as somebody, over the registry's own protocol.
async fn push(site: &Site, who: &str, repository: &str, tag: &str, package: &Package) {
    let token = site
        .registry_token(who, &format!("repository:{repository}:pull,push"))
        .await;
    let client = RawClient::new(&site.registry.url()).with_token(&token);
    client.push(repository, tag, package).await;
}

async fn images(site: &Site) {
    for minor in 0..3 {
        let version = format!("3.{minor}.0");
        let package = Package::index(&version, &["amd64", "arm64"]);
        push(site, "anna", "base/runtime", &version, &package).await;
        if minor == 2 {
            push(site, "anna", "base/runtime", "latest", &package).await;
            push(site, "anna", "base/runtime", "3", &package).await;
            let signature = Package::cosign_signature(&package);
            push(
                site,
                "anna",
                "base/runtime",
                &signature_tag(&package),
                &signature,
            )
            .await;
            let bill = Package::artifact(&package, "application/spdx+json", "{}");
            push(site, "anna", "base/runtime", bill.digest(), &bill).await;
        }
    }
    for patch in 0..24 {
        let tag = format!("2026.{}.{}", 1 + patch / 3, patch % 3);
        let package = Package::image(&format!("api {tag}"), "amd64");
        let who = if patch % 4 == 0 { "daisuke" } else { "ben" };
        push(site, who, "payments/api", &tag, &package).await;
    }
    for (who, repository, tag) in [
        ("ben", "payments/ledger", "1.8.4"),
        (
            "ben",
            "payments/settlement-reconciliation-worker-eu-central",
            "0.9",
        ),
        ("anna", "base/builder", "edge"),
        ("anna", "tools/kubectl", "1.31"),
        ("ben", "tools/terraform", "1.9"),
        ("mei", "notebooks/jupyter", "lab"),
        ("chloe", "notebooks/spark", "4.0"),
        ("anna", "anna/scratch", "test"),
        ("root", "hello-world", "latest"),
    ] {
        let package = Package::docker_image(repository, "amd64");
        push(site, who, repository, tag, &package).await;
    }
    let chart = Package::helm_chart("ingress", "4.11.2");
    push(site, "anna", "tools/charts/ingress", "4.11.2", &chart).await;
    site.soon("tools/charts/ingress", "4.11.2", |_| true).await;
    let alice = tempfile::tempdir().unwrap();
    let pulled = site.image("base/runtime:latest");
    let _ = site.skopeo("chloe").pull(&pulled, alice.path()).succeeded();
}

/// Comments, stars and descriptions.
async fn words(site: &Site) {
    let repository = site.repository("base/runtime").await.unwrap();
    let path = format!("/api/v1/repositories/{}", repository["id"]);
    let about = "The runtime that all services start from.\n\n- glibc, CA certificates, tzdata\n\
                 - rebuilt each Monday\n\n```\nFROM base/runtime:3\n```";
    site.put(&path, json!({"repository": {"description": about}}))
        .await;
    for said in [
        "3.2 drops `linux/arm/v7`, **finally**.",
        "Please use `3`, not `latest`.",
    ] {
        let comment = json!({"comment": {"body": said}});
        site.post(&format!("{path}/comments"), comment).await;
    }
    site.put(&format!("{path}/star"), json!({})).await;
}

/// A webhook, a bot with its token, tokens and somebody who was shut out.
async fn machines(site: &Site) -> (i64, i64) {
    let namespaces = site.get("/api/v1/namespaces?all=true").await;
    let base = namespaces
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["name"] == "base");
    let path = format!("/api/v1/namespaces/{}/webhooks", base.unwrap()["id"]);
    let hook = json!({"webhook": {"name": "Deploy staging", "url": "https://deploy.example.com/hooks/images"}});
    let hook = site.post(&path, hook).await["id"].as_i64().unwrap();
    let header = json!({"webhook_header": {"name": "X-Environment", "value": "staging"}});
    site.post(&format!("{path}/{hook}/headers"), header).await;
    let bot = json!({"user": {"username": "ci", "email": "ci@example.com", "bot": true, "password": crate::support::site::PASSWORD}});
    let bot = site.post("/api/v1/users", bot).await["id"]
        .as_i64()
        .unwrap();
    let trust = json!({"name": "main branch", "issuer": "https://token.actions.githubusercontent.com",
        "audience": "https://portus.example.com", "namespaces": ["base"],
        "claims": ["sub=repo:example/runtime:ref:refs/heads/(main|release/.*)", "ref_protected=true"]});
    site.post(&format!("/api/v1/bots/{bot}/trusts"), trust)
        .await;
    let helper = json!({"bot": {"username": "deployer", "display_name": "Deploys staging", "role": "viewer"}});
    let teams = site.get("/api/v1/teams").await;
    let mut rows = teams.as_array().unwrap().iter();
    let platform = rows.find(|it| it["name"] == "platform").unwrap();
    let path = format!("/api/v1/teams/{}/bots", platform["id"]);
    site.post(&path, helper).await;
    let token = format!("{}/v2/token", site.portus.url());
    let docker = [
        ("grant_type", "password"),
        ("username", "ben"),
        ("password", crate::support::site::PASSWORD),
        ("access_type", "offline"),
        ("client_id", "docker"),
        ("service", &site.service()),
    ];
    let kept = site.http.post(token).form(&docker).send().await.unwrap();
    good(kept).await;
    let left = site.user("frank").await;
    let path = format!("/api/v1/users/{left}/enabled");
    good(site.api(Method::DELETE, &path, None).await).await;
    (hook, bot)
}

/// Things have happened over weeks, not within these seconds.
async fn past(site: &Site) {
    let connection = site.look().await;
    let ago = |column: &str, table: &str, minutes: u32| {
        format!(
            "UPDATE {table} SET {column} = strftime('%Y-%m-%d %H:%M:%f000', {column}, '-' || \
             (((SELECT MAX(id) FROM {table}) - id) * {minutes}) || ' minutes')"
        )
    };
    for statement in [
        ago("created_at", "activities", 331),
        ago("pushed_at", "tags", 491),
        ago("updated_at", "tags", 491),
        ago("created_at", "tags", 491),
        ago("created_at", "teams", 2910),
        ago("created_at", "namespaces", 2910),
        ago("created_at", "users", 2910),
        ago("created_at", "comments", 1490),
        // A working week has its ups and downs.
        "INSERT INTO traffic (namespace_id, day, pushes, pulls) \
         WITH RECURSIVE days(ago) AS (SELECT 1 UNION ALL SELECT ago + 1 FROM days WHERE ago < 29) \
         SELECT namespaces.id, unixepoch() / 86400 - ago, \
         CASE WHEN (unixepoch() / 86400 - ago) % 7 IN (2, 3) THEN 0 ELSE (ago * 5 + namespaces.id * 3) % 7 END, \
         (ago * 11 + namespaces.id * 7) % 23 FROM namespaces, days WHERE namespaces.name IN ('base', 'payments', 'tools')"
            .to_owned(),
        "INSERT INTO passkeys (user_id, name, user_handle, credential_sha256, credential, last_used_at, created_at) \
         SELECT users.id, names.name, 'anna', names.name, '{}', users.created_at, users.created_at FROM users, \
         (SELECT 'Laptop' AS name UNION ALL SELECT 'Key on the ring') AS names WHERE users.username = 'anna'"
            .to_owned(),
        "INSERT INTO webhook_deliveries (webhook_id, uuid, event, test, state, attempts, next_attempt_at, status, last_error, \
         request_header, request_body, response_header, response_body, created_at, updated_at) \
         SELECT webhooks.id, it.uuid, it.event, it.test, it.state, it.attempts, \
         strftime('%Y-%m-%d %H:%M:%f000', 'now', '+8 minutes'), it.status, it.why, \
         '{\"Content-Type\":\"application/json\",\"X-Portus-Event\":\"push\"}', \
         '{\"action\":\"push\",\"target\":{\"repository\":\"base/runtime\",\"tag\":\"3.2.0\"}}', it.head, it.body, \
         strftime('%Y-%m-%d %H:%M:%f000', 'now', '-' || it.ago || ' minutes'), \
         strftime('%Y-%m-%d %H:%M:%f000', 'now', '-' || it.ago || ' minutes') FROM webhooks, \
         (SELECT '5b0c5f0e-8c1c-4b57-9a3e-1d1f7f1c9c55' AS uuid, 'push' AS event, 1 AS test, 2 AS state, 1 AS attempts, \
         200 AS status, NULL AS why, 'HTTP/1.1 200 OK' AS head, '{\"queued\":true}' AS body, 2900 AS ago \
         UNION ALL SELECT 'c6a1d8e2-7a54-4d0c-8d28-6d3b2c1f0a17', 'delete', 0, 3, 4, 0, 'no answer within 30 s', NULL, NULL, 300 \
         UNION ALL SELECT '0f6a2b9d-1e43-4a7e-b6f5-92d1c7e8a3b4', 'push', 0, 0, 1, 503, NULL, 'HTTP/1.1 503 Service Unavailable', \
         'upstream is restarting', 2) AS it"
            .to_owned(),
        "INSERT INTO job_runs (name, outcome, times, did, message, wanted_by, replica, began_at, ended_at) \
         SELECT 'Housekeeping', outcome, times, did, message, wanted_by, 'portus-7d4f9c-x2lkq:1', \
         strftime('%Y-%m-%d %H:%M:%f000', 'now', '-' || began || ' minutes'), \
         strftime('%Y-%m-%d %H:%M:%f000', 'now', '-' || ended || ' minutes') FROM \
         (SELECT 0 AS outcome, 1 AS times, 41 AS did, NULL AS message, NULL AS wanted_by, 4201 AS began, 4200 AS ended \
         UNION ALL SELECT 1, 9, 0, 'the database does not answer: no connection could be made within 5 s, since the \
         machine db.example.com refused it (os error 111)', NULL, 1500, 1460 \
         UNION ALL SELECT 0, 1, 0, NULL, NULL, 1440, 1440 \
         UNION ALL SELECT 0, 2, 7, NULL, NULL, 600, 541 \
         UNION ALL SELECT 0, 1, 3, NULL, 'root', 180, 179)"
            .to_owned(),
        "UPDATE repositories SET updated_at = (SELECT MAX(updated_at) FROM tags WHERE repository_id = repositories.id), \
         created_at = (SELECT MIN(updated_at) FROM tags WHERE repository_id = repositories.id)"
            .to_owned(),
    ] {
        connection.execute_unprepared(&statement).await.unwrap();
    }
    connection.close().await.unwrap();
}
