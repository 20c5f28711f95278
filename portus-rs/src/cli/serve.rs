//! The long-running roles: from a configuration to a service that answers, and to its orderly end.

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, bail};
use sea_orm::{EntityTrait, PaginatorTrait};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
};

use crate::{
    actions::{registries, replicas, users},
    app::{self, App},
    clock::Clock,
    config::Loaded,
    database::{self, Database, State},
    entities::registry,
    error::Error,
    identity::actor::Actor,
    jobs::{self, Jobs},
    keys::{self, KeySources, Keys},
    queries::webhooks,
    web,
};

/// How long a server waits for its database.
const PATIENCE: Duration = Duration::from_secs(90);
const STEP: Duration = Duration::from_secs(5);

/// What a server process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// HTTP and jobs.
    Everything,
    Http,
    Jobs,
    /// `crono`: comparing with the registry, nothing else.
    Sync,
}

/// A service whose parts stand, before it listens.
pub struct Ready {
    pub app: Arc<App>,
    secret_key_base: String,
}

/// Runs until SIGTERM or SIGINT.
pub async fn serve(loaded: Loaded, role: Role) -> anyhow::Result<()> {
    let ready = prepare(loaded).await?;
    let app = &ready.app;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let (stop, stopped) = watch::channel(false);
    let heartbeat = tokio::spawn(heartbeat(
        Arc::clone(app),
        ready.secret_key_base.clone(),
        stopped.clone(),
    ));
    let mut listening = None;
    if matches!(role, Role::Everything | Role::Http) {
        let running = web::start(app)?;
        announce(app);
        listening = Some((
            tokio::spawn(running.server),
            running.handle,
            running.certificate,
        ));
    }
    let jobs = match role {
        Role::Http => jobs::start(app, Jobs::OnlyUsage, stopped).await?,
        Role::Everything | Role::Jobs => jobs::start(app, Jobs::All, stopped).await?,
        Role::Sync => jobs::start(app, Jobs::OnlySync, stopped).await?,
    };
    loop {
        tokio::select! {
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            _ = hangup.recv() => {
                if let Some((_, _, Some(certificate))) = &listening {
                    certificate.reload();
                }
            }
            ended = async {
                match &mut listening {
                    Some((server, _, _)) => server.await,
                    None => std::future::pending().await,
                }
            } => {
                ended.context("the HTTP server has stopped")??;
                bail!("the HTTP server has stopped");
            }
        }
    }
    tracing::info!("stopping: what is under way is finished first");
    if let Some((_, handle, _)) = listening {
        app.wake.end.send_replace(true);
        handle.stop(true).await;
    }
    // Whoever listens has ended already, or ends now.
    let _ = stop.send(true);
    jobs.finish().await;
    // It ends by itself, and a panic in it changes nothing any more.
    let _ = heartbeat.await;
    app.usage.finish(app).await?;
    replicas::leave(app).await?;
    app.database.clone().close().await;
    Ok(())
}

/// One pass of every job: `background --one-shot`.
pub async fn one_shot(loaded: Loaded) -> anyhow::Result<()> {
    let ready = prepare(loaded).await?;
    let outcome = jobs::one_shot(&ready.app).await;
    ready.app.usage.finish(&ready.app).await?;
    ready.app.database.clone().close().await;
    Ok(outcome?)
}

fn announce(app: &App) {
    let listener = &app.config.listener;
    match &listener.unix_socket {
        Some(socket) => tracing::info!("listening on {}", socket.display()),
        None => tracing::info!(
            "listening on {}:{}, for people at {}",
            listener.address.host,
            listener.address.port,
            app.config.public_url()
        ),
    }
}

