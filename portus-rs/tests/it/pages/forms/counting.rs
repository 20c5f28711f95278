//! What pages ask of the database does not grow with what is in it.

use sea_orm::{ConnectionTrait, Statement};

use super::Site;
use crate::api::sessions::Browser;

/// The rows of this round, in everything that some page lists: `i` counts them, `now` is a moment, `anna` somebody,
/// `space` a namespace, `app` a repository in it and `hook` a webhook of it.
const ROWS: [&str; 22] = [
    "repositories (namespace_id, name, created_at, updated_at) SELECT space, 'r' || i, now, now",
    "manifests (repository_id, digest, media_type, platforms, details, created_at, updated_at) \
     SELECT app, 'sha256:' || printf('%064x', i), 'application/vnd.oci.image.index.v1+json', 'linux/amd64', 1, now, now",
    "manifest_children (manifest_id, position, digest, platform) \
     SELECT (SELECT min(id) FROM manifests), i, 'sha256:' || printf('%064x', i + 1), 'linux/arm64'",
    "tags (repository_id, name, digest, user_id, scanned, observed_at, pushed_at, created_at, updated_at) \
     SELECT app, 'v' || i, 'sha256:' || printf('%064x', i), anna, 2, now, now, now, now",
    "tags (repository_id, name, digest, observed_at, pushed_at, created_at, updated_at) \
     SELECT app, 'same' || i, 'sha256:' || printf('%064x', 0), now, now, now, now",
    "stars (user_id, repository_id, created_at) SELECT anna, repositories.id, now \
     FROM known, round, repositories WHERE name = 'r' || i",
    "comments (repository_id, user_id, body, created_at, updated_at) SELECT app, anna, 'Hello', now, now",
    "webhooks (namespace_id, name, url, enabled, created_at, updated_at) \
     SELECT space, 'hook' || i, 'https://hooks.example', 1, now, now",
    "webhook_headers (webhook_id, name, value_sealed, created_at, updated_at) SELECT hook, 'X-' || i, '', now, now",
    "webhook_deliveries (webhook_id, uuid, event, state, next_attempt_at, request_body, created_at, updated_at) \
     SELECT hook, 'u' || i, 'push', 1, now, '{}', now, now",
    "application_tokens (user_id, application, token_sha256, created_at) SELECT anna, 'ci' || i, 'x' || i, now",
    "sessions (user_id, secret_sha256, address, user_agent, created_at, last_seen_at, expires_at) \
     SELECT anna, 'x' || i, '127.0.0.1', 'Browser/1.0', now, now, '2999-01-01 00:00:00'",
    "refresh_tokens (user_id, token_sha256, service, client_id, address, created_at, last_used_at) \
     SELECT anna, 'x' || i, 'registry.test', 'docker', '127.0.0.1', now, now",
    "registry_events (registry_id, event_id, action, repository, data, state, last_error, next_attempt_at, created_at, \
     updated_at) SELECT 1, 'e' || i, 'push', 'space/app', '{}', 2, 'broken', now, now, now",
    "sync_runs (registry_id, strategy, state, started_at, updated_at, finished_at) \
     SELECT 1, 'update-delete', 1, now, now, now",
    "activities (key, actor_id, actor_name, trackable_type, trackable_id, namespace_id, namespace_name, \
     repository_name, tag_name, visibility, parameters, created_at) \
     SELECT 'repository.push', anna, 'anna', 'Repository', app, space, 'space', 'app', 'v' || i, 2, '{}', now",
    "vulnerabilities (name, link, created_at, updated_at) SELECT 'CVE-' || i, '', now, now",
    "scan_results (tag_id, vulnerability_id, scanner, severity, link, fixed_by, created_at, updated_at) \
     SELECT (SELECT min(id) FROM tags), vulnerabilities.id, 'trivy', 'High', '', '', now, now \
     FROM known, round, vulnerabilities WHERE name = 'CVE-' || i",
    "passkeys (user_id, name, user_handle, credential_sha256, credential, created_at) \
     SELECT anna, 'key' || i, 'anna', 'x' || i, '{}', now",
    "bot_trusts (user_id, name, issuer, audience, claims, namespaces, created_at) \
     SELECT (SELECT min(id) FROM users WHERE bot), 'job' || i, 'https://ci.example', 'portus', '{\"sub\":\"x\"}', \
     '[' || space || ']', now",
    "job_runs (name, times, did, replica, began_at, ended_at) SELECT 'Housekeeping', 1, i, 'portus-1:7', now, now",
    "traffic (namespace_id, day, pushes, pulls) SELECT space, 20000 + i, i, i",
];

