//! Secrets come out nowhere: not in logs at their most talkative, rows, answers or what commands print.

use reqwest::Method;
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use serde_json::json;

use crate::support::{
    databases::on_every_database,
    images::Package,
    site::{PASSWORD, Site},
};

const KEY_BASE: &str = "canary-key-base-0123456789abcdef0123456789abcdef";
const PORTUS: &str = "canary-portus-password";

/// Every text in every table.
async fn everything(connection: &DatabaseConnection) -> String {
    let backend = connection.get_database_backend();
    let mut all = String::new();
    for table in migrations::TABLES {
        let sql = format!("SELECT * FROM {table}");
        let rows = connection
            .query_all_raw(Statement::from_string(backend, sql))
            .await
            .unwrap();
        for row in rows {
            for column in row.column_names() {
                // Numbers and moments hold no secrets.
                if let Ok(Some(text)) = row.try_get::<Option<String>>("", &column) {
                    all.push_str(&text);
                    all.push('\n');
                }
            }
        }
    }
    all
}

on_every_database! {
    async fn no_secret_is_ever_said_or_kept_in_the_clear(database: TestDatabase) {
        let site = Site::builder()
            .env("PORTUS_LOG_LEVEL", "debug")
            .env("PORTUS_SECRET_KEY_BASE", KEY_BASE)
            .env("PORTUS_PASSWORD", PORTUS)
            .start(database)
            .await;
        let alice = site.user("alice").await;
        let token = site.token(alice).await;
        let _ = site.skopeo("alice").push(&Package::image("1", "amd64"), &site.image("alice/app:1")).succeeded();
        site.soon("alice/app", "1", |_| true).await;
        let url = site.portus.url();
        let mut heard = String::new();
        for (name, secret) in [("alice", "canary-wrong-password"), ("alice", &*token), ("nobody", "canary-of-nobody")] {
            let answer = site.ask_token(&url, name, secret, "repository:alice/app:pull").await;
            let status = answer.status();
            let text = answer.text().await.unwrap();
            if !status.is_success() {
                heard.push_str(&text);
            }
        }
        // What docker gets at its login.
        let form = [
            ("grant_type", "password"), ("service", &*site.service()), ("client_id", "docker"),
            ("access_type", "offline"), ("username", "alice"), ("password", PASSWORD),
        ];
        let request = site.http.post(format!("{url}/v2/token"));
        let login: serde_json::Value = request.form(&form).send().await.unwrap().json().await.unwrap();
        let refresh = login["refresh_token"].as_str().unwrap().to_owned();
        let signed = login["access_token"].as_str().unwrap().to_owned();
        let bad = json!({"user": {"username": "x y", "email": "no", "password": "canary-of-a-form"}});
        heard += &site.api(Method::POST, "/api/v1/users", Some(bad)).await.text().await.unwrap();
        let wrong = site.http.get(format!("{url}/api/v1/users")).header("Portus-Auth", "alice:canary-wrong-token");
        heard += &wrong.send().await.unwrap().text().await.unwrap();
        let _ = site.http.post(format!("{url}/v2/webhooks/events"))
            .bearer_auth("canary-event-secret").body("{}").send().await.unwrap();
        for words in [&["portus:info"][..], &["config"], &["check-config"], &["registry-config"], &["health"], &["explain", "alice", "repository:alice/app:push"], &["sync"]] {
            let ran = site.portus.cli(words);
            heard += &ran.stdout;
            heard += &ran.stderr;
        }
        heard += &site.portus.log();

        let key = std::fs::read_to_string(site.portus.data_directory().join("portus.key")).unwrap();
        let line_of_key = key.lines().nth(1).unwrap();
        let configured = std::fs::read_to_string(site.registry.configuration()).unwrap();
        let event_secret = configured.split("Bearer ").nth(1).unwrap().split('"').next().unwrap();
        assert!(event_secret.len() >= 20, "{event_secret}");
        let admin = site.admin.split_once(':').unwrap().1;
        let secrets = [
            PASSWORD, &*token, admin, &*refresh, &*signed, line_of_key, event_secret, KEY_BASE, PORTUS, "canary",
        ];
        for secret in secrets {
            let at = heard.find(secret).map(|at| &heard[at.saturating_sub(200)..at]);
            assert!(at.is_none(), "{secret} is said after: {at:?}");
        }
        let look = site.look().await;
        let kept = everything(&look).await;
        assert!(kept.contains("alice@example.com"), "the tables were read");
        for secret in secrets {
            assert!(!kept.contains(secret), "{secret} is kept");
        }
    }
}
