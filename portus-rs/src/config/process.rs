//! What this process is: its role, its files, its logs, its secrets.

use std::path::{Path, PathBuf};

use super::key::{Key, Kind};
use super::{Secret, Values, samples};

pub(super) const KEYS: &[Key] = &[
    Key::new(
        "PORTUS_SECRET_KEY_BASE",
        Kind::Text,
        "",
        "Signs and encrypts what browsers keep, and the passwords of webhooks. Unset: generated once, kept in the data directory.",
    )
    .legacy(&["SECRETS_SECRET_KEY_BASE"])
    .secret(),
    Key::new(
        "PORTUS_KEY_PATH",
        Kind::File,
        "",
        "Private key (PEM, RSA or EC) that signs tokens for the registry. Unset: generated once, kept in the data directory.",
    )
    .legacy(&["SECRETS_ENCRYPTION_PRIVATE_KEY_PATH", "PORTUS_ENCRYPTION_PRIVATE_KEY_PATH"]),
    Key::new(
        "PORTUS_CERT_PATH",
        Kind::File,
        "",
        "Certificate of that key, as in the registry's `rootcertbundle`. Unset: looked for beside the key.",
    )
    .since("portus-rs"),
    Key::new(
        "PORTUS_PASSWORD",
        Kind::Text,
        "",
        "Password of the hidden account `portus`; unset leaves it without one.",
    )
    .legacy(&["SECRETS_PORTUS_PASSWORD", "PORTUS_PORTUS_PASSWORD"])
    .secret(),
    Key::new(
        "PORTUS_DATA_DIR",
        Kind::Path,
        "",
        "Where the SQLite database and generated keys are kept. Unset: `/var/lib/portus-rs` when that exists and is writable, else `./data`.",
    )
    .since("portus-rs"),
    Key::new(
        "PORTUS_BACKGROUND",
        Kind::Switch,
        "false",
        "Run the background work only, without HTTP.",
    ),
    Key::new("PORTUS_INIT_COMMAND", Kind::Text, "", "Command to run instead of the server. Its arguments may be passwords.",
    ).secret(),
    Key::new(
        "PORTUS_LOG_LEVEL",
        Kind::Choice(&[
            ("", ""),
            ("debug", "debug"),
            ("info", "info"),
            ("warn", "warn"),
            ("error", "error"),
            ("fatal", "error"),
            ("unknown", "error"),
        ]),
        "",
        "Least level to log; by default `info`, in development and test `debug`.",
    ),
    Key::new(
        "PORTUS_LOG_FORMAT",
        Kind::Choice(&[("", "human"), ("human", "human"), ("text", "human"), ("json", "json")]),
        "human",
        "Log lines for people, or one JSON object each.",
    )
    .since("portus-rs"),
    Key::new("DEBUG", Kind::Text, "", "`true` logs at level `debug` unless PORTUS_LOG_LEVEL is set.").since("legacy"),
    Key::new("RAILS_ENV", ENVIRONMENTS, "", "Environment the service runs in; by default `production`."),
    Key::new("RACK_ENV", ENVIRONMENTS, "", "The same, when RAILS_ENV is not set."),
    Key::new("TZ", Kind::Text, "", "Time zone in which cron lines are read; by default UTC. Pages and API tell times in UTC."),
    Key::new("PORTUS_USE_SSL", Kind::Switch, "false", "In development, write `https` into links of mails.")
        .ignored("links begin with machine_fqdn.external_url"),
    Key::new(
        "PORTUS_INIT_REGISTRY_NAME",
        Kind::Text,
        "registry",
        "Name of a registry to create at the first start.",
    ),
    Key::new("PORTUS_INIT_REGISTRY_HOSTNAME", Kind::Text, "", "Its host name and port; needed to create it."),
    Key::new("PORTUS_INIT_REGISTRY_USE_SSL", Kind::Text, "", "Whether it speaks TLS; needed to create it."),
    Key::new(
        "PORTUS_INIT_REGISTRY_EXTERNAL_HOSTNAME",
        Kind::Text,
        "",
        "Name under which people know it, when it is another.",
    )
    .since("portus-rs"),
    Key::new("PORTUS_FORCE_DIGEST_UPDATE", Kind::Presence, "", "`portus:update_tags` does not ask back."),
    Key::new("PORTUS_HEALTH_QUIET", Kind::Presence, "", "`health` prints nothing."),
    Key::new("PORTUS_HEALTH_COMPONENT_1", Kind::Text, "", "A component that `health` checks."),
    Key::new("PORTUS_HEALTH_COMPONENT_2", Kind::Text, "", "Another."),
    Key::new("PORTUS_HEALTH_COMPONENT_3", Kind::Text, "", "Another."),
    Key::new("PORTUS_HEALTH_COMPONENT_4", Kind::Text, "", "Another."),
    Key::new("PORTUS_HEALTH_COMPONENT_5", Kind::Text, "", "Another."),
    Key::new(
        "PORTUS_CA_DIR",
        Kind::Path,
        "",
        "Directory whose `*.crt` are trusted, besides `/certificates` and the system's own.",
    )
    .since("portus-rs"),
    Key::new("SSL_CERT_DIR", Kind::Text, "", "Directories of trusted certificates, besides the system's own."),
    Key::new("SSL_CERT_FILE", Kind::Path, "", "File of trusted certificates, besides the system's own."),
    Key::new("CCONFIG_PREFIX", Kind::Text, "PORTUS", "First word of the variables that stand for keys of the configuration file."),
    Key::new("PORTUS_LOCAL_CONFIG_PATH", Kind::Path, "config/config-local.yml", "The configuration file."),
    Key::new("PORTUS_GEM_GLOBAL", Kind::Text, "", "Of the build of Portus.").ignored("nothing is installed at start"),
];

