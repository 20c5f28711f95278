//! How often a registry is compared, and what a comparison may take away: the strategies of `background.sync.strategy`.

use std::time::Duration;

use reqwest::StatusCode;

use crate::support::{
    databases::TestDatabase,
    images::Package,
    portus::Portus,
    push::RawClient,
    registry::Registry,
    site::{Site, count},
    wait::wait_for,
};

const LIMIT: Duration = Duration::from_mins(1);
const OVER: &str = "Disabling 'Registry synchronization'. Reason: task was ordered to execute once, and this has \
                    already been performed.";

/// A registry that nobody guards, with `devs/one:1` and `devs/two:1`.
async fn furnished() -> Registry {
    let registry = Registry::builder().start();
    push(&registry, "devs/one", "1").await;
    push(&registry, "devs/two", "1").await;
    registry
}

async fn push(registry: &Registry, name: &str, tag: &str) {
    let raw = RawClient::new(&registry.url());
    raw.push(name, tag, &Package::image(tag, "amd64")).await;
}

/// As if the repository had never been.
fn remove(registry: &Registry, name: &str) {
    std::fs::remove_dir_all(registry.storage().join("repositories").join(name)).unwrap();
}

/// A process for background work that knows the registry, not started yet.
fn beside(registry: &Registry, strategy: &str) -> Portus {
    let portus = Portus::builder()
        .env("PORTUS_BACKGROUND_SYNC_STRATEGY", strategy)
        .env("CATALOG_CRON", "5.seconds")
        .arguments(&["background"])
        .idle();
    let task = format!("portus:create_registry[main,{},false]", registry.address);
    let _ = portus.cli(&[task, "--force".to_owned()]).exits(0);
    portus
}

/// `repository:tag` of everything that is known, sorted.
async fn known(portus: &Portus) -> Vec<String> {
    use sea_orm::{ConnectionTrait as _, Statement};
    let file = portus.data_directory().join("portus.sqlite3");
    let url = format!("sqlite://{}", file.display());
    let look = sea_orm::Database::connect(url).await.unwrap();
    let sql = "SELECT r.name || ':' || t.name AS name FROM tags t JOIN repositories r ON r.id = t.repository_id \
               ORDER BY 1";
    let statement = Statement::from_string(look.get_database_backend(), sql);
    let rows = look.query_all_raw(statement).await.unwrap();
    look.close().await.unwrap();
    rows.iter()
        .map(|row| row.try_get("", "name").unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn initial_fills_an_empty_database_once_and_never_looks_again() {
    let mut registry = furnished().await;
    let mut portus = beside(&registry, "initial");
    // It has only happened when everything was read: a registry that is down does not count.
    registry.stop();
    portus.start_only();
    wait_for("the first attempt fails", LIMIT, || {
        portus.log().contains("Exception: ")
    });
    assert!(!portus.log().contains(OVER), "{}", portus.log());
    registry.start();
    wait_for("it has looked", LIMIT, || portus.log().contains(OVER));
    assert_eq!(known(&portus).await, ["one:1", "two:1"]);
    assert!(portus.stop().success(), "{}", portus.log());

    push(&registry, "devs/three", "1").await;
    portus.start_only();
    let disabled = "`Registry synchronization` was disabled because strategy is set to 'initial' and the database is \
                    not empty";
    wait_for("it says that it will not look", LIMIT, || {
        portus
            .log()
            .contains("[Initialization] Running: 'Registry events'\n")
    });
    assert!(portus.log().contains(disabled), "{}", portus.log());
    assert!(portus.stop().success(), "{}", portus.log());
    let _ = portus.cli(&["background", "--one-shot"]).exits(0);
    assert_eq!(known(&portus).await, ["one:1", "two:1"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_start_looks_once_for_each_start_and_takes_away_what_is_gone() {
    let registry = furnished().await;
    let mut portus = beside(&registry, "on-start");
    portus.start_only();
    wait_for("it has looked", LIMIT, || portus.log().contains(OVER));
    assert_eq!(known(&portus).await, ["one:1", "two:1"]);
    remove(&registry, "devs/one");
    push(&registry, "devs/three", "1").await;
    assert!(portus.stop().success(), "{}", portus.log());
    portus.start_only();
    wait_for("it has looked again", LIMIT, || {
        portus.log().matches(OVER).count() == 2
    });
    assert_eq!(known(&portus).await, ["three:1", "two:1"]);
    assert!(portus.stop().success(), "{}", portus.log());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn update_takes_nothing_away_and_update_delete_does() {
    let registry = furnished().await;
    push(&registry, "devs/two", "2").await;
    let mut portus = beside(&registry, "update");
    let pass = |portus: &Portus| drop(portus.cli(&["background", "--one-shot"]).exits(0));
    pass(&portus);
    assert_eq!(known(&portus).await, ["one:1", "two:1", "two:2"]);
    remove(&registry, "devs/one");
    remove(&registry, "devs/two/_manifests/tags/1");
    push(&registry, "devs/three", "1").await;
    pass(&portus);
    let all = ["one:1", "three:1", "two:1", "two:2"];
    assert_eq!(known(&portus).await, all);
    portus.set("PORTUS_BACKGROUND_SYNC_STRATEGY", "update-delete");
    pass(&portus);
    assert_eq!(known(&portus).await, ["three:1", "two:2"]);
    // Neither has a clock that could have helped.
    let _ = portus.cli(&["sync", "--strategy", "update"]).exits(0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_shot_applies_what_lies_in_the_inbox_and_ends() {
    let mut site = Site::builder()
        .env("PORTUS_BACKGROUND_SYNC_ENABLED", "false")
        .start(TestDatabase::sqlite())
        .await;
    site.user("alice").await;
    // From now on the service only stores what it is told.
    site.portus.stop();
    site.portus.with_arguments(&["serve", "--no-jobs"]);
    site.portus.start();
    let token = site
        .registry_token("alice", "repository:alice/app:pull,push")
        .await;
    let raw = RawClient::new(&site.registry.url()).with_token(&token);
    raw.push("alice/app", "1", &Package::image("1", "amd64"))
        .await;
    let look = site.look().await;
    let waiting = "registry_events WHERE state = 0";
    crate::support::wait::eventually("the event is stored", LIMIT, || async {
        count(&look, waiting).await == 1
    })
    .await;
    assert_eq!(count(&look, "tags").await, 0);
    let _ = site.portus.cli(&["background", "--one-shot"]).exits(0);
    assert_eq!(count(&look, waiting).await, 0);
    assert_eq!(count(&look, "tags WHERE username = 'alice'").await, 1);
    // Its details too, which only the registry can tell.
    assert_eq!(
        count(&look, "manifests WHERE platforms = 'linux/amd64'").await,
        1
    );
    look.close().await.unwrap();
    // What fails is said by the code.
    site.registry.stop();
    site.portus.set("PORTUS_BACKGROUND_SYNC_ENABLED", "true");
    let failed = site.portus.cli(&["background", "--one-shot"]).exits(1);
    assert!(
        failed.stderr.contains("connection refused")
            || failed.stdout.contains("connection refused"),
        "{failed:?}"
    );
    let answer = site
        .http
        .get(format!("{}/api/v1/_ping", site.portus.url()))
        .send()
        .await;
    assert_eq!(answer.unwrap().status(), StatusCode::OK);
}
