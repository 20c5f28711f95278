//! What lies around repositories, much of each: webhooks with their deliveries, findings of scanners, trusts, passkeys,
//! logins, and the histories of jobs and comparisons. For SQLite.

use sea_orm::{ConnectionTrait, DatabaseConnection, TransactionTrait};

use crate::stage::{LARGE, MEMBER, digest};

/// The namespace that the webhooks belong to.
const NAMESPACE: usize = 1003;
/// A webhook, a bot, a person, a comparison: each the first of its kind here.
const FIRST: usize = 5_000_000;
/// The tag that the findings are of.
const TAG: usize = 301;
/// Now: what is old is tidied away.
const TIME: &str = "strftime('%Y-%m-%d %H:%M:%f', 'now') || '000'";

/// Pages that show what [`add`] adds, for everybody who may see the namespace.
pub fn pages() -> Vec<String> {
    let large = digest(7).replace(':', "%3A");
    vec![
        format!("/namespaces/{NAMESPACE}/webhooks"),
        format!("/namespaces/{NAMESPACE}/webhooks/{FIRST}"),
        format!("/namespaces/{NAMESPACE}/webhooks/{FIRST}?wd_page=900"),
        format!("/namespaces/{NAMESPACE}/transfer"),
        format!("/tags/{TAG}"),
        format!("/tags/{TAG}?page=40&sort_by=name"),
        format!("/repositories/{LARGE}/tags/deletion?digests%5B%5D={large}"),
        "/users/passkeys".to_owned(),
    ]
}

/// Those of them that only admins see.
pub fn admins_pages() -> Vec<String> {
    vec![
        format!("/bots/{FIRST}/trusts"),
        format!("/admin/users/{FIRST}/edit"),
        format!("/admin/users/{}/edit", FIRST + 1),
        "/admin/registries/1/edit".to_owned(),
        "/admin/jobs/housekeeping".to_owned(),
        "/admin/jobs/housekeeping?j_page=400".to_owned(),
        format!("/admin/sync/{FIRST}"),
    ]
}

/// So many rows of a table; `i` counts them from 0.
fn rows(count: usize, into: &str, select: &str) -> String {
    format!(
        "INSERT INTO {into} WITH RECURSIVE counted(i) AS \
         (SELECT 0 UNION ALL SELECT i + 1 FROM counted WHERE i + 1 < {count}) SELECT {select}"
    )
}

/// Adds it all, behind the service's back.
pub async fn add(connection: &DatabaseConnection) {
    let transaction = connection.begin().await.unwrap();
    let person = FIRST + 1;
    for statement in [
        rows(
            200,
            "webhooks (id, namespace_id, name, url, enabled, created_at, updated_at)",
            &format!(
                "{FIRST} + i, {NAMESPACE}, 'hook' || i, 'https://hooks.example/', 0, {TIME}, {TIME} FROM counted"
            ),
        ),
        rows(
            10,
            "webhook_headers (webhook_id, name, value_sealed, created_at, updated_at)",
            &format!("{FIRST}, 'X-' || i, '', {TIME}, {TIME} FROM counted"),
        ),
        rows(
            10_000,
            "webhook_deliveries (webhook_id, uuid, event, state, attempts, status, next_attempt_at, request_header, \
             request_body, response_header, response_body, created_at, updated_at)",
            &format!(
                "{FIRST}, 'delivery' || i, 'push', 2, 1, 200, {TIME}, '{{}}', printf('{{\"action\":\"%01000d\"}}', i), \
                 'HTTP/1.1 200 OK', printf('%01000d', i), {TIME}, {TIME} FROM counted"
            ),
        ),
        rows(
            500,
            "vulnerabilities (name, link, description, created_at, updated_at)",
            &format!(
                "'CVE-2026-' || i, 'https://cve.example/' || i, printf('%0500d', i), {TIME}, {TIME} FROM counted"
            ),
        ),
        format!(
            "INSERT INTO scan_results (tag_id, vulnerability_id, scanner, severity, link, fixed_by, created_at, \
             updated_at) SELECT {TAG}, id, 'trivy', 'High', link, '1.2.3', {TIME}, {TIME} FROM vulnerabilities"
        ),
        format!("UPDATE tags SET scanned = 2 WHERE id = {TAG}"),
        format!(
            "INSERT INTO users (id, username, canonical_name, email, bot, created_at, updated_at) VALUES \
             ({FIRST}, 'robot', 'robot', 'robot@example.org', 1, {TIME}, {TIME}), \
             ({person}, 'paula', 'paula', 'paula@example.org', 0, {TIME}, {TIME})"
        ),
        rows(
            20,
            "bot_trusts (user_id, name, issuer, audience, claims, namespaces, created_at)",
            &format!(
                "{FIRST}, 'job' || i, 'https://ci.example', 'portus', '{{\"sub\":\"x\"}}', '[{NAMESPACE}]', {TIME} \
                 FROM counted"
            ),
        ),
        rows(
            20,
            "passkeys (user_id, name, user_handle, credential_sha256, credential, created_at)",
            &format!(
                "id, 'key' || i, username, username || i, '{{}}', {TIME} FROM counted, users \
                 WHERE username IN ('root', '{MEMBER}')"
            ),
        ),
        rows(
            5,
            "application_tokens (user_id, application, token_sha256, created_at)",
            &format!(
                "id, 'app' || i, username || i, {TIME} FROM counted, users WHERE id >= {FIRST}"
            ),
        ),
        rows(
            100,
            "sessions (user_id, secret_sha256, address, user_agent, created_at, last_seen_at, expires_at)",
            &format!(
                "{person}, 'session' || i, '127.0.0.1', 'Browser/1.0', {TIME}, {TIME}, '2999-01-01 00:00:00' FROM counted"
            ),
        ),
        rows(
            100,
            "refresh_tokens (user_id, token_sha256, service, client_id, address, created_at, last_used_at)",
            &format!(
                "{person}, 'login' || i, 'registry.test', 'docker', '127.0.0.1', {TIME}, {TIME} FROM counted"
            ),
        ),
        rows(
            5_000,
            "job_runs (name, times, did, replica, began_at, ended_at)",
            &format!("'Housekeeping', 1, i, 'portus-1:7', {TIME}, {TIME} FROM counted"),
        ),
        rows(
            5_000,
            "sync_runs (id, registry_id, strategy, state, started_at, updated_at, finished_at)",
            &format!("{FIRST} + i, 1, 'update-delete', 1, {TIME}, {TIME}, {TIME} FROM counted"),
        ),
    ] {
        let done = transaction.execute_unprepared(&statement).await;
        done.unwrap_or_else(|error| panic!("{error}: {statement}"));
    }
    transaction.commit().await.unwrap();
}
