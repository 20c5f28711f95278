//! What a command stands on, brought up only as far as it needs: configuration, then database, then the whole app.

use std::sync::{Arc, OnceLock};

use crate::{
    app::{self, App},
    clock::Clock,
    config::{self, Loaded, LogLevel, Sources},
    database::{self, Connection, Database, State},
    keys::{self, KeySources, Keys},
    logging::{self, Stream},
};

use super::{console, failure::Failure};

/// One run of the program.
pub struct Session {
    sources: Sources,
    /// Log everything.
    trace: bool,
    loaded: OnceLock<Loaded>,
}

impl Session {
    pub fn new(sources: Sources, trace: bool) -> Self {
        Self {
            sources,
            trace,
            loaded: OnceLock::new(),
        }
    }

    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// The configuration of a task. Its faults are all printed; then the task ends.
    pub fn loaded(&self) -> Result<&Loaded, Failure> {
        if let Some(loaded) = self.loaded.get() {
            return Ok(loaded);
        }
        let loaded = self.load()?;
        self.log_to(Stream::Stderr, &loaded);
        // Whoever starts the server, or runs `check-config`, reads these; a task would repeat them every time.
        for warning in &loaded.warnings {
            tracing::info!("{warning}");
        }
        Ok(self.loaded.get_or_init(|| loaded))
    }

    /// The configuration of a server, which logs to standard output and says itself what is worth saying.
    pub fn loaded_to_serve(&self) -> Result<Loaded, Failure> {
        let loaded = self.load()?;
        self.log_to(Stream::Stdout, &loaded);
        Ok(loaded)
    }

    /// The configuration, before it is known what for.
    pub fn load(&self) -> Result<Loaded, Failure> {
        config::load(&self.sources).map_err(|errors| {
            console::complain(format!("portus-rs: {errors}"));
            Failure::Code(1)
        })
    }

    fn log_to(&self, stream: Stream, loaded: &Loaded) {
        let process = &loaded.config.process;
        let chosen = self.sources.env.contains_key("PORTUS_LOG_LEVEL");
        let level = match stream {
            _ if self.trace => LogLevel::Debug,
            // Whoever runs a task reads its answer, not how it went about it.
            Stream::Stderr if !chosen => LogLevel::Warn,
            _ => process.log_level,
        };
        logging::start(level, process.log_format, stream);
    }

    /// Says what loading the configuration found, for a task whose answer depends on it.
    pub fn warn(&self) -> Result<(), Failure> {
        logging::warn_of(&self.loaded()?.warnings);
        Ok(())
    }

    /// The database as it is configured, whatever its state.
    pub fn connection(&self) -> Result<Connection, Failure> {
        Ok(app::connection(&self.loaded()?.config))
    }

    /// Makes the data directory where the database or keys are to be kept in it.
    pub fn prepare_directory(&self) -> Result<(), Failure> {
        let directory = &self.loaded()?.config.process.data_dir;
        keys::files::prepare_directory(directory).map_err(|error| {
            Failure::aborted(format!("{error}; PORTUS_DATA_DIR names another directory"))
        })
    }

    /// A connection to a database with our schema, brought up to date first.
    pub async fn database(&self) -> Result<Database, Failure> {
        let connection = self.connection()?;
        match database::state(&connection).await {
            State::Ready => {}
            State::Down(text) | State::Unknown(text) => {
                let error = sea_orm::DbErr::Custom(text);
                return Err(database::explain(&error, &connection.url).into());
            }
            // The migration has the words for databases that are not ours.
            State::Empty | State::Missing | State::Newer(_) | State::Portus => {
                self.prepare_directory()?;
                database::migrate(&connection).await?;
            }
        }
        Database::connect(&connection)
            .await
            .map_err(|error| database::explain(&error, &connection.url).into())
    }

    /// The keys in force; made if there are none.
    pub fn keys(&self, clock: &Clock) -> Result<Keys, Failure> {
        let config = &self.loaded()?.config;
        keys::install_provider();
        self.prepare_directory()?;
        let sources = KeySources {
            data_dir: &config.process.data_dir,
            key_path: config.secrets.key_path.as_deref(),
            cert_path: config.secrets.cert_path.as_deref(),
            tls_cert: config.listener.tls.as_ref().map(|tls| tls.cert.as_path()),
        };
        let keys = Keys::load(sources, clock.now())?;
        for warning in &keys.warnings {
            tracing::info!("{warning}");
        }
        Ok(keys)
    }

    /// The whole service but for its doors.
    pub async fn app(&self) -> Result<Arc<App>, Failure> {
        let database = self.database().await?;
        let clock = Clock::default();
        let keys = self.keys(&clock)?;
        let config = self.loaded()?.config.clone();
        Ok(App::assemble(config, clock, database, keys)?)
    }
}

/// Runs what needs a runtime.
pub fn run<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::aborted(format!("cannot start threads: {error}")))?;
    let outcome = runtime.block_on(Box::pin(work));
    // Nothing a task has left behind is worth waiting for.
    runtime.shutdown_background();
    outcome
}
