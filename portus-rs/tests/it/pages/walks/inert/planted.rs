//! Markup wherever somebody can write something: people through the API, strangers through the doors that are open to
//! them, and what jobs and registries say of themselves as rows, since no test makes them speak so.

use sea_orm::ConnectionTrait as _;
use serde_json::json;

use crate::{
    pages::walks::site::pushed,
    support::{
        receiver::Receiver,
        site::{PASSWORD, Site},
    },
};

/// If any of it were taken for markup, the page's title would say so, or there would be an element of this kind. The word
/// tells where it was planted.
pub fn canary(of: &str) -> String {
    format!(
        "<xss-canary>{of}<img src=x onerror=\"document.title='caught'\">\"'><script>document.title='caught'</script>"
    )
}
pub const MARKDOWN: &str = "<xss-canary></xss-canary> [click](javascript:document.title='caught') \
     ![x](x\"onerror=\"document.title='caught') <details ontoggle=\"document.title='caught'\" open>";
/// Ids of what has the canary in it.
pub struct Planted {
    pub owner: i64,
    pub bot: i64,
    pub team: i64,
    pub namespace: i64,
    pub repository: i64,
    pub tag: i64,
    pub digest: String,
    pub hook: i64,
    pub registry: i64,
    pub run: i64,
}

fn id(row: &serde_json::Value) -> i64 {
    row["id"].as_i64().unwrap_or_else(|| panic!("{row}"))
}

pub async fn plant(site: &Site, receiver: &Receiver) -> Planted {
    let owner = site.user("owner").await;
    let name = json!({"user": {"display_name": canary("owner")}});
    site.put(&format!("/api/v1/users/{owner}"), name).await;
    let name = canary("team");
    let team = site.team(&name, owner).await;
    let about = json!({"team": {"description": MARKDOWN}});
    site.put(&format!("/api/v1/teams/{team}"), about).await;
    let namespace = site.namespace("qa", &name, "public").await;
    let about = json!({"namespace": {"description": MARKDOWN}});
    site.put(&format!("/api/v1/namespaces/{namespace}"), about)
        .await;
    pushed(site, "owner", "qa/app", "1", "canary").await;
    let repository = id(&site.repository("qa/app").await.unwrap());
    let path = format!("/api/v1/repositories/{repository}");
    let about = json!({"repository": {"description": MARKDOWN}});
    site.put(&path, about).await;
    for body in [MARKDOWN, "`<xss-canary>comment`"] {
        let comment = json!({"comment": {"body": body}});
        site.post(&format!("{path}/comments"), comment).await;
    }
    let tag = site.tag("qa/app", "1").await.unwrap();

    let hook = webhook(site, namespace, receiver).await;
    let tokens = format!("/api/v1/users/{owner}/application_tokens");
    site.post(&tokens, json!({"application": canary("token")}))
        .await;
    let registries = site.get("/api/v1/registries").await;
    let registry = id(&registries[0]);
    let changes = json!({"registry": {"name": canary("registry")}});
    site.put(&format!("/api/v1/registries/{registry}"), changes)
        .await;
    let bot = robot(site).await;
    strangers(site).await;
    let run = past(site, id(&tag)).await;
    Planted {
        owner,
        bot,
        team,
        namespace,
        repository,
        tag: id(&tag),
        digest: tag["digest"].as_str().unwrap().to_owned(),
        hook,
        registry,
        run,
    }
}

/// A webhook to this server.
async fn webhook(site: &Site, namespace: i64, receiver: &Receiver) -> i64 {
    let path = format!("/api/v1/namespaces/{namespace}/webhooks");
    let url = format!("{}/?<xss-canary>address", receiver.url);
    let hook = json!({"webhook": {"name": canary("hook"), "url": url, "request_method": "POST", "enabled": true}});
    let hook = id(&site.post(&path, hook).await);
    let header = json!({"webhook_header": {"name": "X-Canary", "value": canary("header")}});
    site.post(&format!("{path}/{hook}/headers"), header).await;
    hook
}

/// A bot, with jobs that enter as it.
async fn robot(site: &Site) -> i64 {
    let new = json!({"user": {"username": "ci", "email": "ci@example.com", "bot": true, "password": PASSWORD}});
    let bot = id(&site.post("/api/v1/users", new).await);
    let name = json!({"user": {"display_name": canary("robot")}});
    site.put(&format!("/api/v1/users/{bot}"), name).await;
    let trust = json!({
        "name": canary("trust"),
        "issuer": "https://token.actions.githubusercontent.com",
        "audience": canary("audience"),
        "claims": ["sub=repo:<xss-canary>claim/app:ref:refs/heads/main"],
        "namespaces": ["qa"],
    });
    site.post(&format!("/api/v1/bots/{bot}/trusts"), trust)
        .await;
    bot
}

