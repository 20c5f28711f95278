//! The whole program with a real registry, and clients that know nothing of directories.

use crate::support::{
    databases::TestDatabase,
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
    let log = site.portus.log();
    for secret in [&password("ann"), READER_PASSWORD, "wrong horse"] {
        assert!(!log.contains(secret), "{log}");
    }
}
