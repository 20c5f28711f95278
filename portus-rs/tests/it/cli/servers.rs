//! `check_db` and `db:*` where the database is a server: it may be away, refuse us, or lack the database.

use sea_orm::{ConnectionTrait as _, Database};

use crate::support::{
    databases::{Adapter, TestDatabase},
    mariadb::{self, MariaDb},
    portus::Portus,
    postgres::{self, Postgres},
};

/// The environment for a database of this name that nobody has made.
async fn missing(adapter: Adapter) -> (Portus, String) {
    let database = TestDatabase::create(adapter).await;
    let mut portus = Portus::builder().database(&database).idle();
    let name = format!("{} to be", database.url.rsplit('/').next().unwrap());
    portus.set("PORTUS_DB_DATABASE", &name);
    (portus, name)
}

fn state(portus: &Portus) -> String {
    portus.cli(&["check_db"]).exits(0).stdout
}

async fn a_database_is_made_filled_and_emptied(adapter: Adapter) {
    let (mut portus, name) = missing(adapter).await;
    assert_eq!(state(&portus), "DB_MISSING\n");
    let _ = portus.cli(&["check_db", "--exit-code"]).exits(1);
    let status = portus.cli(&["db:migrate:status"]).exits(1);
    assert!(status.stderr.contains("db:create"), "{}", status.stderr);
    let made = portus.cli(&["db:create"]).exits(0).stdout;
    assert_eq!(made, format!("Created database '{name}'\n"));
    assert_eq!(state(&portus), "DB_EMPTY\n");
    let again = portus.cli(&["db:create"]).exits(0).stdout;
    assert_eq!(again, format!("Database '{name}' already exists\n"));
    let before = portus.cli(&["db:migrate:status"]).exits(0).stdout;
    assert!(before.contains(&format!("database: {name}\n")), "{before}");
    assert!(before.contains("  down    m0001 "), "{before}");
    let _ = portus.cli(&["db:migrate"]).exits(0);
    assert_eq!(state(&portus), "DB_READY\n");
    let _ = portus.cli(&["check_db", "--exit-code"]).exits(0);
    let after = portus.cli(&["db:migrate:status"]).exits(0).stdout;
    assert!(
        after.contains("   up     m0001 ") && !after.contains("down"),
        "{after}"
    );

    let exists = "portus:create_registry[main,127.0.0.1:1,false]";
    let _ = portus.cli(&[exists, "--force"]).exits(0);
    for task in [
        "db:drop",
        "db:reset",
        "portus:db:reset",
        "portus:db:drop_tables",
    ] {
        let refused = portus.cli(&[task]).exits(1);
        assert!(
            refused.stderr.contains("--yes"),
            "{task}: {}",
            refused.stderr
        );
        let _ = portus.cli(&[exists]).exits(255);
    }
    let _ = portus.cli(&["db:reset", "--yes"]).exits(0);
    assert_eq!(state(&portus), "DB_READY\n");
    let _ = portus.cli(&[exists, "--force"]).exits(0);
    let _ = portus.cli(&["db:drop", "--yes"]).exits(0);
    assert_eq!(state(&portus), "DB_EMPTY\n");
    let _ = portus.cli(&["db:setup"]).exits(0);
    assert_eq!(state(&portus), "DB_READY\n");

    // Nothing is said of a database that cannot be looked at.
    let password = adapter_password(adapter);
    for (variable, value, advice) in [
        ("PORTUS_DB_PORT", "1", "PORTUS_DB_HOST"),
        ("PORTUS_DB_PASSWORD", "canary", "PORTUS_DB_PASSWORD"),
        (
            "PORTUS_DB_USERNAME",
            "nobody-of-that-name",
            "PORTUS_DB_USERNAME",
        ),
    ] {
        let right = portus
            .environment()
            .find(|(name, _)| *name == variable)
            .map(|(_, value)| value.to_owned())
            .unwrap();
        portus.set(variable, value);
        // At once, since the driver is patient with a server that is away.
        std::thread::scope(|scope| {
            for task in ["db:create", "db:migrate", "db:migrate:status", "db:setup"] {
                let portus = &portus;
                scope.spawn(move || {
                    let ran = portus.cli(&[task]).exits(1);
                    assert!(ran.stderr.contains(advice), "{task}: {}", ran.stderr);
                    assert!(!ran.stdout.contains("exists"), "{task}: {}", ran.stdout);
                    for secret in ["canary", password] {
                        assert!(!ran.stderr.contains(secret), "{task}: {}", ran.stderr);
                    }
                });
            }
            assert_eq!(state(&portus), "DB_DOWN\n", "{variable}");
        });
        portus.set(variable, right);
    }
    assert_eq!(state(&portus), "DB_READY\n");
}

fn adapter_password(adapter: Adapter) -> &'static str {
    match adapter {
        Adapter::Postgres => postgres::PASSWORD,
        _ => mariadb::PASSWORD,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_is_made_filled_and_emptied_on_mariadb() {
    a_database_is_made_filled_and_emptied(Adapter::MySql).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_is_made_filled_and_emptied_on_postgresql() {
    a_database_is_made_filled_and_emptied(Adapter::Postgres).await;
}

/// Somebody may log in and nothing else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_who_may_make_no_database_is_told_so() {
    let create = "CREATE USER poor IDENTIFIED BY 'canary'";
    let admin = Database::connect(MariaDb::shared().url("")).await.unwrap();
    admin.execute_unprepared(create).await.unwrap();
    let admin = Database::connect(Postgres::shared().url("postgres"))
        .await
        .unwrap();
    let create = "CREATE ROLE poor LOGIN PASSWORD 'canary'";
    admin.execute_unprepared(create).await.unwrap();
    for adapter in [Adapter::MySql, Adapter::Postgres] {
        let (mut portus, _) = missing(adapter).await;
        portus.set("PORTUS_DB_USERNAME", "poor");
        portus.set("PORTUS_DB_PASSWORD", "canary");
        let refused = portus.cli(&["db:create"]).exits(1);
        assert!(refused.stdout.is_empty(), "{refused:?}");
        assert!(refused.stderr.contains("let this user"), "{refused:?}");
        assert!(!refused.stderr.contains("canary"), "{refused:?}");
    }
}
