//! The whole program with a real registry, and clients that know nothing of directories.

use crate::support::{
    databases::TestDatabase,
    dockerd::Dockerd,
    images::Package,
    site::{self, Site},
    skopeo::Skopeo,
    slapd::{READER_PASSWORD, Slapd, password},
};

fn with(slapd: &Slapd) -> site::Builder {
    slapd
        .settings()
        .iter()
        .fold(Site::builder(), |site, (name, value)| site.env(name, value))
        .env("PORTUS_LOG_LEVEL", "debug")
}

#[tokio::test(flavor = "multi_thread")]
async fn skopeo_logs_in_as_somebody_of_the_directory_and_pushes() {
    let slapd = Slapd::builder().person("ann").start();
    let site = with(&slapd).start(TestDatabase::sqlite()).await;
    let registry = &site.registry.address;
    let ann = Skopeo::anonymous();
    let _ = ann.login(registry, "ann", "wrong horse").failed();
    let _ = ann.login(registry, "ann", &password("ann")).succeeded();
    let package = Package::image("ann's", "amd64");
    let _ = ann.push(&package, &site.image("ann/app:1")).succeeded();
    let _ = Skopeo::with_password("ann", &password("ann"))
        .inspect(&site.image("ann/app:1"), &["--raw"])
        .succeeded();
    let _ = ann.push(&package, &site.image("root/app:1")).failed();
    let _ = Skopeo::anonymous()
        .login(registry, "nobody", "wrong horse")
        .failed();
    let log = site.portus.log();
    for text in [
        "[ldap] ann: Invalid Credentials (code 49)",
        "[ldap] Could not find the user who logs in from 127.0.0.1",
    ] {
        assert!(log.contains(text), "{text}: {log}");
    }
    for secret in [&password("ann"), READER_PASSWORD, "wrong horse"] {
        assert!(!log.contains(secret), "{log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn docker_itself_logs_in_as_somebody_of_the_directory_pushes_and_pulls() {
    let docker = match Dockerd::try_start() {
        Ok(docker) => docker,
        Err(reason) => {
            eprintln!("no docker daemon here: {reason}");
            return;
        }
    };
    let slapd = Slapd::builder().person("ann").start();
    let site = with(&slapd).start(TestDatabase::sqlite()).await;
    let registry = &site.registry.address;
    let wrong = docker.login(registry, "ann", "wrong horse").failed();
    assert!(wrong.stderr.contains("unauthorized"), "{}", wrong.stderr);
    // The login alone makes the account.
    let _ = docker.login(registry, "ann", &password("ann")).succeeded();
    let reference = site.image("ann/app:1");
    docker.load(&Package::docker_image("docker", "amd64"), &reference);
    let _ = docker.push(&reference).succeeded();
    let row = site.soon("ann/app", "1", |_| true).await;
    assert_eq!(row["author"]["name"], "ann", "{row}");
    let _ = docker.forget(&reference).succeeded();
    let _ = docker.pull(&reference).succeeded();
    let other = site.image("root/app:1");
    let _ = docker.docker(&["tag", &reference, &other]).succeeded();
    let denied = docker.push(&other).failed();
    assert!(denied.stderr.contains("denied"), "{}", denied.stderr);
    let told = site.get("/api/v1/audit?action=session:docker_login").await;
    assert_eq!(told[0]["actor"]["name"], "ann", "{told}");
    assert_eq!(told[0]["parameters"]["method"], "ldap", "{told}");
}
