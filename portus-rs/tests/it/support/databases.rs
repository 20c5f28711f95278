//! A fresh database for each test, on SQLite, MariaDB and PostgreSQL alike.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use sea_orm::{ConnectionTrait, Database, DatabaseConnection};
use tempfile::TempDir;

use super::mariadb::{self, MariaDb};
use super::postgres::{self, Postgres};

/// The databases that the service supports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adapter {
    Sqlite,
    MySql,
    Postgres,
}

impl Adapter {
    /// The word that `PORTUS_DB_ADAPTER` takes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite3",
            Self::MySql => "mysql2",
            Self::Postgres => "postgresql",
        }
    }
}

/// An empty database of one's own.
pub struct TestDatabase {
    pub adapter: Adapter,
    /// For sea-orm, and for `DATABASE_URL`.
    pub url: String,
    /// The same as `PORTUS_DB_*`.
    pub variables: Vec<(&'static str, String)>,
    _file: Option<TempDir>,
}

impl TestDatabase {
    /// An empty database on the server for `adapter`.
    pub async fn create(adapter: Adapter) -> Self {
        match adapter {
            Adapter::Sqlite => Self::sqlite(),
            Adapter::MySql => {
                let server = MariaDb::shared();
                let name = create_on(&server.url("")).await;
                Self {
                    adapter,
                    url: server.url(&name),
                    variables: network_variables(
                        adapter,
                        server.port,
                        (mariadb::USER, mariadb::PASSWORD),
                        name,
                    ),
                    _file: None,
                }
            }
            Adapter::Postgres => {
                let server = Postgres::shared();
                let name = create_on(&server.url("postgres")).await;
                Self {
                    adapter,
                    url: server.url(&name),
                    variables: network_variables(
                        adapter,
                        server.port,
                        (postgres::USER, postgres::PASSWORD),
                        name,
                    ),
                    _file: None,
                }
            }
        }
    }

    /// A file in a directory of its own.
    pub fn sqlite() -> Self {
        let directory = tempfile::tempdir().expect("make a directory for SQLite");
        let file: PathBuf = directory.path().join("portus.sqlite3");
        Self {
            adapter: Adapter::Sqlite,
            url: format!("sqlite://{}?mode=rwc", file.display()),
            variables: vec![
                ("PORTUS_DB_ADAPTER", Adapter::Sqlite.name().to_owned()),
                ("PORTUS_DB_DATABASE", file.display().to_string()),
            ],
            _file: Some(directory),
        }
    }

    /// A connection of the test's own, to look behind the service's back.
    pub async fn connect(&self) -> DatabaseConnection {
        Database::connect(&self.url)
            .await
            .unwrap_or_else(|error| panic!("cannot connect to {:?}: {error}", self.adapter))
    }
}

fn network_variables(
    adapter: Adapter,
    port: u16,
    (user, password): (&str, &str),
    database: String,
) -> Vec<(&'static str, String)> {
    vec![
        ("PORTUS_DB_ADAPTER", adapter.name().to_owned()),
        ("PORTUS_DB_HOST", "127.0.0.1".to_owned()),
        ("PORTUS_DB_PORT", port.to_string()),
        ("PORTUS_DB_USERNAME", user.to_owned()),
        ("PORTUS_DB_PASSWORD", password.to_owned()),
        ("PORTUS_DB_DATABASE", database),
    ]
}

async fn create_on(server: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(1);
    let name = format!("it_{}", COUNT.fetch_add(1, Ordering::Relaxed));
    let connection = Database::connect(server)
        .await
        .expect("connect to the shared database server");
    connection
        .execute_unprepared(&format!("CREATE DATABASE {name}"))
        .await
        .expect("create the test's database");
    connection
        .close()
        .await
        .expect("close the connection to the shared server");
    name
}

/// Makes of each test three: `name::sqlite`, `name::mysql`, `name::postgres`.
///
/// A server that cannot be started fails its tests; none is passed over.
macro_rules! on_every_database {
    ($(
        $(#[$attribute:meta])*
        async fn $name:ident($database:ident: TestDatabase) $body:block
    )+) => {$(
        $(#[$attribute])*
        mod $name {
            use super::*;
            use $crate::support::databases as tested;

            async fn check($database: tested::TestDatabase) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                check(tested::TestDatabase::create(tested::Adapter::Sqlite).await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn mysql() {
                check(tested::TestDatabase::create(tested::Adapter::MySql).await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                check(tested::TestDatabase::create(tested::Adapter::Postgres).await).await;
            }
        }
    )+};
}
pub(crate) use on_every_database;