/// What comes from whoever can reach the service: browsers and clients that call themselves so, somebody who tries names,
/// and a host that sends notifications.
async fn strangers(site: &Site) {
    let url = site.portus.url();
    let sign_in = async |name: &str, password: &str| {
        let answer = site
            .http
            .post(format!("{url}/users/sign_in"))
            .header("Accept", "application/json")
            .header("User-Agent", canary("agent"))
            .form(&[("user[username]", name), ("user[password]", password)])
            .send()
            .await;
        answer.unwrap().status().as_u16()
    };
    assert_eq!(sign_in("owner", PASSWORD).await, 201);
    // Of names that nobody has, nothing is kept.
    assert_eq!(sign_in(&canary("guess"), "wrong").await, 401);
    let client = canary("client");
    let docker = [
        ("grant_type", "password"),
        ("username", "owner"),
        ("password", PASSWORD),
        ("access_type", "offline"),
        ("client_id", &client),
        ("service", &site.service()),
    ];
    let token = site.http.post(format!("{url}/v2/token")).form(&docker);
    assert_eq!(token.send().await.unwrap().status(), 200);
    let event = json!({"events": [{
        "id": "stranger",
        "timestamp": "2026-11-22T12:00:00Z",
        "action": "push",
        "target": {
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "digest": format!("sha256:{}", "0".repeat(64)),
            "repository": "qa/app",
            "tag": "1",
        },
        "request": {"host": canary("host")},
        "actor": {"name": canary("actor")},
        "source": {},
    }]});
    let events = format!("{url}/v2/webhooks/events");
    let told = site.http.post(events).body(event.to_string()).send().await;
    assert_eq!(told.unwrap().status(), 202);
}

/// What jobs, registries and scanners have left behind; the id of a comparison.
async fn past(site: &Site, tag: i64) -> i64 {
    let connection = site.look().await;
    let quoted = |of: &str| canary(of).replace('\'', "''");
    let event = json!({"request": {"host": canary("dead-host")}, "target": {"repository": "x"}});
    let event = event.to_string().replace('\'', "''");
    for statement in [
        format!(
            "INSERT INTO registry_events (registry_id, event_id, action, repository, data, state, attempts, last_error, \
             next_attempt_at, created_at, updated_at) SELECT id, 'dead', 'push', '{}', '{event}', 2, 5, '{}', \
             created_at, created_at, created_at FROM registries",
            quoted("dead-name"),
            quoted("dead-error")
        ),
        format!(
            "INSERT INTO sync_runs (id, registry_id, strategy, state, message, requested_by, started_at, updated_at, \
             finished_at) SELECT 4711, id, 'update', 2, '{}', '{}', created_at, created_at, created_at FROM registries",
            quoted("run"),
            quoted("run-wanted")
        ),
        format!(
            "INSERT INTO job_runs (name, outcome, times, did, message, wanted_by, replica, began_at, ended_at) \
             SELECT 'Housekeeping', 1, 1, 0, '{}', '{}', '{}', created_at, created_at FROM registries",
            quoted("job"),
            quoted("job-wanted"),
            quoted("job-place")
        ),
        format!("UPDATE tags SET scanned = 2 WHERE id = {tag}"),
        format!(
            "INSERT INTO vulnerabilities (name, link, description, created_at, updated_at) \
             SELECT '{}', '', '{}', created_at, created_at FROM registries",
            quoted("finding"),
            quoted("finding-text")
        ),
        format!(
            "INSERT INTO scan_results (tag_id, vulnerability_id, scanner, severity, link, fixed_by, created_at, updated_at) \
             SELECT {tag}, id, '{}', '{}', 'javascript:document.title=''caught''', '{}', created_at, created_at \
             FROM vulnerabilities",
            quoted("scanner"),
            quoted("severity"),
            quoted("fixed")
        ),
    ] {
        let done = connection.execute_unprepared(&statement).await;
        done.unwrap_or_else(|error| panic!("{error}: {statement}"));
    }
    connection.close().await.unwrap();
    4711
}
