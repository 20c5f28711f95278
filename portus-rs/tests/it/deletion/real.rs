//! Beside a real registry, through the API: after each deletion it really lacks what it was to lose, the rows agree, and
//! the notifications that follow are no news.

use std::{cell::Cell, time::Duration};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{
    databases::TestDatabase,
    images::Package,
    push::RawClient,
    site::{self, Site, good},
    wait::eventually,
};

async fn push(site: &Site, name: &str, tag: &str, package: &Package) {
    raw(site, name).await.push(name, tag, package).await;
    let digest = package.digest().to_owned();
    site.soon(name, tag, move |row| row["digest"] == json!(digest))
        .await;
}

async fn raw(site: &Site, name: &str) -> RawClient {
    let scope = format!("repository:{name}:pull,push,delete");
    let token = site.registry_token("root", &scope).await;
    RawClient::new(&site.registry.url()).with_token(&token)
}

async fn has(site: &Site, name: &str, reference: &str) -> bool {
    let status = raw(site, name)
        .await
        .manifest(name, reference)
        .await
        .status();
    assert!(
        [StatusCode::OK, StatusCode::NOT_FOUND].contains(&status),
        "{status}"
    );
    status == StatusCode::OK
}

async fn delete(site: &Site, path: &str) -> (StatusCode, Value) {
    let answer = site
        .api(Method::DELETE, &format!("/api/v1/{path}"), None)
        .await;
    let status = answer.status();
    let text = answer.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::Null))
}

async fn id(site: &Site, name: &str, tag: &str) -> Value {
    site.tag(name, tag).await.unwrap()["id"].clone()
}

/// Waits until all notifications of what the registry did are applied; it tells of it a moment later.
async fn settled(site: &Site) {
    let connection = site.look().await;
    let known = Cell::new(-1);
    eventually(
        "every notification is applied",
        Duration::from_mins(1),
        || async {
            tokio::time::sleep(Duration::from_millis(750)).await;
            let all = site::count(&connection, "registry_events").await;
            let waiting = site::count(&connection, "registry_events WHERE state = 0").await;
            known.replace(all) == all && waiting == 0
        },
    )
    .await;
    connection.close().await.unwrap();
}

/// `actor key` of all entries about deletions, once the registry's own notifications have all been worked off.
async fn history(site: &Site) -> Vec<String> {
    settled(site).await;
    let connection = site.look().await;
    let dead = site::count(&connection, "registry_events WHERE state = 2").await;
    assert_eq!(dead, 0, "none is given up");
    let mut counted = Vec::new();
    for key in [
        "repository.delete",
        "namespace.delete",
        "registry.delete",
        "registry.remove_team",
    ] {
        for actor in ["root", "portus"] {
            let found = format!("activities WHERE key = '{key}' AND actor_name = '{actor}'");
            let count = site::count(&connection, &found).await;
            if count > 0 {
                counted.push(format!("{actor} {key} {count}"));
            }
        }
    }
    counted
}

