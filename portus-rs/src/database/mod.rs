//! The connection to the database, and the one way to write to it.

mod create;
mod schema;

use std::{
    os::unix::{ffi::OsStringExt as _, fs::OpenOptionsExt as _},
    sync::Arc,
    time::Duration,
};

use anyhow::Context as _;
use sea_orm::{
    ConnectOptions, ConnectionTrait as _, DatabaseBackend, DatabaseConnection, DatabaseTransaction,
    DbErr, IsolationLevel, SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use tokio::sync::{Mutex, OwnedMutexGuard};

pub use create::create;
pub use schema::{State, Step, drop_tables, look, migrate, state, steps};

/// How to reach a database.
#[derive(Clone)]
pub struct Connection {
    /// `sqlite://`, `mysql://` or `postgres://`, with the password in it.
    pub url: String,
    pub pool: u32,
    pub connect_timeout: Duration,
}

/// A pool of connections. A clone shares it.
#[derive(Clone)]
pub struct Database {
    connection: DatabaseConnection,
    /// SQLite has one writer. Waiting for it here costs less than being refused by the file.
    writer: Option<Arc<Mutex<()>>>,
    /// SQLite's connection for what can be done again; elsewhere the server's own settings hold.
    redoable: Option<DatabaseConnection>,
}

/// A transaction that writes. Dropping it rolls it back.
pub struct Write {
    pub transaction: DatabaseTransaction,
    _writer: Option<OwnedMutexGuard<()>>,
}

/// A transaction that looks at very much. Dropping it ends it, too.
pub struct Look(DatabaseTransaction);

/// What SQLite keeps in memory of what a connection has read: KiB, negated.
const CACHE: &str = "-16384";
const LITTLE_CACHE: &str = "-1024";

impl Database {
    /// Opens the database; a missing SQLite file is created.
    pub async fn connect(connection: &Connection) -> Result<Self, DbErr> {
        let file = sqlite_file(&connection.url).ok();
        if let Some(file) = &file {
            create_private(file);
        }
        // An acknowledged event survives a power cut, not only a crash.
        let pool = open(connection, connection.pool.max(1), "FULL").await?;
        let redoable = match file {
            Some(_) => Some(open(connection, 1, "NORMAL").await?),
            None => None,
        };
        let writer = redoable.as_ref().map(|_| Arc::new(Mutex::new(())));
        Ok(Self {
            connection: pool,
            writer,
            redoable,
        })
    }

    pub fn backend(&self) -> DatabaseBackend {
        self.connection.get_database_backend()
    }

    /// For looking. Writing goes through [`Database::write`].
    pub fn reader(&self) -> &DatabaseConnection {
        &self.connection
    }

    /// A look at very much that is not looked at again soon. On SQLite it has a connection to itself that keeps little of it
    /// in memory; [`Look::end`] gives that back.
    pub async fn long_look(&self) -> Result<Look, DbErr> {
        let look = Look(self.connection.begin().await?);
        look.cache(LITTLE_CACHE).await?;
        Ok(look)
    }

    /// Begins a transaction that will write. On SQLite it takes the write lock at once: a reading
    /// transaction that wants to write later would be refused instead of waiting.
    pub async fn write(&self) -> Result<Write, DbErr> {
        self.begin(&self.connection).await
    }

    /// The same for what would be done again if a power cut undid it: applying events that lie in the inbox, comparing
    /// with a registry, noting when something was used. Its commit does not wait for the disk; the next one that does
    /// carries it along. What has been committed before is never undone without it.
    pub async fn write_redoable(&self) -> Result<Write, DbErr> {
        self.begin(self.redoable.as_ref().unwrap_or(&self.connection))
            .await
    }

    async fn begin(&self, connection: &DatabaseConnection) -> Result<Write, DbErr> {
        let guard = match &self.writer {
            Some(writer) => Some(Arc::clone(writer).lock_owned().await),
            None => None,
        };
        let options = TransactionOptions {
            sqlite_transaction_mode: guard.as_ref().map(|_| SqliteTransactionMode::Immediate),
            // MySQL's default would keep showing what was true when the transaction began.
            isolation_level: (self.backend() == DatabaseBackend::MySql)
                .then_some(IsolationLevel::ReadCommitted),
            ..TransactionOptions::default()
        };
        let transaction = connection.begin_with_options(options).await?;
        Ok(Write {
            transaction,
            _writer: guard,
        })
    }

    /// Tells somebody every statement that is sent through the pool: tests count them.
    pub fn observe(&mut self, tell: impl Fn(&str) + Send + Sync + 'static) {
        self.connection
            .set_metric_callback(move |info| tell(&info.statement.sql));
    }

    /// Changes nothing, and fails where nothing may be changed. Beginning to write is not enough: on a file that may
    /// only be read, SQLite begins to read instead.
    pub async fn check_writable(&self) -> Result<(), DbErr> {
        let write = self.write().await?;
        write
            .transaction
            .execute_unprepared("UPDATE portus_rs_migrations SET version = version WHERE 1 = 0")
            .await?;
        write.commit().await
    }

    pub async fn close(self) {
        // Closing only fails when the pool is gone already.
        let _ = self.connection.close().await;
        if let Some(redoable) = self.redoable {
            let _ = redoable.close().await;
        }
    }
}

/// A pool of connections. `synchronous` is SQLite's word for when a commit waits for the disk.
async fn open(
    connection: &Connection,
    most: u32,
    synchronous: &'static str,
) -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new(connection.url.clone());
    options
        .max_connections(most)
        .connect_timeout(connection.connect_timeout)
        .acquire_timeout(connection.connect_timeout.max(Duration::from_secs(10)))
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(move |sqlite| {
            sqlite
                .create_if_missing(true)
                .foreign_keys(true)
                .busy_timeout(Duration::from_secs(30))
                .pragma("journal_mode", "WAL")
                .pragma("synchronous", synchronous)
                .pragma("cache_size", CACHE)
                .statement_cache_capacity(256)
        })
        .map_sqlx_mysql_opts(|mysql| mysql.charset("utf8mb4").collation("utf8mb4_bin"));
    sea_orm::Database::connect(options).await
}

