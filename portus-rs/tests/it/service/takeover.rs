//! A process dies on another machine while it holds the lease of a job. Nobody sees its end, only its silence; the work
//! goes on elsewhere all the same.

use std::time::{Duration, Instant};

use crate::support::{
    databases::{Adapter, TestDatabase},
    images::Package,
    portus::Portus,
    push::RawClient,
    site::{Site, count},
    wait::{eventually, wait_for},
};

/// So soon must a job run elsewhere.
const LIMIT: Duration = Duration::from_mins(1);
/// Who takes over earlier has not waited for the silence to mean anything: a lease is renewed every five seconds and
/// stale after fifteen.
const TOO_SOON: Duration = Duration::from_secs(8);
const PATIENCE: Duration = Duration::from_secs(20);
const LEASE: &str = "leases WHERE name = 'Registry synchronization' AND holder LIKE ";

/// A process for background work alone, on a machine of its own, that shares everything else with the site.
fn background(site: &Site, machine: &str) -> Portus {
    let mut builder = Portus::builder();
    for (name, value) in site.portus.environment() {
        if name != "PORTUS_PUMA_HOST" {
            builder = builder.env(name, value);
        }
    }
    let mut process = builder
        .env("PORTUS_BACKGROUND_SYNC_ENABLED", "true")
        .env("CATALOG_CRON", "5.seconds")
        .arguments(&["background"])
        .on_machine(machine)
        .idle();
    process.start_only();
    wait_for("the process works", PATIENCE, || {
        assert!(process.running().ended().is_none(), "{}", process.log());
        process.log().contains("[Initialization] Running:")
    });
    process
}

async fn the_work_goes_on_elsewhere(adapter: Adapter) {
    let database = TestDatabase::create(adapter).await;
    let site = Site::builder()
        .silent()
        .env("PORTUS_BACKGROUND_SYNC_ENABLED", "false")
        .start(database)
        .await;
    site.user("alice").await;
    let token = site
        .registry_token("alice", "repository:alice/app:pull,push")
        .await;
    let raw = RawClient::new(&site.registry.url()).with_token(&token);
    raw.push("alice/app", "1", &Package::image("1", "amd64"))
        .await;

    // A registry that says nothing keeps the comparison, and so its lease, in hand.
    site.registry.pause();
    let look = site.look().await;
    let held_by = |machine: &str| format!("{LEASE}'{machine}/%'");
    let mut first = background(&site, "first-machine");
    eventually("the first one compares", PATIENCE, || async {
        count(&look, &held_by("first-machine")).await == 1
    })
    .await;
    let second = background(&site, "second-machine");
    first.kill();
    let died = Instant::now();
    site.registry.resume();
    assert_eq!(count(&look, &held_by("first-machine")).await, 1);
    eventually("the second one has compared", LIMIT, || async {
        count(&look, "tags").await == 1
    })
    .await;
    let waited = died.elapsed();
    assert!(waited > TOO_SOON, "taken from the living after {waited:?}");
    let abandoned = "sync_runs WHERE message LIKE 'its process ended%'";
    assert_eq!(count(&look, abandoned).await, 1, "{}", second.log());
    let left = count(&look, &held_by("first-machine")).await;
    assert_eq!(left, 0, "the dead one's lease is gone");
    look.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_whose_process_died_on_another_machine_is_taken_over_on_mariadb() {
    the_work_goes_on_elsewhere(Adapter::MySql).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_whose_process_died_on_another_machine_is_taken_over_on_postgresql() {
    the_work_goes_on_elsewhere(Adapter::Postgres).await;
}