#[track_caller]
fn agrees(site: &Site) {
    let said = site.portus.cli(&["sync"]).exits(0);
    assert!(
        said.stdout.contains("0 added, 0 changed, 0 removed"),
        "{}",
        said.stdout
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_repositories_namespaces_and_teams_go_from_the_registry_too() {
    let builder = Site::builder().env("PORTUS_BACKGROUND_SYNC_ENABLED", "false");
    let site = builder.start(TestDatabase::sqlite()).await;
    let root = site.get("/api/v1/users").await;
    let root = root
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["username"] == "root")
        .unwrap()
        .clone();
    let team = site.team("devs", root["id"].as_i64().unwrap()).await;
    let space = site.namespace("shop", "devs", "private").await;
    let (a, b) = (
        Package::image("a", "amd64"),
        Package::docker_image("b", "amd64"),
    );
    push(&site, "shop/web", "1.0", &a).await;
    push(&site, "shop/web", "latest", &a).await;
    push(&site, "shop/web", "2.0", &b).await;

    let tag = id(&site, "shop/web", "1.0").await;
    let preview = site.get(&format!("/api/v1/tags/{tag}/deletion")).await;
    assert_eq!(preview["tags"], json!(["1.0", "latest"]), "{preview}");
    assert_eq!(
        delete(&site, &format!("tags/{tag}")).await,
        (StatusCode::NO_CONTENT, Value::Null)
    );
    for gone in ["1.0", "latest", a.digest()] {
        assert!(!has(&site, "shop/web", gone).await, "{gone}");
    }
    assert!(has(&site, "shop/web", "2.0").await);
    assert_eq!(site.count("tags").await, 1);
    assert_eq!(history(&site).await, ["root repository.delete 2"]);
    agrees(&site);

    // An index whose child a tag points to: the registry lets the child go.
    let index = Package::index("i", &["amd64", "arm64"]);
    push(&site, "shop/many", "all", &index).await;
    push(&site, "shop/many", "child", &index.children[0]).await;
    let child = id(&site, "shop/many", "child").await;
    let preview = loop {
        // Which manifests an index lists is read a moment later.
        let preview = site.get(&format!("/api/v1/tags/{child}/deletion")).await;
        if preview["indexes"] != json!([]) {
            break preview;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    assert_eq!(preview["indexes"][0]["tags"], json!(["all"]), "{preview}");
    assert_eq!(
        delete(&site, &format!("tags/{child}")).await.0,
        StatusCode::NO_CONTENT
    );
    assert!(has(&site, "shop/many", "all").await && !has(&site, "shop/many", "child").await);
    agrees(&site);

    let repository = site.repository("shop/many").await.unwrap()["id"].clone();
    assert_eq!(
        delete(&site, &format!("repositories/{repository}")).await.0,
        StatusCode::NO_CONTENT
    );
    for gone in [index.digest(), index.children[1].digest()] {
        assert!(!has(&site, "shop/many", gone).await, "{gone}");
    }
    assert_eq!(
        history(&site).await,
        ["root repository.delete 4", "root namespace.delete 1"]
    );
    agrees(&site);

    // What is pushed again after all that is there again.
    push(&site, "shop/many", "all", &index).await;
    // Nobody gets a token for what lies in no namespace.
    let looks = [("shop/web", "2.0"), ("shop/many", "all")];
    let web = raw(&site, "shop/web").await;
    let many = raw(&site, "shop/many").await;
    let (status, _) = delete(&site, &format!("namespaces/{space}")).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    for (client, (name, tag)) in [web, many].iter().zip(looks) {
        let answer = client.manifest(name, tag).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{name}");
    }
    let (status, _) = delete(&site, &format!("teams/{team}")).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert_eq!(site.count("repositories").await, 0);
    let expected = [
        "root repository.delete 6",
        "root namespace.delete 3",
        "root registry.delete 1",
        "root registry.remove_team 1",
    ];
    assert_eq!(history(&site).await, expected);
    assert_eq!(site.count("deletions").await, 0);
    agrees(&site);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_that_does_not_delete_says_so_until_it_does() {
    let builder = Site::builder()
        .env("PORTUS_BACKGROUND_SYNC_ENABLED", "false")
        .env("PORTUS_REGISTRY_READ_TIMEOUT_VALUE", "3")
        .registry(crate::support::registry::Builder::without_deletion);
    let mut site = builder.start(TestDatabase::sqlite()).await;
    let a = Package::image("a", "amd64");
    push(&site, "web", "1", &a).await;
    push(&site, "web", "2", &a).await;
    let tag = id(&site, "web", "1").await;
    let repository = site.repository("web").await.unwrap()["id"].clone();
    let refused = async |site: &Site, part: &str| {
        let (status, body) = delete(site, &format!("tags/{tag}")).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        let text = body["message"].as_str().unwrap();
        assert!(
            text.starts_with("Could not remove 1 tag: ") && text.contains(part),
            "{text}"
        );
        assert_eq!(site.count("tags").await, 2);
        let path = format!("repositories/{repository}");
        let (status, body) = delete(site, &path).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        let text = body["message"].as_str().unwrap();
        let words = "Could not remove repository: could not remove 1, 2 tag(s): ";
        assert!(text.starts_with(words) && text.contains(part), "{text}");
        let all = [site.count("tags").await, site.count("manifests").await];
        assert_eq!(all, [2, 1]);
    };
    refused(&site, "set storage.delete.enabled to true").await;
    let readonly = json!({"storage": {"delete": {"enabled": true}, "maintenance": {"readonly": {"enabled": true}}}});
    site.registry.reconfigure(readonly);
    refused(&site, "read-only mode").await;
    site.registry
        .reconfigure(json!({"storage": {"maintenance": {"readonly": {"enabled": false}}}}));
    site.registry.pause();
    refused(&site, "read timed out").await;
    site.registry.resume();
    // It may have taken the question, and answer it only now, and tell of it.
    settled(&site).await;
    if site.count("tags").await > 0 {
        site.registry.stop();
        refused(&site, "connection refused").await;
        site.registry.start();
        good(
            site.api(Method::DELETE, &format!("/api/v1/tags/{tag}"), None)
                .await,
        )
        .await;
    }
    assert!(!has(&site, "web", a.digest()).await);
    assert_eq!(
        history(&site).await,
        ["root repository.delete 2", "root namespace.delete 1"]
    );
    agrees(&site);
}
