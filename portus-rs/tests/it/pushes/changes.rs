//! What happens to images after their first push.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use sea_orm::EntityTrait;
use serde_json::json;

use portus_rs::entities::tag;

use crate::support::{
    databases::TestDatabase, images::Package, push::RawClient, site::Site, wait::eventually,
};

async fn alices() -> Site {
    let site = Site::start().await;
    site.user("alice").await;
    site
}

async fn push(site: &Site, package: &Package, name: &str, tag: &str) {
    let target = site.image(&format!("{name}:{tag}"));
    let _ = site.skopeo("alice").push(package, &target).succeeded();
    let digest = json!(package.digest());
    site.soon(name, tag, |row| row["digest"] == digest).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_tag_and_a_push_over_it_are_seen_at_once() {
    let site = alices().await;
    let (first, second) = (Package::image("1", "amd64"), Package::image("2", "amd64"));
    push(&site, &first, "alice/app", "1").await;
    push(&site, &first, "alice/app", "latest").await;
    push(&site, &second, "alice/app", "latest").await;
    let kept = site.tag("alice/app", "1").await.unwrap();
    assert_eq!(kept["digest"], json!(first.digest()));
    assert_eq!(site.count("tags").await, 2);
    let pushes = "activities WHERE tag_name IS NOT NULL";
    assert_eq!(site.count(pushes).await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_manifest_takes_its_tags_and_at_last_the_repository() {
    let site = alices().await;
    let (one, two) = (Package::image("1", "amd64"), Package::image("2", "amd64"));
    push(&site, &one, "alice/app", "1").await;
    push(&site, &one, "alice/same", "1").await;
    push(&site, &one, "alice/app", "same").await;
    push(&site, &two, "alice/app", "2").await;
    let root = site.skopeo("root");
    let _ = root.delete(&site.image("alice/app:1")).succeeded();
    let limit = Duration::from_secs(30);
    eventually("both tags are gone", limit, || async {
        site.count("tags").await == 2
    })
    .await;
    assert!(site.tag("alice/same", "1").await.is_some());
    let _ = root.delete(&site.image("alice/app:2")).succeeded();
    eventually("the repository is gone", limit, || async {
        site.repository("alice/app").await.is_none()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_deletion_is_switched_off_nobody_deletes() {
    let site = Site::builder()
        .env("PORTUS_DELETE_ENABLED", "false")
        .start(TestDatabase::sqlite())
        .await;
    site.user("alice").await;
    push(&site, &Package::image("1", "amd64"), "alice/app", "1").await;
    for name in ["alice", "root"] {
        let skopeo = site.skopeo(name);
        let _ = skopeo.delete(&site.image("alice/app:1")).failed();
    }
    assert!(site.tag("alice/app", "1").await.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn pulls_are_counted_and_dated_once_for_each_client() {
    let site = alices().await;
    push(&site, &Package::image("1", "amd64"), "alice/app", "1").await;
    let before = site.tag("alice/app", "1").await.unwrap();
    assert_eq!(before["pulled_at"], json!(null), "{before}");
    let scratch = tempfile::tempdir().unwrap();
    // The second of the same client is within the time in which it counts as one.
    for (number, name) in ["alice", "alice", "root"].into_iter().enumerate() {
        let into = scratch.path().join(number.to_string());
        let skopeo = site.skopeo(name);
        let _ = skopeo.pull(&site.image("alice/app:1"), &into).succeeded();
    }
    let look = site.look().await;
    let limit = Duration::from_secs(30);
    eventually("both pulls are counted", limit, || async {
        let row = tag::Entity::find().one(&look).await.unwrap().unwrap();
        assert!(row.pull_count <= 2, "{row:?}");
        row.pull_count == 2 && row.pulled_at.is_some()
    })
    .await;
    let after = site.tag("alice/app", "1").await.unwrap();
    assert_ne!(after["pulled_at"], json!(null), "{after}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_layer_mounted_from_another_repository_makes_an_image_like_any_other() {
    let site = alices().await;
    let image = Package::image("1", "amd64");
    push(&site, &image, "alice/app", "1").await;
    let scopes = "repository:alice/app:pull repository:alice/copy:pull,push";
    let token = site.registry_token("alice", scopes).await;
    let raw = RawClient::new(&site.registry.url()).with_token(&token);
    for blob in &image.blobs {
        let path = format!(
            "/v2/alice/copy/blobs/uploads/?mount={}&from=alice/app",
            blob.digest
        );
        let mounted = raw.request(Method::POST, &path).send().await.unwrap();
        assert_eq!(mounted.status(), StatusCode::CREATED);
    }
    let put = raw.put_manifest("alice/copy", "1", &image.manifest).await;
    assert_eq!(put.status(), StatusCode::CREATED);
    let row = site
        .soon("alice/copy", "1", |row| !row["size"].is_null())
        .await;
    assert_eq!(row["digest"], json!(image.digest()));
    assert_eq!(row["author"]["name"], json!("alice"));

    // A layer of what one may not read is not mounted.
    let bob = site.user("bob").await;
    assert!(bob > 0);
    let scopes = "repository:alice/app:pull repository:bob/copy:pull,push";
    let token = site.registry_token("bob", scopes).await;
    let raw = RawClient::new(&site.registry.url()).with_token(&token);
    let path = format!(
        "/v2/bob/copy/blobs/uploads/?mount={}&from=alice/app",
        image.blobs[0].digest
    );
    let refused = raw.request(Method::POST, &path).send().await.unwrap();
    assert_ne!(refused.status(), StatusCode::CREATED);
}
