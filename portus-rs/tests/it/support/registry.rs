//! A real registry: Debian's `docker-registry`, or the one that `REGISTRY_BIN` names.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::process::{self, Server, Signal};
use super::{http, room};

/// What the registry is configured with, before it starts.
pub struct Builder {
    port: u16,
    config: Value,
    variables: Vec<(String, String)>,
}

/// The registry's `auth.token` section.
pub struct TokenAuth<'a> {
    pub realm: &'a str,
    pub service: &'a str,
    pub issuer: &'a str,
    pub certificates: &'a Path,
}

impl Builder {
    /// The port is known before the start, since the other side must be told of it.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    #[must_use]
    pub fn token_auth(self, auth: &TokenAuth) -> Self {
        self.merge(json!({"auth": {"token": {
            "realm": auth.realm,
            "service": auth.service,
            "issuer": auth.issuer,
            "rootcertbundle": auth.certificates,
        }}}))
    }

    /// Sends events to `url`, with the header that proves who sends them.
    #[must_use]
    pub fn notify(self, url: &str, authorization: Option<&str>) -> Self {
        let headers =
            authorization.map_or_else(|| json!({}), |value| json!({"Authorization": [value]}));
        self.merge(json!({"notifications": {
            "events": {"includereferences": true},
            "endpoints": [{
                "name": "portus",
                "url": url,
                "headers": headers,
                "timeout": "5s",
                "threshold": 3,
                "backoff": "300ms",
            }],
        }}))
    }

    #[must_use]
    pub fn without_deletion(self) -> Self {
        self.merge(json!({"storage": {"delete": {"enabled": false}}}))
    }

    #[must_use]
    pub fn without_catalog(self) -> Self {
        self.merge(json!({"catalog": {"maxentries": 0}}))
    }

    #[must_use]
    pub fn read_only(self) -> Self {
        self.merge(json!({"storage": {"maintenance": {"readonly": {"enabled": true}}}}))
    }

    /// Sets a variable, `REGISTRY_…` among them, which the registry lays on its file.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Leaves only where to listen; everything else has to come from [`Self::env`].
    #[must_use]
    pub fn without_configuration(mut self) -> Self {
        self.config = json!({"version": 0.1, "http": {"addr": self.address()}});
        self
    }

    /// Adds what `portus-rs registry-config` printed, or any other YAML.
    #[must_use]
    pub fn stanza(self, yaml: &str) -> Self {
        let stanza: Value = serde_yaml::from_str(yaml)
            .unwrap_or_else(|error| panic!("the stanza is no YAML: {error}\n{yaml}"));
        self.merge(stanza)
    }

    /// Lays `over` on the configuration, section by section.
    #[must_use]
    pub fn merge(mut self, over: Value) -> Self {
        merge(&mut self.config, over);
        self
    }

    /// Starts the registry with nothing in it.
    pub fn start(self) -> Registry {
        let directory = tempfile::tempdir().expect("make a directory for the registry");
        let storage = directory.path().join("storage");
        let address = self.address();
        let Self {
            config, variables, ..
        } = self.merge(json!({"storage": {"filesystem": {"rootdirectory": storage}}}));
        let mut registry = Registry {
            address,
            directory,
            variables,
            server: None,
        };
        registry.configure(&config);
        registry.start();
        registry
    }
}

/// A registry with its storage; both go when this is dropped.
pub struct Registry {
    /// `host:port`.
    pub address: String,
    // Before the directory: it must be gone when that is removed.
    server: Option<Server>,
    variables: Vec<(String, String)>,
    directory: TempDir,
}

impl Registry {
    /// A registry with deletion on, as Portus asks for, and nobody guarding it.
    pub fn builder() -> Builder {
        let port = room::free_port();
        Builder {
            port,
            variables: Vec::new(),
            config: json!({
                "version": 0.1,
                "log": {"level": "info", "accesslog": {"disabled": false}},
                "storage": {
                    "cache": {"blobdescriptor": "inmemory"},
                    "delete": {"enabled": true},
                },
                "http": {
                    "addr": format!("127.0.0.1:{port}"),
                    "secret": "only for tests",
                    "headers": {"X-Content-Type-Options": ["nosniff"]},
                },
            }),
        }
    }

    /// The address as users type it, with `/v2/…` to follow.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Replaces the configuration for the next start.
    fn configure(&self, config: &Value) {
        // YAML is a superset of JSON.
        std::fs::write(self.config_file(), config.to_string())
            .expect("write the registry's configuration");
    }

    /// Changes the configuration and restarts, keeping port and storage.
    pub fn reconfigure(&mut self, over: Value) {
        let text = std::fs::read_to_string(self.config_file()).expect("read it back");
        let mut config: Value = serde_json::from_str(&text).expect("we wrote it");
        merge(&mut config, over);
        self.stop();
        self.configure(&config);
        self.start();
    }

    /// Starts a stopped registry on its old port.
    pub fn start(&mut self) {
        let mut command = process::guarded(&registry_program(), Signal::Kill);
        command
            .arg("serve")
            .arg(self.config_file())
            // 3.x would look for a collector.
            .env("OTEL_TRACES_EXPORTER", "none")
            .envs(self.variables.iter().map(|(name, value)| (name, value)));
        let mut server = Server::start("registry", command, &self.log_file(), Signal::Kill);
        server.until_ready(Duration::from_secs(30), || {
            // With TLS it answers that one should speak TLS.
            matches!(http::status(&self.address, "/v2/"), Some(200 | 400 | 401))
        });
        self.server = Some(server);
    }

    /// Stops it at once; queued events are lost, as at any registry's end.
    pub fn stop(&mut self) {
        self.server = None;
    }

    pub fn restart(&mut self) {
        self.stop();
        self.start();
    }

    /// Lets it hang: connections are taken and nothing is answered.
    pub fn pause(&self) {
        self.running().pause();
    }

    pub fn resume(&self) {
        self.running().signal(Signal::Continue);
    }

    /// Everything it has logged, over restarts.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    /// Where the blobs are, to look at or to damage.
    pub fn storage(&self) -> PathBuf {
        self.directory.path().join("storage/docker/registry/v2")
    }

    /// The file it runs with.
    pub fn configuration(&self) -> PathBuf {
        self.config_file()
    }

    fn running(&self) -> &Server {
        self.server.as_ref().expect("the registry is running")
    }

    fn config_file(&self) -> PathBuf {
        self.directory.path().join("config.yml")
    }

    fn log_file(&self) -> PathBuf {
        self.directory.path().join("registry.log")
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "REGISTRY_BIN belongs to the tests, not to the service's configuration"
)]
fn registry_program() -> PathBuf {
    std::env::var("REGISTRY_BIN")
        .map_or_else(|_| process::need_program("docker-registry"), PathBuf::from)
}

fn merge(under: &mut Value, over: Value) {
    match (under, over) {
        (Value::Object(under), Value::Object(over)) => {
            for (key, value) in over {
                merge(under.entry(key).or_insert(Value::Null), value);
            }
        }
        (under, over) => *under = over,
    }
}
