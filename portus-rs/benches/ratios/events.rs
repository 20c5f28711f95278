//! Notifications: how many are taken in and applied, and how long a registry that sends one after the other waits.

use std::path::Path;
use std::time::{Duration, Instant};

use sea_orm::{ConnectionTrait, DatabaseConnection, FromQueryResult, Statement};

use crate::fake_registry::{self, FakeRegistry, TAGS};
use crate::load::{self, Load, Plan, Until};
use crate::stage::{Key, Size, Stage};
use crate::support::{mariadb::MariaDb, postgres::Postgres};
use crate::table::{Bar, Table};

const SENDERS: usize = 16;
/// Events of a run; pushes of as many different images.
const EVENTS: u64 = 2_000;
const ALONE: u64 = 300;

pub fn measure(table: &mut Table) {
    let directory = tempfile::tempdir().unwrap();
    // PostgreSQL runs as another user.
    crate::support::process::find_program("chmod").map(|chmod| {
        std::process::Command::new(chmod)
            .arg("755")
            .arg(directory.path())
            .status()
    });
    let postgres_home = subdirectory(directory.path(), "postgres");
    let mariadb_home = subdirectory(directory.path(), "mariadb");
    // As Debian sets them up: what they have acknowledged is on disk.
    let postgres = Postgres::start_with(&postgres_home, &[]);
    let mariadb = MariaDb::start_with(&mariadb_home, &[]);
    for repositories in [1_000, 10_000] {
        let size = Size {
            repositories,
            tags: 10,
        };
        let name = format!("bench_{repositories}");
        on(table, "SQLite", None, size);
        let url = made(&postgres.url("postgres"), &name, postgres.url(&name));
        on(table, "PostgreSQL", Some(url), size);
        let url = made(&mariadb.url(""), &name, mariadb.url(&name));
        on(table, "MariaDB", Some(url), size);
    }
}

fn subdirectory(directory: &Path, name: &str) -> std::path::PathBuf {
    let path = directory.join(name);
    std::fs::create_dir(&path).unwrap();
    path
}

/// Creates a database and returns its own address.
fn made(server: &str, name: &str, url: String) -> String {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let connection = sea_orm::Database::connect(server).await.unwrap();
        let statement = format!("CREATE DATABASE {name}");
        connection.execute_unprepared(&statement).await.unwrap();
        connection.close().await.unwrap();
    });
    url
}

fn on(table: &mut Table, database: &str, url: Option<String>, size: Size) {
    let label = format!("{} repositories", size.repositories);
    let images = usize::try_from(EVENTS + ALONE).unwrap() / TAGS + 1;
    // The details of what is pushed are fetched from it, as they are in life.
    let registry = FakeRegistry::start(images, "http://portus.test/v2/token");
    let host = registry.address.to_string();
    let mut stage = Stage::set(url, Key::Rsa2048, size, &host);
    // A comparison at start would write beside the events.
    stage.env("PORTUS_BACKGROUND_SYNC_ENABLED", "false");
    let mut portus = stage.start();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let connection = runtime.block_on(stage.connect());
    let applied = || runtime.block_on(settle(&connection));
    let send = |connections, from: u64, count| {
        let plan = Plan {
            address: &portus.address,
            connections,
            until: Until::Asked(count),
            // Registries keep no connection for events.
            afresh: true,
            status: 202,
        };
        load::run(plan, |number| {
            event(&registry, &host, &stage.events_secret, from + number)
        })
    };

    let alone: Load = send(1, 0, ALONE);
    applied();
    table.add(
        format!("202 to a single sender, {database}, median"),
        &label,
        (alone.within(0.5), "ms"),
        Bar::AtMost(2.7),
        "a new connection for each",
    );
    table.add(
        format!("202 to a single sender, {database}, p99"),
        &label,
        (alone.within(0.99), "ms"),
        Bar::AtMost(20.0),
        "",
    );
    let begun = Instant::now();
    let many: Load = send(SENDERS, ALONE, EVENTS);
    applied();
    let seconds = begun.elapsed().as_secs_f64();
    table.add(
        format!("events/s accepted and applied, {database}, 16 senders"),
        &label,
        (EVENTS as f64 / seconds, "/s"),
        Bar::AtLeast(300.0),
        format!(
            "accepted {:.0}/s, p99 {:.1} ms",
            many.per_second(),
            many.within(0.99)
        ),
    );
    let tags = runtime.block_on(count(&connection, "SELECT COUNT(*) AS number FROM tags"));
    let expected = (size.repositories * size.tags) as u64 + EVENTS + ALONE;
    assert_eq!(tags, expected, "every push is a tag\n{}", portus.log());
    runtime.block_on(async { connection.close().await.unwrap() });
    portus.stop();
}

/// Waits until the inbox is empty.
async fn settle(connection: &DatabaseConnection) {
    let end = Instant::now() + Duration::from_mins(2);
    let waiting = "SELECT COUNT(*) AS number FROM registry_events WHERE state = 0";
    while count(connection, waiting).await > 0 {
        assert!(Instant::now() < end, "events are not applied");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let dead = "SELECT COUNT(*) AS number FROM registry_events WHERE state = 2";
    assert_eq!(count(connection, dead).await, 0, "events were given up");
}

#[derive(FromQueryResult)]
struct Number {
    number: i64,
}

async fn count(connection: &DatabaseConnection, sql: &str) -> u64 {
    let statement = Statement::from_string(connection.get_database_backend(), sql);
    let found = Number::find_by_statement(statement).one(connection).await;
    u64::try_from(found.unwrap().expect("a count").number).unwrap()
}

/// The push of one image, as a registry 2.8 tells it.
fn event(registry: &FakeRegistry, host: &str, secret: &str, number: u64) -> Vec<u8> {
    let image = usize::try_from(number).unwrap();
    // The seeded namespaces, in repositories that are new.
    let (team, tag) = (image / TAGS % 10, fake_registry::tag(image));
    let repository = format!("team{team:05}/pushed{:03}", image / TAGS);
    let digest = registry.digest(image);
    let now = portus_rs::clock::Clock::default()
        .now()
        .format("%Y-%m-%dT%H:%M:%S%.9fZ");
    let body = format!(
        r#"{{"events":[{{"id":"00000000-0000-4000-8000-{number:012}","timestamp":"{now}","action":"push","target":{{"mediaType":"application/vnd.docker.distribution.manifest.v2+json","size":1155,"digest":"{digest}","length":1155,"repository":"{repository}","url":"http://{host}/v2/{repository}/manifests/{digest}","tag":"{tag}"}},"request":{{"id":"00000000-0000-4000-9000-{number:012}","addr":"172.18.0.1:53214","host":"{host}","method":"PUT","useragent":"docker/24.0.7 go/go1.20.10 kernel/6.1.0 os/linux arch/amd64"}},"actor":{{"name":"alice"}},"source":{{"addr":"registry:5000","instanceID":"0d5a2b7e-2f4f-4f7e-9d3c-2c2f0e7f3a11"}}}}]}}"#
    );
    format!(
        "POST /v2/webhooks/events HTTP/1.1\r\nHost: portus.test\r\nUser-Agent: Go-http-client/1.1\r\nContent-Length: {}\r\nAuthorization: Bearer {secret}\r\nContent-Type: application/vnd.docker.distribution.events.v1+json\r\nAccept-Encoding: gzip\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}
