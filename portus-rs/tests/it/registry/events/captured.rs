//! The envelopes that real registries have sent for real clients.

use std::path::{Path, PathBuf};

use portus_rs::entities::{EventState, manifest, repository, tag};
use reqwest::StatusCode;

use super::service::Service;
use crate::support::databases::TestDatabase;

fn files(version: &str, scenario: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/registry-events");
    let mut files: Vec<PathBuf> = std::fs::read_dir(root.join(version))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap();
            scenario.is_empty() || name.split('.').next() == Some(scenario)
        })
        .collect();
    files.sort_by_key(|path| {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let (scenario, step) = name.split_once('.').unwrap_or((&name, "0"));
        let number: u32 = step.split('-').next().unwrap().parse().unwrap_or(0);
        (scenario.to_owned(), number)
    });
    assert!(!files.is_empty(), "{version}/{scenario}");
    files
}

async fn play(service: &Service, version: &str, scenario: &str) {
    for file in files(version, scenario) {
        let body = std::fs::read(&file).unwrap();
        assert_eq!(
            service.send(body).await,
            StatusCode::ACCEPTED,
            "{}",
            file.display()
        );
    }
    service.settle().await;
}

/// All namespaces of the captured names.
async fn furnished() -> Service {
    let service = Service::working(TestDatabase::sqlite()).await;
    for name in [
        "bld", "charts", "ctrd", "dock", "hh", "ht", "nr", "open", "org", "org2", "plug", "pod",
        "raw", "ru", "skop", "up",
    ] {
        service.namespace(name).await;
    }
    service
}

#[tokio::test(flavor = "multi_thread")]
async fn a_docker_push_leaves_exactly_one_tag() {
    for version in ["v2.8", "v3"] {
        let service = furnished().await;
        play(&service, version, "docker-push").await;
        assert_eq!(service.rows::<repository::Entity>().await.len(), 1);
        let tag = service.the_tag().await;
        assert_eq!(
            (tag.name.as_str(), tag.username.as_deref()),
            ("1.0", Some("alice"))
        );
        assert_eq!(service.rows::<manifest::Entity>().await.len(), 1);
        assert_eq!(service.history().await, ["alice repository.push app:1.0"]);
        // And once more, as after a timeout.
        play(&service, version, "docker-push").await;
        assert_eq!(service.history().await.len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_multi_arch_push_is_one_tag_and_its_manifests() {
    for version in ["v2.8", "v3"] {
        let service = furnished().await;
        play(&service, version, "podman-manifest-push-oci-index").await;
        assert_eq!(service.the_tag().await.name, "oci");
        assert_eq!(service.rows::<manifest::Entity>().await.len(), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_without_slash_lands_in_the_global_namespace() {
    let service = furnished().await;
    play(&service, "v3", "raw-push-single-component-name").await;
    assert_eq!(service.tags().await.len(), 1);
    assert_eq!(
        service.rows::<repository::Entity>().await[0].name,
        "busybox"
    );
    play(&service, "v3", "raw-push-deep-name").await;
    let names: Vec<_> = service.rows::<repository::Entity>().await;
    assert!(
        names.iter().any(|row| row.name == "team/sub/app"),
        "{names:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_without_a_user_is_shown_without_an_author() {
    let service = furnished().await;
    play(&service, "v2.8", "noauth-push").await;
    let tag = service.the_tag().await;
    assert_eq!((tag.user_id, tag.username), (None, None));
    play(&service, "v2.8", "htpasswd-push").await;
    let tags = service.tags().await;
    assert!(tags.iter().any(|line| line.ends_with(" bob")), "{tags:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_captured_envelope_is_settled() {
    for version in ["v2.8", "v3"] {
        let service = furnished().await;
        play(&service, version, "").await;
        assert_eq!(service.events(EventState::Dead).await, 0);
        let manifests = service.rows::<manifest::Entity>().await;
        for tag in service.rows::<tag::Entity>().await {
            let known = manifests.iter().any(|row| {
                row.repository_id == tag.repository_id && Some(&row.digest) == tag.digest.as_ref()
            });
            assert!(known, "a tag without its manifest: {tag:?}");
        }
        assert!(service.tags().await.len() > 20);
    }
}