/// Secrets, database, schema, keys and the rows that must exist.
pub async fn prepare(loaded: Loaded) -> anyhow::Result<Ready> {
    crate::logging::warn_of(&loaded.warnings);
    let config = loaded.config;
    let clock = Clock::default();
    let directory = config.process.data_dir.clone();
    keys::files::prepare_directory(&directory)
        .with_context(|| "PORTUS_DATA_DIR: the data directory cannot be used".to_owned())?;
    keys::install_provider();
    let secret_key_base = match &config.secrets.secret_key_base {
        Some(secret) => secret.expose().to_owned(),
        None => keys::secret_key_base(&directory)
            .context("PORTUS_DATA_DIR: the secret key base cannot be kept in the data directory")?,
    };
    let keys = Keys::load(
        KeySources {
            data_dir: &directory,
            key_path: config.secrets.key_path.as_deref(),
            cert_path: config.secrets.cert_path.as_deref(),
            tls_cert: config.listener.tls.as_ref().map(|tls| tls.cert.as_path()),
        },
        clock.now(),
    )?;
    for warning in &keys.warnings {
        tracing::warn!("{warning}");
    }
    let connection = app::connection(&config);
    wait_for(&connection).await?;
    database::migrate(&connection).await?;
    let database = Database::connect(&connection)
        .await
        .map_err(|error| database::explain(&error, &connection.url))?;
    // One that may only be read is told here, with advice, and not in the middle of something.
    let writable = database.check_writable().await;
    writable.map_err(|error| database::explain(&error, &connection.url))?;
    let init = config.process.init_registry.clone();
    let app = App::assemble(config, clock, database, keys)?;
    replicas::join(&app, &secret_key_base).await?;
    users::ensure_portus(&app).await?;
    warn_of_lost_secrets(&app).await?;
    if let Some(init) = init {
        set_up_registry(&app, init).await?;
    }
    Ok(Ready {
        app,
        secret_key_base,
    })
}

/// Names the webhooks whose secrets were stored under another key base.
async fn warn_of_lost_secrets(app: &App) -> anyhow::Result<()> {
    const NAMED: usize = 20;
    let lost = webhooks::with_lost_secrets(app).await?;
    if lost.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = lost
        .iter()
        .take(NAMED)
        .map(|(webhook, namespace)| format!("{} of {}", webhook.name, namespace.name))
        .collect();
    tracing::warn!(
        "the secret key base is another one than when the secrets of {} webhooks were stored ({}{}): give \
         PORTUS_SECRET_KEY_BASE, or the file secret_key_base of PORTUS_DATA_DIR, its former value again, or enter \
         their passwords, secrets and headers anew",
        lost.len(),
        names.join(", "),
        if lost.len() > NAMED { ", ..." } else { "" }
    );
    Ok(())
}

/// Waits for the database to answer, in steps and with words that operators know from Portus.
async fn wait_for(connection: &database::Connection) -> anyhow::Result<()> {
    if database::sqlite_file(&connection.url).is_ok() {
        return Ok(());
    }
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        let reason = match database::state(connection).await {
            State::Ready => {
                tracing::info!("Database ready");
                return Ok(());
            }
            State::Empty => {
                tracing::info!("Initializing database");
                return Ok(());
            }
            // These do not change by waiting; the migration says what to do about them.
            State::Newer(_) | State::Portus => return Ok(()),
            State::Missing => "the server has no such database".to_owned(),
            State::Down(text) | State::Unknown(text) => text,
        };
        if tokio::time::Instant::now() + STEP > deadline {
            tracing::error!("[Database] Timeout reached, exiting with error. Check the logs...");
            bail!(
                "the database {} did not become ready within {} s: {reason}",
                database::without_password(&connection.url),
                PATIENCE.as_secs()
            );
        }
        tracing::info!("[Database] Not ready yet. Waiting... ({reason})");
        tokio::time::sleep(STEP).await;
    }
}

/// Creates the registry that the environment names, if there is none; a registry that is down does not matter.
async fn set_up_registry(app: &App, init: crate::config::InitRegistry) -> anyhow::Result<()> {
    if registry::Entity::find()
        .count(app.database.reader())
        .await?
        > 0
    {
        return Ok(());
    }
    let new = registries::NewRegistry {
        name: init.name,
        hostname: init.hostname,
        use_ssl: init.use_ssl,
        external_hostname: init.external_hostname,
        ..registries::NewRegistry::default()
    };
    match registries::create(app, &Actor::Operator, new).await {
        Ok(made) => tracing::info!(
            "[registry] created the registry {} from PORTUS_INIT_REGISTRY_HOSTNAME",
            made.hostname
        ),
        // Another replica was quicker.
        Err(Error::Invalid(invalid)) => {
            tracing::warn!("[registry] PORTUS_INIT_REGISTRY_*: {invalid}");
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

async fn heartbeat(app: Arc<App>, secret_key_base: String, mut stop: watch::Receiver<bool>) {
    let mut tick = tokio::time::interval(Duration::from_secs(replicas::HEARTBEAT));
    tick.tick().await;
    loop {
        tokio::select! {
            _ = stop.changed() => return,
            _ = tick.tick() => {
                if let Err(error) = replicas::join(&app, &secret_key_base).await {
                    tracing::error!("{error}");
                }
            }
        }
    }
}