impl Site {
    /// More of everything: what has rules of its own through the actions, what is only listed as rows.
    async fn fill(&self, from: usize, to: usize) {
        let anna = portus_rs::queries::by_name::user(&self.service.app.database, "anna").await;
        let anna = anna.unwrap().unwrap();
        for n in from..to {
            let team = self.service.team(&format!("team{n}"), &anna).await;
            let space = format!("space{n}");
            self.service.namespace(&space, &team, "private").await;
            let person = self.service.user(&format!("person{n}")).await;
            let devs = portus_rs::entities::team::Model {
                id: self.team,
                name: "devs".to_owned(),
                ..team
            };
            self.service.member(&devs, &person, "viewer").await;
            self.service
                .namespace(&format!("more{n}"), &devs, "public")
                .await;
            let bot = [("bot[username]", &*format!("robot{n}"))];
            let bots = format!("/teams/{}/bots", self.team);
            self.send(&self.anna, "post", &bots, &bot).await.is(303);
        }
        let rows = self.service.database.connect().await;
        let more = format!(
            "WITH RECURSIVE round(i) AS (SELECT {from} UNION ALL SELECT i + 1 FROM round WHERE i + 1 < {to}), \
             known(now, anna, space, app, hook) AS (SELECT created_at, id, \
               (SELECT id FROM namespaces WHERE name = 'more0'), (SELECT min(id) FROM repositories), \
               (SELECT min(id) FROM webhooks) FROM users WHERE username = 'anna')"
        );
        for row in ROWS {
            let (table, select) = row.split_once(" SELECT ").unwrap();
            let from = if select.contains(" FROM known") {
                ""
            } else {
                "FROM known, round"
            };
            let statement = format!("INSERT INTO {table} {more} SELECT {select} {from}");
            let done = rows.execute_unprepared(&statement).await;
            done.unwrap_or_else(|error| panic!("{error}: {statement}"));
        }
        rows.close().await.unwrap();
    }

    async fn id(&self, from: &str) -> i64 {
        let rows = self.service.database.connect().await;
        let sql = format!("SELECT min(id) AS id FROM {from}");
        let found = rows
            .query_one_raw(Statement::from_string(rows.get_database_backend(), sql))
            .await;
        let found = found.unwrap().unwrap().try_get("", "id").unwrap();
        rows.close().await.unwrap();
        found
    }

    /// Every page that shows what is stored.
    async fn paths(&self) -> Vec<(&Browser, String)> {
        let team = self.team;
        let space = self.id("namespaces WHERE name = 'more0'").await;
        let app = self.id("repositories").await;
        let tag = self.id("tags").await;
        let hook = self.id("webhooks").await;
        let person = self.id("users WHERE username = 'anna'").await;
        let bot = self.id("users WHERE bot").await;
        let digest = format!("sha256:{}", "0".repeat(64));
        let everybody = [
            "/".to_owned(),
            "/teams".to_owned(),
            format!("/teams/{team}"),
            format!("/teams/{team}/removal"),
            "/namespaces".to_owned(),
            format!("/namespaces/{space}"),
            format!("/namespaces/{space}/transfer"),
            format!("/namespaces/{space}/removal"),
            format!("/namespaces/{space}/webhooks"),
            format!("/namespaces/{space}/webhooks/{hook}"),
            "/repositories".to_owned(),
            format!("/repositories/{app}"),
            format!("/repositories/{app}/deletion"),
            format!("/repositories/{app}/tags/deletion?digests[]={digest}"),
            format!("/tags/{tag}"),
            "/search?search=r".to_owned(),
            "/search?search=e&type=namespaces".to_owned(),
            "/explore?explore[search]=r".to_owned(),
            "/users/edit".to_owned(),
            "/users/passkeys".to_owned(),
            format!("/bots/{bot}/trusts"),
        ];
        let admins = [
            "/admin".to_owned(),
            "/admin/users".to_owned(),
            format!("/admin/users/{person}/edit"),
            format!("/admin/users/{bot}/edit"),
            "/admin/registries".to_owned(),
            "/admin/registries/1/edit".to_owned(),
            "/admin/activities".to_owned(),
            "/admin/jobs".to_owned(),
            "/admin/jobs/housekeeping".to_owned(),
            "/admin/sync/1".to_owned(),
            "/admin/events".to_owned(),
            "/admin/explain?user=anna&name=more0/r0".to_owned(),
            format!("/admin/explain?user=anna&action=tag.show&resource={tag}"),
        ];
        let of_anna = everybody.clone().into_iter().map(|path| (&self.anna, path));
        let of_root = everybody.into_iter().chain(admins);
        of_anna
            .chain(of_root.map(|path| (&self.root, path)))
            .collect()
    }
}

#[actix_web::test]
async fn a_page_asks_as_much_for_many_rows_as_for_a_few() {
    let site = Site::with(&[
        ("PORTUS_PAGINATION_PER_PAGE", "50"),
        ("PORTUS_SECURITY_TRIVY_SERVER", "http://127.0.0.1:1"),
    ])
    .await;
    site.fill(0, 2).await;
    let mut few = Vec::new();
    for (who, path) in site.paths().await {
        // What is remembered counts for the first to ask.
        let _ = site.selects(who, &path).await;
        few.push(site.selects(who, &path).await);
    }
    site.fill(2, 6).await;
    let mut wrong = Vec::new();
    for ((who, path), few) in site.paths().await.into_iter().zip(few) {
        let mut many = usize::MAX;
        for _ in 0..3 {
            many = many.min(site.selects(who, &path).await);
            if many <= few {
                break;
            }
        }
        if many > few || few > 35 {
            let who = who.cookie();
            wrong.push(format!("{path} as {who} asks {few} times, then {many}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[actix_web::test]
async fn only_pages_that_listen_ask_up_to_where_the_log_is_known() {
    let site = Site::with(&[]).await;
    site.fill(0, 1).await;
    let mut listening = 0;
    for (who, path) in site.paths().await {
        let page = who.get(&site.service, &path).await.body;
        let listens = page.contains(" data-live");
        let seen = page.split("data-seen=\"").nth(1);
        let seen = seen.and_then(|it| it.split('"').next()?.parse().ok());
        let seen: i64 = seen.unwrap_or(0);
        assert_eq!(listens, seen > 0, "{path}: {seen}");
        listening += usize::from(listens);
    }
    assert!(listening >= 10, "{listening}");
}
