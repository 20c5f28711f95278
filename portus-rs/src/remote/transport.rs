//! The one HTTP client for registries: whom it trusts, where it may connect, what it follows.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context as _;
use reqwest::{
    Certificate, Client, ClientBuilder,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect::Policy,
};

use super::destination::{self, Place};
use crate::config::Config;

const USER_AGENT: &str = concat!("portus-rs/", env!("CARGO_PKG_VERSION"));
/// Where containers mount certificates, besides the configured directory.
const CERTIFICATES: &str = "/certificates";

/// Builds the client from the configuration.
pub(super) fn client(config: &Config) -> anyhow::Result<Client> {
    let settings = &config.registry;
    guarded(config)
        .connect_timeout(settings.timeout)
        .read_timeout(settings.read_timeout)
        .redirect(Policy::custom(|attempt| {
            let origin = attempt.previous().first().map(reqwest::Url::origin);
            if attempt.previous().len() <= 3 && origin == Some(attempt.url().origin()) {
                attempt.follow()
            } else {
                attempt.stop()
            }
        }))
        .pool_max_idle_per_host(16)
        .build()
        .context("cannot set up the client for registries")
}

/// What holds for requests to any server that only admins name: whom they trust, and where they do not connect.
pub(super) fn guarded(config: &Config) -> ClientBuilder {
    Client::builder()
        .user_agent(USER_AGENT)
        // A registry stands beside us; a proxy would see tokens, and would connect where we refuse to.
        .no_proxy()
        .dns_resolver(Arc::new(Guarded))
        .tls_certs_merge(extra_certificates(config))
}

/// Certificates of authorities that this installation trusts besides the system's own.
fn extra_certificates(config: &Config) -> Vec<Certificate> {
    let mut found = Vec::new();
    for path in authorities(config) {
        read_certificates(&path, &mut found);
    }
    found
}

/// The files of these certificates.
pub(super) fn authorities(config: &Config) -> Vec<PathBuf> {
    let process = &config.process;
    let mut found = Vec::new();
    let directories = [Path::new(CERTIFICATES)]
        .into_iter()
        .chain(process.ca_dir.as_deref())
        .chain(process.ssl_cert_dirs.iter().map(PathBuf::as_path));
    for directory in directories {
        let Ok(entries) = std::fs::read_dir(directory) else {
            continue;
        };
        for entry in entries.flatten() {
            let path = entry.path();
            let known = path
                .extension()
                .is_some_and(|it| it.eq_ignore_ascii_case("crt") || it.eq_ignore_ascii_case("pem"));
            if known {
                found.push(path);
            }
        }
    }
    found.extend(process.ssl_cert_file.clone());
    found
}

fn read_certificates(path: &Path, found: &mut Vec<Certificate>) {
    let read = std::fs::read(path)
        .map_err(|error| error.to_string())
        .and_then(|pem| Certificate::from_pem_bundle(&pem).map_err(|error| error.to_string()));
    match read {
        Ok(certificates) => found.extend(certificates),
        Err(error) => tracing::warn!(
            "The certificate {} cannot be read and is not trusted: {error}",
            path.display()
        ),
    }
}

/// Addresses at which no registry is: link-local ones, where clouds keep their secrets, and those of nobody. It may well
/// stand on this machine or in a private network.
pub(super) fn is_forbidden(address: IpAddr) -> bool {
    address.to_canonical().is_unspecified()
        || matches!(
            destination::place_of(address),
            Some(Place::LinkLocal | Place::Metadata | Place::Unusable)
        )
}

/// A name that leads only to addresses where no registry may be.
#[derive(Debug)]
pub(super) struct Forbidden;

impl fmt::Display for Forbidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name leads to a link-local or metadata address, where no registry may be")
    }
}

impl std::error::Error for Forbidden {}

/// Resolves names to permitted addresses only; the connection goes to what was resolved here.
struct Guarded;

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<SocketAddr> =
                tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let any = !found.is_empty();
            let permitted: Vec<SocketAddr> = found
                .into_iter()
                .filter(|address| !is_forbidden(address.ip()))
                .collect();
            if any && permitted.is_empty() {
                return Err(Forbidden.into());
            }
            let addresses: Addrs = Box::new(permitted.into_iter());
            Ok(addresses)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_addresses_are_forbidden_in_every_spelling() {
        for text in [
            "169.254.169.254",
            "169.254.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::a9fe:a9fe",
            "2002:a9fe:a9fe::1",
            "fe80::1",
            "fd00:ec2::254",
            "0.0.0.0",
            "::",
            "224.0.0.1",
            "100.100.100.200",
        ] {
            assert!(is_forbidden(text.parse().unwrap()), "{text}");
        }
        for text in [
            "127.0.0.1",
            "::1",
            "10.0.0.1",
            "192.168.1.1",
            "::ffff:10.0.0.1",
            "fd00::1",
            "8.8.8.8",
        ] {
            assert!(!is_forbidden(text.parse().unwrap()), "{text}");
        }
    }
}
