//! `crono`, the process of its own that older set-ups keep for comparing with the registry.

use std::time::Duration;

use crate::support::{
    databases::TestDatabase, images::Package, portus::Portus, push::RawClient, site::Site,
    wait::wait_for,
};

/// Five seconds are the shortest interval that is accepted.
const SCHEDULE: &str = "5.seconds";
const LIMIT: Duration = Duration::from_secs(20);

async fn push(site: &Site, name: &str, tag: &str) {
    let scope = format!("repository:{name}:pull,push");
    let token = site.registry_token("alice", &scope).await;
    let raw = RawClient::new(&site.registry.url()).with_token(&token);
    raw.push(name, tag, &Package::image(name, "amd64")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_says_what_it_finds_in_the_words_people_search_for() {
    let mut site = Site::builder()
        .silent()
        .env("PORTUS_BACKGROUND_SYNC_ENABLED", "false")
        .start(TestDatabase::sqlite())
        .await;
    site.user("alice").await;
    site.portus.set("CATALOG_CRON", SCHEDULE);
    push(&site, "alice/app", "2.1.1").await;
    let mut crono = Portus::builder().arguments(&["crono"]).idle();
    for (name, value) in site.portus.environment() {
        crono.set(name, value);
    }
    crono.start_only();
    wait_for("the tag is made", LIMIT, || {
        assert!(crono.running().ended().is_none(), "{}", crono.log());
        crono.log().contains("[catalog] Created the tag '2.1.1'.")
    });
    let storage = site.registry.storage().join("repositories");
    std::fs::remove_dir_all(storage.join("alice/app")).unwrap();
    push(&site, "alice/other", "1").await;
    push(&site, "alice/third", "1").await;
    let made = "[catalog] Created the tag '1'.";
    wait_for("the next ones are made", LIMIT, || {
        crono.log().matches(made).count() == 2
    });
    wait_for("what is gone goes", LIMIT, || {
        crono.log().contains("[catalog] Removed the")
    });
    assert_eq!(site.count("tags").await, 2);
    crono.stop();
}
