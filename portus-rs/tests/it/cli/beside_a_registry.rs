//! Commands that ask a real registry: `client`, `sync`, `portus:update_tags`, `crono`.

use std::time::Duration;

use crate::support::{images::Package, portus::Portus, push::RawClient, registry::Registry, wait};

async fn registry_with_etcd() -> Registry {
    let registry = Registry::builder().start();
    let image = Package::docker_image("etcd", "amd64");
    RawClient::new(&registry.url())
        .push("microbox/etcd", "2.1.1", &image)
        .await;
    registry
}

fn create(portus: &Portus, registry: &Registry) {
    let task = format!("portus:create_registry[main,{},false]", registry.address);
    assert_eq!(portus.cli(&[task]).exits(0).stdout, "");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_registry_is_asked_by_hand() {
    let registry = registry_with_etcd().await;
    let portus = Portus::builder().idle();
    let none = portus.cli(&["client", "catalog"]).exits(1);
    assert_eq!(none.stdout, "No registry has been configured!\n");
    create(&portus, &registry);
    let script = ["rails", "runner", "bin/client.rb"];
    let client = |words: &[&str]| {
        let all: Vec<&str> = script.iter().chain(words).copied().collect();
        portus.cli(&all)
    };
    assert_eq!(client(&["ping"]).exits(0).stdout, "Registry reachable\n");
    assert_eq!(
        client(&["catalog"]).exits(0).stdout,
        "microbox/etcd: 2.1.1\nSize: 1\n"
    );
    let manifest = client(&["manifest", "microbox/etcd:2.1.1"]).exits(0).stdout;
    assert!(manifest.starts_with("Image ID: "), "{manifest}");
    let digest = manifest
        .lines()
        .find_map(|line| line.strip_prefix("Manifest digest: "))
        .unwrap()
        .to_owned();
    let latest = client(&["manifest", "microbox/etcd"]).exits(1);
    assert!(!latest.stderr.is_empty());
    for (words, text) in [
        (
            &["moon"][..],
            "Valid commands: catalog, delete, manifest and ping.",
        ),
        (
            &["manifest"],
            "You have to at least specify the name of the image",
        ),
        (
            &["delete", "a"],
            "usage: delete <name> <digest> blobs/manifests",
        ),
        (
            &["delete", "a", "b", "tags"],
            "Unknown tags object. Only available: blobs and manifests.",
        ),
    ] {
        assert_eq!(client(words).exits(1).stdout, format!("{text}\n"));
    }
    let _ = client(&["delete", "microbox/etcd", &digest, "manifests"]).exits(0);
    assert_eq!(
        client(&["catalog"]).exits(0).stdout,
        "microbox/etcd: \nSize: 1\n"
    );
    let closed = client(&["ping", "127.0.0.1:1", "use_ssl"]).exits(1);
    assert_eq!(closed.stdout, "Error: cannot reach the registry\n");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_synchronisation_by_hand_finds_what_is_there_once() {
    let registry = registry_with_etcd().await;
    let mut portus = Portus::builder().idle();
    create(&portus, &registry);
    let dry = portus.cli(&["sync", "--dry-run"]).exits(0).stdout;
    assert!(dry.contains("would add microbox/etcd:2.1.1"), "{dry}");
    assert!(dry.contains("(nothing was changed)"), "{dry}");
    let first = portus.cli(&["sync"]).exits(0).stdout;
    assert!(first.contains("1 added"), "{first}");
    let second = portus.cli(&["sync"]).exits(0).stdout;
    assert!(second.contains("0 added, 0 changed, 0 removed"), "{second}");

    let asked = portus
        .cli_with_input(&["portus:update_tags[true]"], "maybe\nn\n")
        .exits(0)
        .stdout;
    assert!(!asked.contains("Updating"), "{asked}");
    assert_eq!(asked.matches("(y/n)").count(), 2, "{asked}");
    portus.set("PORTUS_FORCE_DIGEST_UPDATE", "1");
    let _ = portus.cli(&["job", "run", "manifest-details"]).exits(0);
    let nothing = portus.cli(&["portus:update_tags"]).exits(0).stdout;
    assert!(
        nothing.ends_with("There are no tags to be updated.\n"),
        "{nothing}"
    );
    let all = portus.cli(&["portus:update_tags[true]"]).exits(0).stdout;
    assert!(
        all.ends_with("Updating a total of 1 tags...\n[1/1] Updating microbox/etcd/2.1.1\n\n"),
        "{all}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn crono_brings_what_the_registry_had_before() {
    let registry = registry_with_etcd().await;
    let mut portus = Portus::builder()
        .env("CATALOG_CRON", "10.seconds")
        .env("RAILS_ENV", "production")
        .arguments(&["bundle", "exec", "crono"])
        .idle();
    create(&portus, &registry);
    portus.start_only();
    wait::wait_for("the tag is found", Duration::from_secs(30), || {
        portus.log().contains("[catalog] Created the tag '2.1.1'.")
    });
    assert!(portus.stop().success(), "{}", portus.log());
}
