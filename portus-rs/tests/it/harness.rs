//! Tests of the test harness: each server starts and does its part, before anything
//! that stands on it is believed.

use std::io::{Read, Write};
use std::path::Path;
use std::time::Duration;

use reqwest::StatusCode;
use sea_orm::{ConnectionTrait, DbBackend, Statement};

use crate::support::databases::{Adapter, on_every_database};
use crate::support::dockerd::Dockerd;
use crate::support::images::{OCI_INDEX, Package};
use crate::support::portus::Portus;
use crate::support::process::{self, Server, Signal};
use crate::support::push::RawClient;
use crate::support::registry::{Registry, TokenAuth};
use crate::support::skopeo::Skopeo;
use crate::support::{http, room, wait};

#[test]
fn a_registry_starts_stops_and_keeps_its_storage() {
    let mut registry = Registry::builder().start();
    let image = Package::image("kept", "amd64");
    let target = format!("{}/a/kept:1", registry.address);
    let _ = Skopeo::anonymous().push(&image, &target).succeeded();

    registry.stop();
    assert_eq!(http::status(&registry.address, "/v2/"), None);
    registry.start();
    assert_eq!(Skopeo::anonymous().digest(&target), image.digest());
    assert!(
        registry.log().contains("listening on"),
        "{}",
        registry.log()
    );
}

#[test]
fn a_paused_registry_takes_connections_and_says_nothing() {
    let registry = Registry::builder().start();
    registry.pause();
    let mut connection =
        std::net::TcpStream::connect(&registry.address).expect("the kernel takes it");
    connection
        .set_read_timeout(Some(Duration::from_millis(300)))
        .expect("a timeout of some length");
    connection
        .write_all(b"GET /v2/ HTTP/1.0\r\n\r\n")
        .expect("the kernel takes it");
    let mut first = [0_u8; 1];
    assert!(connection.read_exact(&mut first).is_err());
    registry.resume();
    assert_eq!(http::status(&registry.address, "/v2/"), Some(200));
}

