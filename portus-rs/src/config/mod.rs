//! Settings: what can be set, where from, and the values in force.
//!
//! Loaded once at the start and passed down; nothing here is global. `key.rs` says what a setting
//! is, each section declares its own, and everything else works from these declarations: layers
//! (`layers.rs`), types (`coerce.rs`), the printed configuration and the reference (`print.rs`).

mod background;
mod coerce;
mod database;
mod file;
mod hint;
mod key;
mod layers;
mod ldap;
mod listener;
mod mail;
mod oauth;
mod people;
mod print;
mod process;
mod registry;
mod report;
pub mod samples;
mod scanning;
mod schedule;
mod secret;
mod sources;
mod values;
mod workload;
mod yaml;

use std::collections::BTreeMap;
use std::fmt;

pub use background::{Background, OrphanPolicy, SyncSettings, SyncStrategy};
pub use database::{Adapter, Connection, DatabaseSettings, Server};
pub use key::{Key, Kind};
pub use ldap::{
    GroupMapping, GroupRole, GroupSync, GuessEmail, Ldap, LdapBind, LdapEncryption, MinTls,
};
pub use listener::{Address, Listener, TlsFiles, TrustedProxies};
pub use mail::{Email, Smtp, SmtpLogin, SmtpMechanism, SmtpTls};
pub use oauth::{Client, GroupTeam, Groups, OAuth, Offline, OpenIdConnect, Provider, ProviderKind};
pub use people::{Pagination, PushPolicy, Session, UserPermission};
pub use print::{reference_markdown, render_info};
pub use process::{Environment, InitRegistry, LogFormat, LogLevel, Process, Secrets};
pub use registry::{Delete, GarbageCollector, MachineFqdn, Registry};
pub use report::{ConfigErrors, Origin, Problem, Severity, Warning};
pub use scanning::{Clair, ClairApi, Endpoint, Security, Webhooks};
pub use schedule::Schedule;
pub use secret::Secret;
pub use sources::Sources;
pub use workload::WorkloadIdentity;

use values::{Setting, Values};

/// Every setting in force. Safe to print with `Debug`.
#[derive(Debug, Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a section of its own in the file"
)]
pub struct Config {
    pub email: Email,
    pub gravatar: bool,
    pub delete: Delete,
    /// `None`: LDAP is off.
    pub ldap: Option<Ldap>,
    pub oauth: OAuth,
    pub workload_identity: WorkloadIdentity,
    pub first_user_admin: bool,
    /// As set; LDAP overrules it.
    pub signup: bool,
    pub display_name: bool,
    pub check_ssl_usage: bool,
    pub registry: Registry,
    pub machine_fqdn: MachineFqdn,
    pub user_permission: UserPermission,
    pub security: Security,
    pub anonymous_browsing: bool,
    pub background: Background,
    pub pagination: Pagination,
    pub session: Session,
    pub webhooks: Webhooks,
    /// Everybody may read the error texts of the health page.
    pub health_details: bool,
    pub database: DatabaseSettings,
    pub secrets: Secrets,
    pub listener: Listener,
    pub process: Process,
}

/// A configuration, and what is worth saying about it.
pub struct Loaded {
    pub config: Config,
    pub warnings: Vec<Warning>,
    /// Where each setting came from, by name of the key or variable.
    pub origins: BTreeMap<&'static str, Origin>,
    settings: BTreeMap<&'static str, Setting>,
}

impl fmt::Debug for Loaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loaded")
            .field("config", &self.config)
            .field("warnings", &self.warnings)
            .field("origins", &self.origins)
            .finish_non_exhaustive()
    }
}

/// Reads and checks the configuration, and reports all its faults at once.
pub fn load(sources: &Sources) -> Result<Loaded, ConfigErrors> {
    let (loaded, problems) = examine(sources);
    if problems.is_empty() {
        Ok(loaded)
    } else {
        Err(ConfigErrors(problems))
    }
}

/// As [`load`], but gives both: a configuration in which defaults stand for what is wrong, and the
/// faults. For tasks that must work with a broken configuration, such as showing it.
pub fn examine(sources: &Sources) -> (Loaded, Vec<Problem>) {
    let prefix = layers::prefix(sources);
    let mut values = layers::resolve(sources, &prefix);
    let config = Config::read(&mut values);
    let origins = values
        .settings
        .iter()
        .map(|(name, s)| (*name, s.origin.clone()))
        .collect();
    let loaded = Loaded {
        config,
        warnings: values.warnings,
        origins,
        settings: values.settings,
    };
    (loaded, values.problems)
}

impl Config {
    /// Where people and registries reach this service, without a trailing slash.
    pub fn public_url(&self) -> String {
        if let Some(url) = &self.machine_fqdn.external_url {
            return url.clone();
        }
        let root = &self.listener.url_root;
        if self.machine_fqdn.configured {
            return format!("https://{}{root}", self.machine_fqdn.value);
        }
        let scheme = if self.listener.tls.is_some() {
            "https"
        } else {
            "http"
        };
        let mut address = self.listener.address.clone();
        if matches!(address.host.as_str(), "0.0.0.0" | "::") {
            "localhost".clone_into(&mut address.host);
        }
        format!("{scheme}://{address}{root}")
    }

    fn read(values: &mut Values) -> Self {
        let environment = Environment::read(values);
        let production = environment.is_production();
        let process = Process::read(values, environment);
        Self {
            email: Email::read(values),
            gravatar: values.flag("gravatar.enabled"),
            delete: Delete::read(values),
            ldap: Ldap::read(values),
            oauth: OAuth::read(values),
            workload_identity: WorkloadIdentity::read(values),
            first_user_admin: values.flag("first_user_admin.enabled"),
            signup: values.flag("signup.enabled"),
            display_name: values.flag("display_name.enabled"),
            check_ssl_usage: values.flag("check_ssl_usage.enabled") && production,
            registry: Registry::read(values),
            machine_fqdn: MachineFqdn::read(values, production),
            user_permission: UserPermission::read(values),
            security: Security::read(values, production),
            anonymous_browsing: values.flag("anonymous_browsing.enabled"),
            background: Background::read(values),
            pagination: Pagination::read(values),
            session: Session::read(values),
            webhooks: Webhooks::read(values),
            health_details: values.flag("health.details"),
            database: DatabaseSettings::read(values, environment, &process.data_dir),
            secrets: Secrets::read(values),
            listener: Listener::read(values),
            process,
        }
    }
}

/// Every setting there is, in the order in which they are shown.
pub fn keys() -> impl Iterator<Item = &'static Key> {
    let before = [mail::KEYS, people::KEYS, registry::KEYS, ldap::KEYS];
    let after = [
        workload::KEYS,
        scanning::KEYS,
        background::KEYS,
        process::KEYS,
        database::KEYS,
        listener::KEYS,
    ];
    before
        .into_iter()
        .chain(oauth::KEYS.iter().copied())
        .chain(after)
        .flatten()
}

#[cfg(test)]
mod tests;