const ENVIRONMENTS: Kind = Kind::Choice(&[
    ("", ""),
    ("production", "production"),
    ("staging", "staging"),
    ("development", "development"),
    ("test", "test"),
]);

/// What Rails calls its environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    Production,
    Staging,
    Development,
    Test,
}

impl Environment {
    pub(super) fn read(values: &Values) -> Self {
        let name = values
            .optional("RAILS_ENV")
            .or_else(|| values.optional("RACK_ENV"));
        match name.as_deref() {
            Some("staging") => Self::Staging,
            Some("development") => Self::Development,
            Some("test") => Self::Test,
            _ => Self::Production,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Staging => "staging",
            Self::Development => "development",
            Self::Test => "test",
        }
    }

    pub fn is_production(self) -> bool {
        self == Self::Production
    }
}

#[derive(Debug, Clone)]
pub struct Process {
    pub environment: Environment,
    /// Jobs without HTTP.
    pub background_only: bool,
    /// Words to run instead of the server; a password may be among them.
    pub init_command: Option<Secret>,
    pub log_level: LogLevel,
    pub log_format: LogFormat,
    /// Not created yet, perhaps.
    pub data_dir: PathBuf,
    pub init_registry: Option<InitRegistry>,
    /// More certificates to trust; every `*.crt` in it.
    pub ca_dir: Option<PathBuf>,
    /// More certificates to trust, as OpenSSL names them.
    pub ssl_cert_dirs: Vec<PathBuf>,
    pub ssl_cert_file: Option<PathBuf>,
    pub force_digest_update: bool,
    pub health_quiet: bool,
    /// Components that the `health` command checks.
    pub health_components: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogLevel {
    Debug,
    Info,
    Warn,
    Error,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    Human,
    Json,
}

/// A registry to create when there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InitRegistry {
    pub name: String,
    pub hostname: String,
    pub use_ssl: bool,
    pub external_hostname: Option<String>,
}

impl Process {
    pub(super) fn read(values: &mut Values, environment: Environment) -> Self {
        let level = values.optional("PORTUS_LOG_LEVEL");
        let verbose = environment != Environment::Production && environment != Environment::Staging;
        let log_level = match level.as_deref() {
            Some("debug") => LogLevel::Debug,
            Some("warn") => LogLevel::Warn,
            Some("error") => LogLevel::Error,
            None if verbose || values.text("DEBUG") == "true" => LogLevel::Debug,
            _ => LogLevel::Info,
        };
        if level.is_none() && values.text("DEBUG") == "true" {
            values.warn("DEBUG is a former name; use PORTUS_LOG_LEVEL=debug instead".to_owned());
        }
        Self {
            environment,
            background_only: values.flag("PORTUS_BACKGROUND"),
            init_command: values.secret("PORTUS_INIT_COMMAND"),
            log_level,
            log_format: if values.text("PORTUS_LOG_FORMAT") == "json" {
                LogFormat::Json
            } else {
                LogFormat::Human
            },
            data_dir: data_dir(values, Path::new("/var/lib/portus-rs")),
            init_registry: init_registry(values),
            ca_dir: values.path("PORTUS_CA_DIR"),
            ssl_cert_dirs: values
                .text("SSL_CERT_DIR")
                .split(':')
                .filter(|dir| !dir.is_empty())
                .map(|dir| values.root().join(dir))
                .collect(),
            ssl_cert_file: values.path("SSL_CERT_FILE"),
            force_digest_update: values.flag("PORTUS_FORCE_DIGEST_UPDATE"),
            health_quiet: values.flag("PORTUS_HEALTH_QUIET"),
            health_components: (1..=5)
                .filter_map(|n| values.optional(&format!("PORTUS_HEALTH_COMPONENT_{n}")))
                .collect(),
        }
    }
}

