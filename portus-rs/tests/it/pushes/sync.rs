//! Comparing with a real registry: everything is found, nothing is lost to its faults, and what is gone goes.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{
    databases::{TestDatabase, on_every_database},
    detour::{Detour, Fault},
    images::Package,
    portus::Portus,
    push::RawClient,
    registry::Registry,
    site::Site,
    wait::eventually,
};

/// A site whose registry says nothing by itself, reached by portus-rs over a detour; syncs run by hand.
async fn silent(database: TestDatabase) -> (Site, Detour) {
    let builder = Site::builder()
        .silent()
        .env("PORTUS_BACKGROUND_SYNC_ENABLED", "false");
    let detour = Detour::to(&builder.registry_address());
    let site = builder.behind(&detour.address).start(database).await;
    site.user("alice").await;
    (site, detour)
}

async fn push(site: &Site, name: &str, tag: &str, package: &Package) {
    let scope = format!("repository:{name}:pull,push");
    let who = name
        .split('/')
        .next()
        .filter(|it| *it == "alice")
        .unwrap_or("root");
    let token = site.registry_token(who, &scope).await;
    let raw = RawClient::new(&site.registry.url()).with_token(&token);
    raw.push(name, tag, package).await;
}

async fn tags(site: &Site) -> i64 {
    site.count("tags").await
}

on_every_database! {
    async fn a_comparison_finds_everything_that_nobody_told(database: TestDatabase) {
        let (site, _detour) = silent(database).await;
        let subject = Package::image("1", "amd64");
        let things = [
            ("alice/app", "1", subject.clone(), json!(["linux/amd64"])),
            ("alice/app", "docker", Package::docker_image("d", "arm64"), json!(["linux/arm64"])),
            ("alice/app", "many", Package::index("m", &["amd64", "s390x"]), json!(["linux/amd64", "linux/s390x"])),
            ("alice/app", "sbom", Package::artifact(&subject, "application/spdx+json", "{}"), json!([])),
            ("top", "1", Package::image("top", "amd64"), json!(["linux/amd64"])),
        ];
        for (name, tag, package, _) in &things {
            push(&site, name, tag, package).await;
        }
        assert_eq!(tags(&site).await, 0, "nobody told anything");
        let said = site.portus.cli(&["sync"]).exits(0);
        assert!(said.stdout.contains("5 added"), "{}", said.stdout);
        assert_eq!(tags(&site).await, 5);
        for (name, tag, package, platforms) in &things {
            let limit = Duration::from_mins(2);
            eventually(&format!("{name}:{tag} is described"), limit, || async {
                let row = site.tag(name, tag).await.unwrap();
                row["platforms"] == *platforms && row["size"] == json!(package.size())
            })
            .await;
            let row = site.tag(name, tag).await.unwrap();
            assert_eq!(row["digest"], json!(package.digest()), "{row}");
            assert_eq!(row["author"]["name"], json!("portus"), "{row}");
        }
        let again = site.portus.cli(&["sync"]).exits(0);
        assert!(again.stdout.contains("0 added, 0 changed, 0 removed"), "{}", again.stdout);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_name_becomes_a_private_namespace_of_nobody() {
    // Before portus-rs guarded it, this registry was open to all.
    let mut open = Registry::builder().start();
    let raw = RawClient::new(&open.url());
    raw.push("legacy/app", "1", &Package::image("1", "amd64"))
        .await;
    let portus = Portus::builder()
        .env("PORTUS_MACHINE_FQDN_VALUE", "127.0.0.1")
        .env("PORTUS_INIT_REGISTRY_HOSTNAME", &open.address)
        .env("PORTUS_INIT_REGISTRY_USE_SSL", "false")
        .env("PORTUS_BACKGROUND_SYNC_ENABLED", "false")
        .start();
    let _ = portus.cli(&["sync"]).exits(0);
    let _ = portus
        .cli_with_input(
            &["portus:create_user[root,r@example.com,-,true]"],
            "correct horse\n",
        )
        .exits(0);
    let allowed = portus
        .cli(&["explain", "root", "repository:legacy/app:pull"])
        .exits(0);
    assert!(allowed.stdout.contains("may pull"), "{}", allowed.stdout);
    let _ = portus
        .cli_with_input(
            &["portus:create_user[eve,e@example.com,-,false]"],
            "correct horse\n",
        )
        .exits(0);
    let refused = portus.cli(&["explain", "eve", "repository:legacy/app:pull"]);
    assert!(
        refused.stdout.contains("may not pull"),
        "{}",
        refused.stdout
    );
    open.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_fault_of_the_registry_deletes_anything_and_what_is_gone_goes() {
    let (mut site, detour) = silent(TestDatabase::sqlite()).await;
    // Below a handful there is no brake.
    for number in 0..13 {
        let name = format!("alice/r{number:02}");
        push(&site, &name, "1", &Package::image(&name, "amd64")).await;
    }
    let _ = site.portus.cli(&["sync"]).exits(0);
    assert_eq!(tags(&site).await, 13);
    for fault in [
        Fault::Status(401),
        Fault::Status(404),
        Fault::Status(500),
        Fault::Status(503),
        Fault::Cut,
        Fault::EmptyCatalog,
        Fault::Down,
    ] {
        detour.set(fault);
        let ran = site.portus.cli(&["sync"]);
        assert_eq!(tags(&site).await, 13, "{fault:?}: {ran:?}");
        // An empty catalog may be true; what it does not name is asked for and is there.
        let fine = matches!(fault, Fault::EmptyCatalog);
        assert_eq!(ran.code == Some(0), fine, "{fault:?}: {ran:?}");
    }
    detour.set(Fault::None);
    site.registry.stop();
    let _ = site.portus.cli(&["sync"]).exits(1);
    assert_eq!(tags(&site).await, 13);
    site.registry.start();

    // One of thirteen repositories: within what a comparison removes by itself.
    remove(&site, "alice/r00");
    let said = site.portus.cli(&["sync"]).exits(0);
    assert!(said.stdout.contains("removed"), "{}", said.stdout);
    assert_eq!(tags(&site).await, 12);
    assert_eq!(site.repository("alice/r00").await, None::<Value>);

    // Seven of the twelve that are left are more than half.
    for number in 1..8 {
        remove(&site, &format!("alice/r{number:02}"));
    }
    let held = site.portus.cli(&["sync"]).exits(1);
    assert!(
        held.stdout.contains("held back: alice/r01"),
        "{}",
        held.stdout
    );
    assert!(held.stderr.contains("sync --confirm"), "{}", held.stderr);
    assert_eq!(tags(&site).await, 12);
    let _ = site.portus.cli(&["sync", "--confirm"]).exits(0);
    assert_eq!(tags(&site).await, 5);
    assert!(site.repository("alice/r08").await.is_some());
}

/// Takes a repository out of the registry's own storage, and its memory.
fn remove(site: &Site, name: &str) {
    std::fs::remove_dir_all(site.registry.storage().join("repositories").join(name)).unwrap();
}
