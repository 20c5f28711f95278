//! What an admin sees when something is wrong, and how it is put right.

use std::time::Duration;

use sea_orm::ConnectionTrait as _;
use serde_json::json;

use super::site::walk;
use crate::{
    pages::driver::RUNTIME,
    support::{databases::TestDatabase, images::Package, site::Site, wait::eventually},
};

/// A site whose registry tells of nothing, and holds twelve repositories that look alike; whether it is compared.
async fn crowded(compared: bool) -> Site {
    let site = Site::builder()
        .silent()
        .env("PORTUS_GRAVATAR_ENABLED", "false")
        .env("PORTUS_BACKGROUND_SYNC_ENABLED", &compared.to_string())
        .env("PORTUS_DELETE_ENABLED", "true")
        .start(TestDatabase::sqlite())
        .await;
    if compared {
        // It started before its registry did, and tries again by itself until that answers.
        let once = "leases WHERE name = 'Registry synchronization' AND holder IS NULL AND next_run_at IS NOT NULL";
        eventually(
            "the schedule's first comparison is over",
            Duration::from_mins(1),
            || async { site.count(once).await == 1 },
        )
        .await;
    }
    let owner = site.user("owner").await;
    site.team("devs", owner).await;
    site.namespace("apps", "devs", "private").await;
    let image = Package::docker_image("crowd", "amd64");
    let first = site.image("apps/app01:1");
    let _ = site.skopeo("owner").push(&image, &first).succeeded();
    let apps = site.registry.storage().join("repositories/apps");
    for number in 2..=12 {
        let copied = std::process::Command::new("cp")
            .arg("-r")
            .arg(apps.join("app01"))
            .arg(apps.join(format!("app{number:02}")))
            .status();
        assert!(copied.unwrap().success());
    }
    site
}

fn remove(site: &Site, name: &str) {
    let place = site.registry.storage().join("repositories").join(name);
    std::fs::remove_dir_all(place).unwrap();
}

#[test]
fn a_comparison_that_would_remove_much_waits_for_a_word() {
    let site = RUNTIME.block_on(crowded(true));
    walk(&site, async |page| {
        page.become_user("root").await;
        page.open("/admin/jobs").await;
        page.within("Compares the registries")
            .press("Run now")
            .await;
        page.see("The job begins within seconds.").await;
        page.reload_until("12 repositories").await;
        for number in 3..=9 {
            remove(&site, &format!("apps/app{number:02}"));
        }
        page.within("Compares the registries")
            .press("Run now")
            .await;
        page.see("The job begins within seconds.").await;
        page.reload_until("Held back").await;
        assert_eq!(site.count("repositories").await, 12);

        page.open("/").await;
        page.within("Health").see("waits for your word").await;
        page.open("/admin").await;
        page.see("Removals held back").await;
        // It started after the service, which asked again.
        page.reload_until("Accepted").await;
        page.shows("health-held").await;
        page.press("Look at the plan").await;
        page.see("apps/app03").await;
        page.see("apps/app09").await;
        page.not_see("apps/app10").await;
        page.shows("comparison-held").await;

        // Another comparison comes to the same, and its plan is the one that counts.
        let void = page.path().await;
        page.open("/admin/jobs").await;
        page.within("Compares the registries")
            .press("Run now")
            .await;
        page.see("The job begins within seconds.").await;
        page.open(&void).await;
        page.reload_until("Removals that were held back").await;
        page.not_see("Remove them").await;
        page.press("Look at the plan that waits now").await;
        page.see("apps/app09").await;
        page.press("Remove them").await;
        page.see("The removals begin within seconds").await;
        page.open("/repositories").await;
        page.reload_until("from 1 to 5 of 5").await;
        page.open("/admin").await;
        page.not_see("Removals held back").await;
        let repaired = page.within("Repairs and errors of the last comparisons");
        // Twelve were found, and seven went.
        assert!(repaired.text().await.contains("\t12"));
        assert!(repaired.text().await.contains("\t7"));
        page.press("Done").await;
        page.see("7 removed").await;
        page.shows("comparison").await;
        assert_eq!(page.complaints().await, Vec::<String>::new());
    });
}

/// A notification that was given up, of something that is in the registry by now.
async fn given_up(site: &Site, repository: &str) {
    let link = format!("repositories/{repository}/_manifests/tags/1/current/link");
    let digest = std::fs::read_to_string(site.registry.storage().join(link)).unwrap();
    let event = json!({
        "id": "0b9f1a30-5b7c-4a0e-9a55-2d9c6a1f7e10",
        "timestamp": "2026-11-22T12:00:00Z",
        "action": "push",
        "target": {
            "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
            "digest": digest.trim(),
            "repository": repository,
            "tag": "1",
        },
        "request": { "host": site.registry.address },
        "actor": { "name": "owner" },
        "source": {},
    });
    let statement = format!(
        "INSERT INTO registry_events (registry_id, event_id, action, repository, data, state, attempts, last_error, \
         next_attempt_at, created_at, updated_at) SELECT id, '0b9f1a30-5b7c-4a0e-9a55-2d9c6a1f7e10', 'push', \
         '{repository}', '{event}', 2, 5, 'the registry does not answer: connection refused', \
         created_at, created_at, created_at FROM registries"
    );
    let connection = site.look().await;
    connection.execute_unprepared(&statement).await.unwrap();
    connection.close().await.unwrap();
}

#[test]
fn what_was_given_up_is_tried_again_once_the_registry_is_back() {
    let mut site = RUNTIME.block_on(crowded(false));
    RUNTIME.block_on(given_up(&site, "apps/app07"));
    site.registry.stop();
    walk(&site, async |page| {
        page.become_user("root").await;
        page.open("/admin").await;
        page.press("Check now").await;
        page.see("connection refused").await;
        page.shows("health-registry-away").await;
        page.open("/").await;
        page.shows("dashboard-troubles").await;
        page.open("/admin/events").await;
        page.see("apps/app07").await;
        page.see("(5 attempts)").await;
        page.shows("events-given-up").await;
    });
    site.registry.start();
    walk(&site, async |page| {
        page.become_user("root").await;
        page.open("/admin").await;
        page.press("Check now").await;
        page.see("Accepted").await;
        page.open("/admin/events").await;
        page.press("Try again").await;
        page.see("The notification is tried again.").await;
        page.see("Everything was applied").await;
        page.open("/repositories").await;
        page.reload_until("app07").await;
    });
}
