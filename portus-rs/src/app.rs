//! What doors and jobs share: configuration, database, time, keys and what is remembered.

use std::{collections::HashMap, future::pending, sync::Arc, time::Duration};

use tokio::sync::{Notify, watch};

use crate::{
    clock::Clock,
    config::Config,
    database::{Connection, Database},
    error::{Error, Result},
    identity::{password::Passwords, throttle::Throttle, usage::Usage},
    intake::Inbox,
    jobs::storage::Counted,
    keys::{self, Keys, Vault},
    policy::Rules,
    protocol::{
        scope::Access,
        token::{Claims, HeaderForm, Issue},
    },
    queries::{facts::Present, health::Health, jobs, news::News},
    remote::{
        RegistryClients,
        ldap::Directory,
        oauth::{Issuers, Providers},
        webhook::Messenger,
    },
};

/// The running service. Made once, passed down, never global.
pub struct App {
    pub config: Config,
    pub rules: Rules,
    pub clock: Clock,
    pub database: Database,
    pub keys: Keys,
    pub vault: Vault,
    pub passwords: Passwords,
    pub present: Present,
    pub usage: Usage,
    pub throttle: Throttle,
    pub registries: RegistryClients,
    pub providers: Providers,
    /// Whoever signs the tokens of jobs.
    pub workloads: Issuers,
    /// Sends what webhooks are told.
    pub webhooks: Messenger,
    /// Where `ldap.enabled` is on.
    pub directory: Option<Directory>,
    pub health: Health,
    /// What this process counted last.
    pub counted: Counted,
    pub wake: Wake,
    /// What open pages wait for.
    pub news: News,
    pub inbox: Inbox,
}

/// Rings for those who wait for work.
#[derive(Default)]
pub struct Wake {
    /// Something lies in the inbox.
    pub events: Notify,
    /// A manifest's content is to be fetched.
    pub details: Notify,
    /// A registry is to be compared now, whatever the schedule says.
    pub sync: Notify,
    /// A letter is to be sent.
    pub mail: Notify,
    /// Somebody is to be told what happened.
    pub webhooks: Notify,
    /// Somebody wants a registry compared.
    pub requests: Notify,
    /// Somebody wants a job to run.
    pub wanted: Notify,
    due: Due,
    /// Becomes true when the process is to end: whoever would go on answering for ever stops.
    pub end: watch::Sender<bool>,
}

/// What rings for each job that one process at a time does.
struct Due(HashMap<&'static str, Notify>);

impl Default for Due {
    fn default() -> Self {
        let bells = jobs::SHARED.iter().map(|job| (*job, Notify::new()));
        Self(bells.collect())
    }
}

impl Wake {
    /// Has a job looked at whose time has come. Whoever does it this moment is not disturbed: it would do it twice.
    pub fn look_at(&self, job: &str) {
        if let Some(bell) = self.due.0.get(job) {
            bell.notify_waiters();
        }
    }

    /// Waits until a job is to be looked at.
    pub async fn looked_at(&self, job: &str) {
        match self.due.0.get(job) {
            Some(bell) => bell.notified().await,
            None => pending().await,
        }
    }
}

impl App {
    /// Puts the parts together. The schema must be up to date.
    pub fn assemble(
        config: Config,
        clock: Clock,
        database: Database,
        keys: Keys,
    ) -> Result<Arc<Self>> {
        let vault = vault(&config).map_err(|error| Error::Internal(error.into()))?;
        Ok(Arc::new(Self {
            rules: Rules::from(&config),
            passwords: Passwords::new()?,
            present: Present::start(&database),
            usage: Usage::default(),
            throttle: Throttle::default(),
            registries: RegistryClients::new(&config)?,
            providers: Providers::new(&config)?,
            workloads: Issuers::trusted(&config),
            webhooks: Messenger::new(&config)?,
            directory: Directory::new(&config)?,
            health: Health::default(),
            counted: Counted::default(),
            wake: Wake::default(),
            news: News::default(),
            inbox: Inbox::default(),
            config,
            clock,
            database,
            keys,
            vault,
        }))
    }

    /// Signs a registry token.
    pub fn sign(
        &self,
        service: &str,
        form: HeaderForm,
        subject: &str,
        access: Option<Vec<Access>>,
    ) -> Result<(String, Claims)> {
        let claims = Claims::issue(Issue {
            issuer: &self.config.machine_fqdn.value,
            subject,
            service,
            access,
            lifetime: self.config.registry.jwt_expiration_time,
            now: self.clock.now(),
        });
        let token = self.keys.signing.sign(form, &claims).map_err(|error| {
            Error::Internal(anyhow::Error::new(error).context("signing a token"))
        })?;
        Ok((token, claims))
    }
}

/// The vault of the secret key base that is configured, or else was made at the first start.
fn vault(config: &Config) -> Result<Vault, keys::KeyError> {
    match &config.secrets.secret_key_base {
        Some(base) => Vault::new(base.expose()),
        None => Vault::new(&keys::secret_key_base(&config.process.data_dir)?),
    }
}

/// How to reach the configured database.
pub fn connection(config: &Config) -> Connection {
    Connection {
        url: config.database.url().expose().to_owned(),
        pool: config.database.pool.max(2),
        connect_timeout: config.database.connect_timeout.max(Duration::from_secs(1)),
    }
}