impl Look {
    /// Where it looks.
    pub fn reader(&self) -> &DatabaseTransaction {
        &self.0
    }

    pub async fn end(self) -> Result<(), DbErr> {
        self.cache(CACHE).await?;
        self.0.commit().await
    }

    async fn cache(&self, size: &str) -> Result<(), DbErr> {
        if self.0.get_database_backend() == DatabaseBackend::Sqlite {
            let pragma = format!("PRAGMA cache_size = {size}");
            self.0.execute_unprepared(&pragma).await?;
        }
        Ok(())
    }
}

impl Write {
    pub async fn commit(self) -> Result<(), DbErr> {
        self.transaction.commit().await
    }
}

/// Only its owner reads the file; SQLite gives its companions the same mode. What goes wrong here, the driver says
/// better.
fn create_private(file: &std::path::Path) {
    let _ = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file);
}

/// Says what is wrong with a database that cannot be used, and what to do. Carries no password.
pub fn explain(error: &DbErr, url: &str) -> anyhow::Error {
    let text = error.to_string();
    let (place, advice) = match sqlite_file(url) {
        Ok(file) => (file.display().to_string(), advice_for_file(&text)),
        Err(_) => (without_password(url), advice_for_server(&text)),
    };
    anyhow::anyhow!("cannot use the database {place}: {text}; {advice}")
}

