//! What nobody told of is found by comparing with the registry, and what is nobody's is given to a team.

use std::time::Duration;

use super::site::walk;
use crate::{
    pages::driver::RUNTIME,
    support::{
        databases::TestDatabase, images::Package, portus::Portus, site::Site, wait::wait_for,
    },
};

/// A site whose registry says nothing of what happens in it.
async fn silent() -> Site {
    let site = Site::builder()
        .silent()
        .env("PORTUS_GRAVATAR_ENABLED", "false")
        .env("PORTUS_BACKGROUND_SYNC_ENABLED", "false")
        .start(TestDatabase::sqlite())
        .await;
    let owner = site.user("owner").await;
    site.user("reader").await;
    let team = site.team("devs", owner).await;
    site.member(team, "reader", "viewer").await;
    site.namespace("microbox", "devs", "private").await;
    site
}

/// The process of its own that older set-ups compare with, every few seconds.
fn crono(site: &Site) -> Portus {
    let mut crono = Portus::builder().arguments(&["crono"]).idle();
    for (name, value) in site.portus.environment() {
        crono.set(name, value);
    }
    crono.set("CATALOG_CRON", "5.seconds");
    crono.start_only();
    crono
}

#[test]
fn what_nobody_told_appears_and_what_is_nobodys_finds_a_team() {
    let site = RUNTIME.block_on(silent());
    let push = |name: &str| {
        let image = Package::docker_image(name, "amd64");
        let _ = site
            .skopeo("owner")
            .push(&image, &site.image(name))
            .succeeded();
    };
    push("microbox/etcd:2.1.1");
    // From before anybody guarded the registry.
    push("owner/tool:1");
    let storage = site.registry.storage().join("repositories");
    std::fs::rename(storage.join("owner"), storage.join("legacy")).unwrap();
    walk(&site, async |page| {
        page.become_user("owner").await;
        let pushed = "portus pushed (sync) microbox/etcd:2.1.1";
        page.see("Dashboard").await;
        page.not_see(pushed).await;
        let crono = crono(&site);
        wait_for("the tag is found", Duration::from_secs(20), || {
            crono.log().contains("[catalog] Created the tag '2.1.1'.")
        });
        // Without a reload.
        page.see(pushed).await;
        page.within("#repositories").see("microbox/etcd").await;

        page.become_user("reader").await;
        page.open("/namespaces").await;
        page.see("microbox").await;
        page.not_see("legacy").await;
        let source = site.image("legacy/tool:1");
        let place = tempfile::tempdir().unwrap();
        let _ = site.skopeo("reader").pull(&source, place.path()).failed();

        page.become_user("root").await;
        page.open("/namespaces").await;
        let orphans = page.within("Orphan namespaces (no team assigned)");
        page.shows("orphans").await;
        orphans.press("legacy").await;
        page.see("None (aka orphan)").await;
        page.shows("orphan").await;
        page.press("Transfer").await;
        page.see("legacy belongs to no team.").await;
        page.shows("orphan-transfer").await;
        page.fill("Team", "devs").await;
        page.press("I understand, transfer this namespace").await;
        page.see("Namespace 'legacy' has been transferred successfully")
            .await;
        page.open("/namespaces").await;
        page.not_see("Orphan namespaces").await;

        page.become_user("reader").await;
        page.open("/namespaces").await;
        page.within("Namespaces you have access to through team membership")
            .see("legacy")
            .await;
        let _ = site
            .skopeo("reader")
            .pull(&source, place.path())
            .succeeded();
    });
}