#[test]
fn a_registry_with_a_token_section_challenges() {
    let certificates = tempfile::NamedTempFile::new().expect("make a file");
    std::fs::write(certificates.path(), self_signed()).expect("write the certificate");
    let registry = Registry::builder()
        .token_auth(&TokenAuth {
            realm: "http://127.0.0.1:1/v2/token",
            service: "registry.test",
            issuer: "portus.test",
            certificates: certificates.path(),
        })
        .notify("http://127.0.0.1:1/v2/webhooks/events", Some("Bearer x"))
        .start();
    assert_eq!(http::status(&registry.address, "/v2/"), Some(401));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_kind_of_package_is_taken_by_the_registry() {
    let registry = Registry::builder().start();
    let client = RawClient::new(&registry.url());
    let image = Package::image("app", "amd64");
    let packages = [
        ("image", image.clone()),
        ("docker", Package::docker_image("app", "arm64")),
        ("index", Package::index("app", &["amd64", "arm64", "s390x"])),
        ("list", Package::docker_list("app", &["amd64", "arm64"])),
        (
            "sbom",
            Package::artifact(&image, "application/spdx+json", "{}"),
        ),
        ("sig", Package::cosign_signature(&image)),
        ("chart", Package::helm_chart("app", "1.2.3")),
    ];
    for (tag, package) in &packages {
        client.push("team/app", tag, package).await;
        let stored = client.manifest("team/app", tag).await;
        assert_eq!(stored.status(), StatusCode::OK, "{tag}");
        assert_eq!(
            stored.headers()["docker-content-digest"],
            package.digest(),
            "{tag}"
        );
    }
    let gone = client.delete_manifest("team/app", image.digest()).await;
    assert_eq!(gone, StatusCode::ACCEPTED);
}

#[test]
fn skopeo_copies_all_platforms_and_inspects_them() {
    let registry = Registry::builder().start();
    let skopeo = Skopeo::anonymous();
    let index = Package::index("multi", &["amd64", "arm64"]);
    let target = format!("{}/team/multi:latest", registry.address);
    let _ = skopeo.push(&index, &target).succeeded();
    assert_eq!(skopeo.digest(&target), index.digest());
    assert!(
        skopeo
            .inspect(&target, &["--raw"])
            .stdout
            .contains(OCI_INDEX)
    );

    let pulled = tempfile::tempdir().expect("make a directory");
    let _ = skopeo.pull(&target, pulled.path()).succeeded();
    assert!(
        skopeo
            .tags(&format!("{}/team/multi", registry.address))
            .stdout
            .contains("latest")
    );
    let _ = skopeo.delete(&target).succeeded();
    let _ = skopeo.inspect(&target, &[]).failed();
}

/// Where no daemon can run, the reason stands in the test's output.
#[test]
fn docker_pushes_and_pulls_a_loaded_image() {
    let daemon = match Dockerd::try_start() {
        Ok(daemon) => daemon,
        Err(reason) => {
            eprintln!("no docker daemon here: {reason}");
            return;
        }
    };
    let registry = Registry::builder().start();
    let reference = format!("{}/team/app:1", registry.address);
    daemon.load(&Package::docker_image("docker", "amd64"), &reference);
    let _ = daemon.push(&reference).succeeded();
    let _ = daemon.forget(&reference).succeeded();
    let _ = daemon.pull(&reference).succeeded();
    let pushed = Skopeo::anonymous().inspect_json(&reference);
    assert_eq!(pushed["Architecture"], "amd64");
}

on_every_database! {
    async fn a_database_answers_and_belongs_to_its_test(database: TestDatabase) {
        let connection = database.connect().await;
        connection
            .execute_unprepared("CREATE TABLE mine (id integer)")
            .await
            .expect("the database is empty and ours");
        let backend = match database.adapter {
            Adapter::Sqlite => DbBackend::Sqlite,
            Adapter::MySql => DbBackend::MySql,
            Adapter::Postgres => DbBackend::Postgres,
        };
        let row = connection
            .query_one_raw(Statement::from_string(backend, "SELECT count(*) AS n FROM mine"))
            .await
            .expect("the database answers")
            .expect("a count is one row");
        assert_eq!(row.try_get::<i64>("", "n").expect("a number"), 0);
    }
}

#[test]
fn a_server_is_gone_when_its_owner_is_dropped() {
    let directory = tempfile::tempdir().expect("make a directory");
    let mut command = process::guarded(Path::new("/bin/sleep"), Signal::Kill);
    command.arg("1000");
    let server = Server::start(
        "sleep",
        command,
        &directory.path().join("log"),
        Signal::Kill,
    );
    let here = Path::new("/proc").join(server.pid().to_string());
    assert!(here.exists());
    drop(server);
    assert!(!here.exists());
}

/// A shared server must outlive the test that happened to start it.
#[test]
fn a_server_outlives_the_thread_that_asked_for_it() {
    let directory = tempfile::tempdir().expect("make a directory");
    let log = directory.path().join("log");
    let mut server = std::thread::spawn(move || {
        let mut command = process::guarded(Path::new("/bin/sh"), Signal::Kill);
        command.args([
            "-c",
            "trap 'echo told; exit 0' TERM; echo up; while :; do sleep 0.02; done",
        ]);
        Server::start("sh", command, &log, Signal::Terminate)
    })
    .join()
    .expect("starting does not panic");
    let limit = Duration::from_secs(10);
    wait::wait_for("the shell is up", limit, || server.log().contains("up"));
    assert!(server.ended().is_none());
    server.signal(Signal::Terminate);
    assert!(server.until_ended(limit).success());
    assert!(server.log().contains("told"));
}

/// What happens to servers when the test process itself is killed.
#[test]
fn a_guarded_child_dies_with_its_parent() {
    let directory = tempfile::tempdir().expect("make a directory");
    let file = directory.path().join("pid");
    let guarded = process::guarded(Path::new("/bin/sleep"), Signal::Kill);
    let words: Vec<String> = std::iter::once(guarded.get_program())
        .chain(guarded.get_args())
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let script = format!("{} 1000 & echo $! > \"$0\"; wait", words.join(" "));
    let mut parent = std::process::Command::new("/bin/sh")
        .args(["-c", &script])
        .arg(&file)
        .spawn()
        .expect("start a shell");
    let limit = Duration::from_secs(10);
    let pid = wait::wait_for_value("the child is named", limit, || {
        let pid = std::fs::read_to_string(&file).ok()?;
        let pid = pid.trim();
        // Only once it has become `sleep` has it asked for the signal.
        let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
        (name.trim() == "sleep").then(|| pid.to_owned())
    });
    parent.kill().expect("kill our own child");
    parent.wait().expect("wait for our own child");
    wait::wait_for("the grandchild is gone", limit, || {
        let state = std::fs::read_to_string(format!("/proc/{pid}/stat"));
        state.is_err() || state.is_ok_and(|state| state.contains(") Z "))
    });
}

#[test]
fn the_program_under_test_runs_tasks_without_a_service() {
    let portus = Portus::builder().idle();
    let _ = portus.cli(&["version"]).exits(0);
    let _ = portus.cli_with_input(&["version"], "unread\n").exits(0);
}

#[test]
fn ports_are_given_once() {
    let ports: std::collections::HashSet<u16> = (0..50).map(|_| room::free_port()).collect();
    assert_eq!(ports.len(), 50);
}

fn self_signed() -> Vec<u8> {
    use openssl::asn1::Asn1Time;
    use openssl::ec::{EcGroup, EcKey};
    use openssl::hash::MessageDigest;
    use openssl::nid::Nid;
    use openssl::pkey::PKey;
    use openssl::x509::{X509, X509Name};

    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).expect("OpenSSL has P-256");
    let key = PKey::from_ec_key(EcKey::generate(&group).expect("make a key")).expect("wrap it");
    let mut name = X509Name::builder().expect("begin a name");
    name.append_entry_by_text("CN", "portus.test")
        .expect("a plain name");
    let name = name.build();
    let mut certificate = X509::builder().expect("begin a certificate");
    certificate.set_version(2).expect("version 3");
    certificate.set_subject_name(&name).expect("set it");
    certificate.set_issuer_name(&name).expect("set it");
    certificate.set_pubkey(&key).expect("set it");
    let (from, until) = (Asn1Time::days_from_now(0), Asn1Time::days_from_now(1));
    certificate
        .set_not_before(&from.expect("now"))
        .expect("set it");
    certificate
        .set_not_after(&until.expect("tomorrow"))
        .expect("set it");
    certificate
        .sign(&key, MessageDigest::sha256())
        .expect("sign it");
    certificate.build().to_pem().expect("print it")
}