fn advice_for_file(text: &str) -> &'static str {
    if text.contains("readonly") || text.contains("read-only") {
        "the file or its directory is read-only for this process: make its user their owner, or name another place \
         with PORTUS_DATA_DIR or PORTUS_DB_DATABASE"
    } else if text.contains("not a database") {
        "the file holds something else: move it away, or name another one with PORTUS_DATA_DIR or PORTUS_DB_DATABASE"
    } else if text.contains("malformed") {
        "the file is damaged: restore a backup of it"
    } else if text.contains("unable to open database file") {
        "the file cannot be opened or created: check PORTUS_DATA_DIR or PORTUS_DB_DATABASE, and the owner of that place"
    } else if text.contains("locked") {
        "another program holds the file: end it, or name another file with PORTUS_DB_DATABASE"
    } else {
        "check the file that PORTUS_DATA_DIR or PORTUS_DB_DATABASE names, its owner and the space on its disk"
    }
}

fn advice_for_server(text: &str) -> &'static str {
    if text.contains("readonly") || text.contains("read-only") {
        "the database is read-only: give this process the right to write, or point it at another one"
    } else if text.contains("Access denied") && text.contains("to database") {
        "this user may not use the database, which may not exist: create it, or let this user do so, and let it use \
         everything in it"
    } else if text.contains("password")
        || text.contains("Access denied")
        || (text.contains("role \"") && text.contains("does not exist"))
    {
        "the server refused the user name or password: check PORTUS_DB_USERNAME and PORTUS_DB_PASSWORD"
    } else if text.contains("does not exist") || text.contains("Unknown database") {
        "the server has no such database: create it with `portus-rs db:create` or correct PORTUS_DB_DATABASE"
    } else {
        "check that the server runs and that PORTUS_DB_HOST and PORTUS_DB_PORT name it"
    }
}

/// The address of a database with its password taken out.
pub fn without_password(url: &str) -> String {
    match url::Url::parse(url) {
        Ok(mut parsed) => {
            if parsed.password().is_some() {
                // Only addresses that cannot have a password refuse.
                let _ = parsed.set_password(Some("***"));
            }
            parsed.to_string()
        }
        Err(_) => "at the configured address".to_owned(),
    }
}

/// The file behind an SQLite address.
pub fn sqlite_file(url: &str) -> anyhow::Result<std::path::PathBuf> {
    let path = url
        .strip_prefix("sqlite://")
        .or_else(|| url.strip_prefix("sqlite:"))
        .filter(|path| !path.starts_with(":memory:"))
        .with_context(|| format!("{} is not an SQLite file", without_password(url)))?;
    let path = path.split('?').next().unwrap_or(path);
    let path: Vec<u8> = percent_encoding::percent_decode_str(path).collect();
    Ok(std::ffi::OsString::from_vec(path).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_behind_an_address_is_found_again() {
        let file = sqlite_file("sqlite:///sub%20dir/p%3F%2Esqlite3?mode=rwc").unwrap();
        assert_eq!(file, std::path::Path::new("/sub dir/p?.sqlite3"));
        assert!(sqlite_file("sqlite::memory:").is_err());
        assert!(sqlite_file("mysql://root:x@h/sqlite").is_err());
    }

    #[test]
    fn a_file_is_explained_as_a_file_and_a_server_as_a_server() {
        let told =
            |text: &str, url: &str| explain(&DbErr::Custom(text.to_owned()), url).to_string();
        let file = told(
            "file is not a database",
            "sqlite:///a%20b/p%2Esqlite3?mode=rwc",
        );
        assert!(file.contains("/a b/p.sqlite3:"), "{file}");
        assert!(file.contains("PORTUS_DB_DATABASE"), "{file}");
        for text in ["readonly", "unable to open database file", "other"] {
            let file = told(text, "sqlite:///p.sqlite3");
            assert!(file.contains("PORTUS_DATA_DIR"), "{file}");
            assert!(!file.contains("PORTUS_DB_HOST"), "{file}");
        }
        let server = told("refused", "mysql://root:canary@h/portus");
        assert!(server.contains("PORTUS_DB_HOST"), "{server}");
        assert!(!server.contains("canary"), "{server}");
    }
}
