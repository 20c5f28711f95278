//! Whether a database holds our schema, and bringing it there. Processes that start together take turns.

use std::{fs::File, time::Duration};

use anyhow::{Context as _, bail};
use migrations::{FORMER_TABLES, Migrator, MigratorTrait, SchemaManager, TABLES};
use sea_orm::{
    ConnectionTrait, DatabaseBackend, DatabaseConnection, DbErr, FromQueryResult, Statement,
};

use super::{Connection, Database, explain, sqlite_file};

/// What a database looks like from here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    Ready,
    /// Reachable, but without our tables or without some of them.
    Empty,
    /// The server answers and has no such database.
    Missing,
    /// It holds steps that this program does not know: a newer version has been here.
    Newer(Vec<String>),
    /// It belongs to Portus.
    Portus,
    Down(String),
    Unknown(String),
}

const HISTORY: &str = "portus_rs_migrations";
const LOCK_WAIT: Duration = Duration::from_secs(90);
/// Any constant that is ours: the bytes of `portusrs`.
const ADVISORY_LOCK: i64 = 0x0070_6f72_7475_7372;

#[derive(FromQueryResult)]
struct Applied {
    version: String,
}

/// Looks without changing anything; a missing SQLite file is not created.
pub async fn state(connection: &Connection) -> State {
    if let Ok(file) = sqlite_file(&connection.url)
        && !file.exists()
    {
        return State::Missing;
    }
    match Database::connect(connection).await {
        Ok(database) => {
            let state = inspect(database.reader()).await.unwrap_or_else(failure);
            database.close().await;
            state
        }
        Err(error) => failure(error),
    }
}

/// The state of a database that is in use.
pub async fn look(database: &Database) -> State {
    inspect(database.reader()).await.unwrap_or_else(failure)
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "it is the handler of an error"
)]
fn failure(error: DbErr) -> State {
    let text = error.to_string();
    let missing = text.contains("database \"") && text.contains("does not exist");
    if text.contains("Unknown database") || missing {
        State::Missing
    } else if matches!(error, DbErr::Conn(_) | DbErr::ConnectionAcquire(_)) {
        State::Down(text)
    } else {
        State::Unknown(text)
    }
}

async fn inspect(connection: &DatabaseConnection) -> Result<State, DbErr> {
    let manager = SchemaManager::new(connection);
    if !manager.has_table(HISTORY).await? {
        let portus = manager.has_table("schema_migrations").await?;
        return Ok(if portus { State::Portus } else { State::Empty });
    }
    let applied = applied(connection).await?;
    let known: Vec<String> = Migrator::migrations()
        .iter()
        .map(|step| step.name().to_owned())
        .collect();
    let strangers: Vec<String> = applied
        .iter()
        .filter(|name| !known.contains(name))
        .cloned()
        .collect();
    Ok(if !strangers.is_empty() {
        State::Newer(strangers)
    } else if known.iter().all(|name| applied.contains(name)) {
        State::Ready
    } else {
        State::Empty
    })
}

/// One step of the schema's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// As `m0001_users`.
    pub name: String,
    pub applied: bool,
}

impl Step {
    pub fn id(&self) -> &str {
        self.name.split('_').next().unwrap_or(&self.name)
    }

    /// The name in words.
    pub fn title(&self) -> String {
        let words = self.name.split('_').skip(1).collect::<Vec<_>>().join(" ");
        let mut letters = words.chars();
        let head = letters.next().map(|letter| letter.to_ascii_uppercase());
        head.into_iter().chain(letters).collect()
    }
}

/// Every step that this program or the database knows, in order.
pub async fn steps(connection: &Connection) -> anyhow::Result<Vec<Step>> {
    let database = Database::connect(connection)
        .await
        .map_err(|error| explain(&error, &connection.url))?;
    let manager = SchemaManager::new(database.reader());
    let applied = if manager.has_table(HISTORY).await? {
        applied(database.reader()).await?
    } else {
        Vec::new()
    };
    database.close().await;
    let mut names: Vec<String> = Migrator::migrations()
        .iter()
        .map(|step| step.name().to_owned())
        .chain(applied.iter().cloned())
        .collect();
    names.sort_unstable();
    names.dedup();
    Ok(names
        .into_iter()
        .map(|name| Step {
            applied: applied.contains(&name),
            name,
        })
        .collect())
}

