//! What keeps the service from starting is said in words: what it is and what to do about it.

use std::path::Path;
use std::time::{Duration, Instant};

use openssl::{pkey::PKey, rsa::Rsa};
use sea_orm::ConnectionTrait;

use crate::support::{
    databases::{Adapter, TestDatabase},
    portus::{Builder, Portus},
    wait::wait_for,
};

/// Starts it in vain and checks code and words.
#[track_caller]
fn refuses(portus: &mut Portus, phrases: &[&str]) {
    portus.start_only();
    let end = Instant::now() + Duration::from_secs(15);
    let status = loop {
        if let Some(status) = portus.running().ended() {
            break status;
        }
        assert!(
            Instant::now() < end,
            "it runs, without {phrases:?}: {}",
            portus.log()
        );
        std::thread::sleep(Duration::from_millis(15));
    };
    let said = portus.log();
    assert_eq!(status.code(), Some(1), "{said}");
    for phrase in phrases {
        assert!(said.contains(phrase), "'{phrase}' is not in: {said}");
    }
    for word in ["panicked", "RUST_BACKTRACE", "stack backtrace"] {
        assert!(!said.contains(word), "{said}");
    }
}

#[track_caller]
fn refuses_with(builder: Builder, phrases: &[&str]) {
    refuses(&mut builder.idle(), phrases);
}

fn pem(file: &Path, key: &PKey<openssl::pkey::Private>) {
    std::fs::write(file, key.private_key_to_pem_pkcs8().unwrap()).unwrap();
}

fn rsa(bits: u32) -> PKey<openssl::pkey::Private> {
    PKey::from_rsa(Rsa::generate(bits).unwrap()).unwrap()
}

#[test]
fn a_data_directory_that_cannot_be_written() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    std::fs::write(&file, "").unwrap();
    for place in [file.join("data"), Path::new("/proc/portus").to_owned()] {
        let named = place.display().to_string();
        let builder = Portus::builder().data_directory(&place);
        refuses_with(builder, &["PORTUS_DATA_DIR", &named]);
    }
}

#[test]
fn signing_keys_that_are_missing_or_of_no_use() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    let with = |path: &Path| Portus::builder().env("PORTUS_KEY_PATH", path.to_string_lossy());
    refuses_with(with(&at("none.pem")), &["PORTUS_KEY_PATH", "none.pem"]);
    std::fs::write(at("text.pem"), "no key at all").unwrap();
    refuses_with(with(&at("text.pem")), &["text.pem"]);
    pem(&at("short.pem"), &rsa(1024));
    refuses_with(with(&at("short.pem")), &["short.pem", "1024"]);
    let public = rsa(2048).public_key_to_pem().unwrap();
    std::fs::write(at("public.pem"), public).unwrap();
    refuses_with(with(&at("public.pem")), &["public.pem", "private key"]);
}

#[test]
fn a_certificate_of_another_key_is_told_and_a_generated_one_refused() {
    let mut portus = Portus::builder().start();
    portus.stop();
    let data = portus.data_directory();
    let generated = data.join("portus.key");
    let own = std::fs::read(&generated).unwrap();
    pem(&generated, &rsa(2048));
    refuses(&mut portus, &["portus.crt", "another key", "remove it"]);
    std::fs::write(&generated, own).unwrap();

    let other = data.join("other.pem");
    pem(&other, &rsa(2048));
    portus.set("PORTUS_KEY_PATH", other.to_string_lossy());
    portus.set(
        "PORTUS_CERT_PATH",
        data.join("portus.crt").to_string_lossy(),
    );
    portus.start();
    let log = portus.log();
    assert!(log.contains("PORTUS_CERT_PATH"), "{log}");
    assert!(log.contains("holds no certificate of the key"), "{log}");
}

#[test]
fn a_published_secret_counts_as_none_and_is_told() {
    let mut portus = Portus::builder()
        .env("PORTUS_SECRET_KEY_BASE", "secret-goes-here")
        .start();
    let log = portus.log();
    assert!(
        log.contains("PORTUS_SECRET_KEY_BASE holds a published sample"),
        "{log}"
    );
    assert!(!log.contains("secret-goes-here"), "{log}");
    let made = portus.data_directory().join("secret_key_base");
    assert!(std::fs::read_to_string(made).unwrap().len() >= 64);
    portus.stop();
}