/// Looks, but makes nothing: `portus:info` asks too.
pub(super) fn data_dir(values: &Values, usual: &Path) -> PathBuf {
    if let Some(dir) = values.path("PORTUS_DATA_DIR") {
        return dir;
    }
    let writable = rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK;
    if usual.is_dir() && rustix::fs::access(usual, writable).is_ok() {
        usual.to_owned()
    } else {
        values.root().join("data")
    }
}

fn init_registry(values: &mut Values) -> Option<InitRegistry> {
    let hostname = values.optional("PORTUS_INIT_REGISTRY_HOSTNAME");
    let use_ssl = values.optional("PORTUS_INIT_REGISTRY_USE_SSL");
    let (hostname, use_ssl) = match (hostname, use_ssl) {
        (Some(hostname), Some(use_ssl)) => (hostname, use_ssl),
        (None, None) => return None,
        _ => {
            values.warn(
                "no registry is created at start: that takes both PORTUS_INIT_REGISTRY_HOSTNAME \
                 and PORTUS_INIT_REGISTRY_USE_SSL"
                    .to_owned(),
            );
            return None;
        }
    };
    let Some(use_ssl) = super::coerce::boolean(&use_ssl) else {
        values.refuse("PORTUS_INIT_REGISTRY_USE_SSL", super::coerce::BOOLEAN_FIX);
        return None;
    };
    Some(InitRegistry {
        name: values
            .optional("PORTUS_INIT_REGISTRY_NAME")
            .unwrap_or_else(|| "registry".to_owned()),
        hostname,
        use_ssl,
        external_hostname: values.optional("PORTUS_INIT_REGISTRY_EXTERNAL_HOSTNAME"),
    })
}

/// Secrets that configuration brings. What is missing is generated, elsewhere.
#[derive(Debug, Clone)]
pub struct Secrets {
    pub secret_key_base: Option<Secret>,
    /// The key that signs registry tokens.
    pub key_path: Option<PathBuf>,
    pub cert_path: Option<PathBuf>,
    /// Of the hidden account `portus`.
    pub portus_password: Option<Secret>,
}

/// Short key bases are guessed sooner, but 2.0 allowed them.
const SHORT_KEY_BASE: usize = 30;

impl Secrets {
    pub(super) fn read(values: &mut Values) -> Self {
        let mut secret_key_base = values.secret("PORTUS_SECRET_KEY_BASE");
        if let Some(secret) = &secret_key_base {
            if samples::is_key_base(secret.expose()) {
                values.warn(
                    "PORTUS_SECRET_KEY_BASE holds a published sample, so it counts as unset; \
                     set it to the output of `openssl rand -hex 64`, or leave it out to have one generated"
                        .to_owned(),
                );
                secret_key_base = None;
            } else if secret.expose().chars().count() < SHORT_KEY_BASE {
                values.warn(format!(
                    "PORTUS_SECRET_KEY_BASE is shorter than {SHORT_KEY_BASE} characters; \
                     set it to the output of `openssl rand -hex 64`"
                ));
            }
        }
        let mut portus_password = values.secret("PORTUS_PASSWORD");
        if portus_password
            .as_ref()
            .is_some_and(|password| samples::is_password(password.expose()))
        {
            values.warn(
                "PORTUS_PASSWORD holds a published sample, so it counts as unset; choose another"
                    .to_owned(),
            );
            portus_password = None;
        }
        let unset = secret_key_base.is_none() && values.path("PORTUS_KEY_PATH").is_none();
        if unset && values.root().join("config/secrets.yml").is_file() {
            values.warn(
                "config/secrets.yml is not read; set PORTUS_SECRET_KEY_BASE, PORTUS_KEY_PATH and PORTUS_PASSWORD instead"
                    .to_owned(),
            );
        }
        Self {
            secret_key_base,
            key_path: values.file("PORTUS_KEY_PATH"),
            cert_path: values.file("PORTUS_CERT_PATH"),
            portus_password,
        }
    }
}