async fn applied(connection: &DatabaseConnection) -> Result<Vec<String>, DbErr> {
    let statement = Statement::from_string(
        connection.get_database_backend(),
        format!("SELECT version FROM {HISTORY}"),
    );
    let rows = Applied::find_by_statement(statement)
        .all(connection)
        .await?;
    Ok(rows.into_iter().map(|row| row.version).collect())
}

/// Brings the schema up to date, one process at a time. Never touches a schema that is not ours.
pub async fn migrate(connection: &Connection) -> anyhow::Result<()> {
    let lock = Lock::take(connection).await?;
    // On SQLite a second connection may still know the tables as they were before the last step, and then does not find
    // what this one renames.
    let alone = Connection {
        pool: 1,
        ..connection.clone()
    };
    let database = Database::connect(&alone)
        .await
        .map_err(|error| explain(&error, &connection.url))?;
    let outcome = migrate_locked(&database, &connection.url).await;
    database.close().await;
    lock.release().await;
    outcome
}

async fn migrate_locked(database: &Database, url: &str) -> anyhow::Result<()> {
    match inspect(database.reader())
        .await
        .map_err(|error| explain(&error, url))?
    {
        State::Portus => bail!(
            "this is a Portus database, which portus-rs does not read: choose another, empty one, and this one stays as it is"
        ),
        State::Newer(steps) => bail!(
            "the database was last used by a newer portus-rs (it knows {} and this version does not): \
             run that version, or restore the backup from before the upgrade",
            steps.join(", ")
        ),
        State::Ready => Ok(()),
        _ => Migrator::up(database.reader(), None)
            .await
            .map_err(|error| explain(&error, url))
            .context("the schema could not be brought up to date"),
    }
}

/// Drops the tables that are ours and nothing else.
pub async fn drop_tables(database: &Database) -> Result<(), DbErr> {
    for table in FORMER_TABLES.iter().chain(TABLES) {
        let sql = format!("DROP TABLE IF EXISTS {table}");
        database.reader().execute_unprepared(&sql).await?;
    }
    Ok(())
}

/// Held by the one process that changes the schema.
enum Lock {
    File(#[expect(dead_code, reason = "the lock is let go with the file")] File),
    Session(Database),
}

impl Lock {
    async fn take(connection: &Connection) -> anyhow::Result<Self> {
        if let Ok(path) = sqlite_file(&connection.url) {
            let path = path.with_extension("lock");
            let file = File::create(&path).with_context(|| {
                format!(
                    "cannot write {}: check PORTUS_DATA_DIR and its owner",
                    path.display()
                )
            })?;
            let file = tokio::task::spawn_blocking(move || file.lock().map(|()| file))
                .await
                .context("waiting for the schema lock")?
                .with_context(|| format!("cannot lock {}", path.display()))?;
            return Ok(Self::File(file));
        }
        let one = Connection {
            pool: 1,
            ..connection.clone()
        };
        let session = Database::connect(&one)
            .await
            .map_err(|error| explain(&error, &connection.url))?;
        // The lock belongs to the connection, and the pool keeps at least this one open.
        let deadline = tokio::time::Instant::now() + LOCK_WAIT;
        while !Self::try_session(&session).await? {
            if tokio::time::Instant::now() > deadline {
                bail!(
                    "another process has been changing the schema for {} s: wait for it, or end it",
                    LOCK_WAIT.as_secs()
                );
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        Ok(Self::Session(session))
    }

    async fn try_session(session: &Database) -> anyhow::Result<bool> {
        let backend = session.backend();
        let sql = match backend {
            DatabaseBackend::MySql => {
                "SELECT GET_LOCK(CONCAT('portus-rs-', DATABASE()), 0) = 1 AS taken".to_owned()
            }
            _ => format!("SELECT pg_try_advisory_lock({ADVISORY_LOCK}) AS taken"),
        };
        let row = session
            .reader()
            .query_one_raw(Statement::from_string(backend, sql))
            .await?
            .context("the server did not answer the request for a lock")?;
        Ok(row.try_get::<bool>("", "taken")?)
    }

    async fn release(self) {
        if let Self::Session(session) = self {
            session.close().await;
        }
    }
}
