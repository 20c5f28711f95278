//! The compose set-up without containers: the services' environments as docker-compose
//! makes them of the files, with names and paths that exist only in the network and in
//! the images replaced by what stands for them here.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::databases::TestDatabase;
use super::nginx::{self, Nginx, compose_directory};
use super::portus::Portus;
use super::process;
use super::registry::Registry;

/// nginx in front of a registry and portus-rs, all configured by `compose/`.
pub struct Stack {
    pub nginx: Nginx,
    pub registry: Registry,
    pub portus: Portus,
}

impl Stack {
    /// Starts everything; portus-rs keeps its rows in `database`.
    pub fn start(database: &TestDatabase) -> Self {
        let front = Nginx::builder();
        let name = front.address();
        let file = Path::new("docker-compose.yml");

        let mut service = Portus::builder();
        for (variable, value) in environment(file, "portus", &name) {
            let ours = [
                // Given by the builder: address and data directory of this test.
                "PORTUS_PUMA_HOST",
                "PORTUS_DATA_DIR",
                // Given by the test's database, below.
                "PORTUS_DB_PASSWORD_FILE",
            ];
            if !ours.contains(&variable.as_str()) {
                service = service.env(&variable, in_place(&value, &front));
            }
        }
        service = service
            .env(
                "PORTUS_CA_DIR",
                front.directory().join("certificates").to_string_lossy(),
            )
            .database(database);

        let mut registry = Registry::builder().without_configuration();
        for (variable, value) in environment(file, "registry", &name) {
            if variable != "REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY" {
                registry = registry.env(&variable, &in_place(&value, &front));
            }
        }
        // The file that the image would have in its directory of authorities.
        registry = registry.env(
            "SSL_CERT_FILE",
            &front
                .directory()
                .join("certificates/ca.crt")
                .to_string_lossy(),
        );

        let (portus_address, registry_address) = (service.address(), registry.address());
        let nginx = front.start(&portus_address, &registry_address);
        let portus = service.start();
        let registry = registry.start();
        Self {
            nginx,
            registry,
            portus,
        }
    }
}

/// The variables of a service, as `docker-compose config` evaluates them.
pub fn environment(file: &Path, service: &str, machine_fqdn: &str) -> BTreeMap<String, String> {
    let evaluated = evaluate(file, machine_fqdn, "");
    let variables = evaluated["services"][service]["environment"]
        .as_object()
        .unwrap_or_else(|| panic!("{} has no service '{service}'", file.display()));
    variables
        .iter()
        .map(|(name, value)| {
            let text = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            (name.clone(), text)
        })
        .collect()
}

/// A compose file as docker-compose reads it.
///
/// # Panics
/// When it does not accept the file.
pub fn evaluate(file: &Path, machine_fqdn: &str, events_header: &str) -> Value {
    // It insists on the files of the secrets no more than on a started daemon.
    let checked = Command::new(process::need_program("docker-compose"))
        .arg("--project-directory")
        .arg(compose_directory())
        .arg("-f")
        .arg(compose_directory().join(file))
        .arg("config")
        .env("MACHINE_FQDN", machine_fqdn)
        .env("EVENTS_HEADER", events_header)
        .output()
        .expect("run docker-compose");
    assert!(
        checked.status.success(),
        "docker-compose refuses {}: {}",
        file.display(),
        String::from_utf8_lossy(&checked.stderr)
    );
    serde_yaml::from_slice(&checked.stdout).expect("it prints YAML")
}

/// Where the images' paths are on this machine.
fn in_place(value: &str, front: &nginx::Builder) -> String {
    let made = front.directory().display();
    value
        .replace("/run/secrets/", &format!("{made}/secrets/"))
        .replace(
            "/etc/portus-rs/token.crt",
            &format!("{made}/certificates/token.crt"),
        )
        .replace(
            "/etc/registry/token.crt",
            &format!("{made}/certificates/token.crt"),
        )
}
