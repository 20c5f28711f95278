//! `events dead` and `events replay`: what could not be applied is listed with its reason, and gets another try.

use std::time::Duration;

use sea_orm::{ConnectionTrait as _, DatabaseConnection};
use serde_json::{Value, json};

use crate::support::{
    databases::TestDatabase,
    site::{Site, count},
    wait::eventually,
};

const LIMIT: Duration = Duration::from_mins(1);
const DEAD: &str = "registry_events WHERE state = 2";
const DIGEST: &str = "sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae";

async fn sql(look: &DatabaseConnection, text: &str) {
    look.execute_unprepared(text).await.unwrap();
}

/// What the registry would say about a push that nobody made.
async fn tell(site: &Site, tag: &str) {
    let body = json!({"events": [{
        "id": format!("event-{tag}"), "timestamp": "2026-01-02T03:04:05Z", "action": "push",
        "target": {"mediaType": "application/vnd.oci.image.manifest.v1+json", "size": 7, "digest": DIGEST,
            "repository": "alice/app", "tag": tag},
        "request": {"host": site.registry.address}, "actor": {"name": "alice"},
    }]});
    let config = std::fs::read_to_string(site.registry.configuration()).unwrap();
    let config: Value = serde_yaml::from_str(&config).unwrap();
    let secret = &config["notifications"]["endpoints"][0]["headers"]["Authorization"][0];
    let request = site
        .http
        .post(format!("{}/v2/webhooks/events", site.portus.url()))
        .header("Authorization", secret.as_str().unwrap());
    let answer = request.body(body.to_string()).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 202);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_given_up_is_listed_and_put_back() {
    let site = Site::start().await;
    site.user("alice").await;
    let look = site.look().await;
    let none = site.portus.cli(&["events", "dead"]).exits(0);
    assert_eq!(none.stdout, "No event was given up.\n");

    sql(
        &look,
        "CREATE TRIGGER poison BEFORE INSERT ON tags WHEN NEW.name LIKE 'poison%' \
         BEGIN SELECT RAISE(ABORT, 'bad luck'); END",
    )
    .await;
    for tag in ["poison1", "poison2"] {
        tell(&site, tag).await;
        // The pauses between attempts grow to a minute; all but the last are left out.
        let dead = format!("{DEAD} AND event_id = 'event-{tag}'");
        eventually("the last one has failed", LIMIT, || async {
            let attempts =
                "UPDATE registry_events SET attempts = 4 WHERE state = 0 AND attempts BETWEEN 1 AND 3";
            sql(&look, attempts).await;
            count(&look, &dead).await == 1
        })
        .await;
    }

    let listed = site.portus.cli(&["events", "dead"]).exits(0).stdout;
    assert_eq!(listed.lines().count(), 2, "{listed}");
    for line in listed.lines() {
        assert!(
            line.contains(" push alice/app: ") && line.contains("bad luck"),
            "{line}"
        );
    }
    let lines = site
        .portus
        .cli(&["events", "dead", "--json"])
        .exits(0)
        .stdout;
    let rows: Vec<Value> = lines
        .lines()
        .map(|it| serde_json::from_str(it).unwrap())
        .collect();
    assert_eq!(rows[0]["event_id"], "event-poison1");
    assert_eq!(
        (&rows[1]["attempts"], &rows[1]["repository"]),
        (&json!(5), &json!("alice/app"))
    );
    let id = rows[0]["id"].to_string();
    assert!(listed.starts_with(&format!("{id}  ")), "{listed}");

    let unknown = site.portus.cli(&["events", "replay", "4711"]).exits(1);
    assert!(
        unknown.stderr.contains("there is no event 4711"),
        "{unknown:?}"
    );
    let _ = site.portus.cli(&["events", "replay"]).exits(1);
    assert_eq!(count(&look, DEAD).await, 2);

    sql(&look, "DROP TRIGGER poison").await;
    let back = site.portus.cli(&["events", "replay", &id]).exits(0).stdout;
    assert_eq!(back, format!("Put back: {id}.\n"));
    eventually("the running service applies it", LIMIT, || async {
        count(&look, "tags WHERE name = 'poison1' AND username = 'alice'").await == 1
    })
    .await;
    let done = site.portus.cli(&["events", "replay", &id]).exits(1);
    assert!(done.stderr.contains("has not been given up"), "{done:?}");
    let all = site
        .portus
        .cli(&["events", "replay", "--all"])
        .exits(0)
        .stdout;
    assert_eq!(all, "Put back: 1.\n");
    eventually("the other one too", LIMIT, || async {
        count(&look, "tags WHERE name = 'poison2'").await == 1
    })
    .await;
    let none = site.portus.cli(&["events", "dead"]).exits(0);
    assert_eq!(none.stdout, "No event was given up.\n");
    look.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tags_without_a_digest_get_theirs_from_the_registry() {
    use crate::support::{images::Package, push::RawClient};
    let mut site = Site::builder().start(TestDatabase::sqlite()).await;
    site.user("alice").await;
    let scope = "repository:alice/app:pull,push";
    let token = site.registry_token("alice", scope).await;
    let raw = RawClient::new(&site.registry.url()).with_token(&token);
    let (image, index) = (
        Package::image("1", "amd64"),
        Package::index("2", &["amd64", "arm64"]),
    );
    raw.push("alice/app", "1", &image).await;
    raw.push("alice/app", "2", &index).await;
    site.soon("alice/app", "2", |_| true).await;
    site.portus.stop();
    let look = site.look().await;
    // As rows are that came from the first releases of Portus.
    sql(&look, "UPDATE tags SET digest = NULL WHERE name = '1'").await;
    sql(&look, "UPDATE tags SET digest = '' WHERE name = '2'").await;
    sql(&look, "DELETE FROM manifests").await;

    site.portus.set("PORTUS_FORCE_DIGEST_UPDATE", "1");
    let said = site.portus.cli(&["portus:update_tags"]).exits(0).stdout;
    assert!(said.contains("Updating a total of 2 tags..."), "{said}");
    assert!(said.contains("[2/2] Updating alice/app/2"), "{said}");
    for (tag, package) in [("1", &image), ("2", &index)] {
        let right = format!(
            "tags WHERE name = '{tag}' AND digest = '{}'",
            package.digest()
        );
        assert_eq!(count(&look, &right).await, 1, "{tag}");
        // The author was known, and stays.
        let author = format!("tags WHERE name = '{tag}' AND username = 'alice'");
        assert_eq!(count(&look, &author).await, 1, "{tag}");
    }
    assert_eq!(
        count(
            &look,
            "manifests WHERE platforms = 'linux/amd64,linux/arm64'"
        )
        .await,
        1
    );
    // Nobody pushed anything.
    let pushes = "activities WHERE tag_name IS NOT NULL";
    assert_eq!(count(&look, pushes).await, 2);
    let nothing = site.portus.cli(&["portus:update_tags"]).exits(0).stdout;
    assert!(
        nothing.ends_with("There are no tags to be updated.\n"),
        "{nothing}"
    );

    // What the registry does not have any more is said, and the rest goes on.
    sql(&look, "UPDATE tags SET digest = NULL").await;
    let storage = site
        .registry
        .storage()
        .join("repositories/alice/app/_manifests/tags/1");
    std::fs::remove_dir_all(storage).unwrap();
    let said = site.portus.cli(&["portus:update_tags"]).exits(0).stdout;
    assert!(
        said.contains("Could not get the manifest for alice/app: "),
        "{said}"
    );
    assert_eq!(count(&look, "tags WHERE digest IS NOT NULL").await, 1);
    look.close().await.unwrap();
}