#[test]
fn secrets_are_made_once_for_the_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let mut portus = Portus::builder().start();
    let data = portus.data_directory();
    let read = || {
        [
            "portus.key",
            "portus.crt",
            "secret_key_base",
            "portus.sqlite3",
        ]
        .map(|name| {
            let file = data.join(name);
            let mode = std::fs::metadata(&file).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, 0o600, "{name}");
            let content = std::fs::read(&file).unwrap();
            (
                name,
                if name.ends_with("sqlite3") {
                    Vec::new()
                } else {
                    content
                },
            )
        })
    };
    let mode = std::fs::metadata(&data).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o700);
    let before = read();
    portus.restart();
    assert_eq!(read(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn databases_that_cannot_be_used() {
    let newer = TestDatabase::sqlite();
    let mut portus = Portus::builder().database(&newer).start();
    portus.stop();
    let connection = newer.connect().await;
    connection
        .execute_unprepared(
            "INSERT INTO portus_rs_migrations (version, applied_at) VALUES ('m9999_tomorrow', 1)",
        )
        .await
        .unwrap();
    connection.close().await.unwrap();
    refuses(&mut portus, &["newer", "m9999_tomorrow"]);

    let wrong = TestDatabase::create(Adapter::Postgres).await;
    let down = Portus::builder()
        .database(&wrong)
        .env("PORTUS_DB_PORT", "1")
        .env("PORTUS_DB_PASSWORD", "canary-of-the-database");
    let mut down = down.idle();
    down.start_only();
    wait_for("it says what it waits for", Duration::from_secs(20), || {
        down.log().contains("[Database] Not ready yet. Waiting...")
    });
    assert!(!down.log().contains("canary"), "{}", down.log());
    let ran = down.cli(&["portus:make_admin[x]"]).exits(1);
    let said = ran.stdout + &ran.stderr;
    assert!(said.contains("PORTUS_DB_HOST"), "{said}");
    assert!(!said.contains("canary"), "{said}");
}

#[test]
fn a_database_file_that_is_none() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("portus.sqlite3");
    std::fs::write(
        &file,
        "this is no database, but text of some length".repeat(100),
    )
    .unwrap();
    let builder = Portus::builder()
        .env("PORTUS_DB_ADAPTER", "sqlite3")
        .env("PORTUS_DB_DATABASE", file.to_string_lossy());
    let named = file.display().to_string();
    refuses_with(builder, &[&named, "not a database", "PORTUS_DB_DATABASE"]);
}

/// What `serve` says when nobody in particular runs it.
fn served_as_nobody(portus: &Portus) -> String {
    let command = "timeout 20 setpriv --reuid 65534 --regid 65534 --clear-groups";
    let program = env!("CARGO_BIN_EXE_portus-rs");
    let line = format!("exec {command} '{program}' serve");
    let ran = portus.cli_as(Path::new("sh"), &["-c", &line], "").exits(1);
    ran.stdout + &ran.stderr
}

#[test]
fn a_place_that_only_others_may_write_to() {
    use std::os::unix::fs::{PermissionsExt as _, chown};
    let directory = tempfile::tempdir().unwrap();
    let allow = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    let data = directory.path().join("data");
    std::fs::create_dir(&data).unwrap();
    allow(directory.path(), 0o755);
    allow(&data, 0o755);
    let mut portus = Portus::builder().data_directory(&data).idle();
    let said = served_as_nobody(&portus);
    assert!(said.contains("PORTUS_DATA_DIR"), "{said}");

    // The directory is theirs, the database somebody else's.
    portus.start();
    portus.stop();
    for entry in std::fs::read_dir(&data).unwrap() {
        chown(entry.unwrap().path(), Some(65534), Some(65534)).unwrap();
    }
    chown(&data, Some(65534), Some(65534)).unwrap();
    let file = data.join("portus.sqlite3");
    chown(&file, Some(0), Some(0)).unwrap();
    allow(&file, 0o444);
    let said = served_as_nobody(&portus);
    let named = file.display().to_string();
    for phrase in [&named, "read-only", "PORTUS_DATA_DIR"] {
        assert!(said.contains(phrase), "{said}");
    }
}

#[test]
fn a_port_that_somebody_else_has() {
    let builder = Portus::builder();
    let address = builder.address();
    let _listener = std::net::TcpListener::bind(&address).unwrap();
    refuses_with(builder, &[&address, "another program", "PORTUS_PUMA_HOST"]);
}

#[test]
fn tls_files_that_do_not_fit() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name).display().to_string();
    std::fs::write(at("text"), "neither key nor certificate").unwrap();
    for (key, cert) in [("none.key", "none.crt"), ("text", "text")] {
        let builder = Portus::builder()
            .env("PORTUS_PUMA_TLS_KEY", at(key))
            .env("PORTUS_PUMA_TLS_CERT", at(cert));
        refuses_with(builder, &["PORTUS_PUMA_TLS_KEY"]);
    }
}

#[test]
fn values_that_cannot_be_meant() {
    for (name, value) in [
        ("PORTUS_REGISTRY_JWT_EXPIRATION_TIME_VALUE", "soon"),
        ("PORTUS_PUMA_HOST", "here:there"),
        ("PORTUS_DB_ADAPTER", "oracle"),
        ("PORTUS_DB_POOL", "many"),
        ("PORTUS_DELETE_CONTRIBUTORS", "sometimes"),
        ("PORTUS_BACKGROUND_SYNC_STRATEGY", "guess"),
        ("PORTUS_TRUSTED_PROXIES", "nonsense/99"),
        ("CATALOG_CRON", "now and then"),
    ] {
        refuses_with(Portus::builder().env(name, value), &[name, value]);
    }
    refuses_with(
        Portus::builder().env("PORTUS_USER_PERMISSION_PUSH_IMAGES_POLICY", "foo"),
        &["foo", "allow-teams", "allow-personal", "admin-only"],
    );
}
