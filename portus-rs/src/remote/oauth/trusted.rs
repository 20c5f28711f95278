//! Asks issuers that people name, and so only where requests of ordinary people may go: the host is resolved, each address
//! is looked at, and the connection goes to one of those very addresses.

use std::net::SocketAddr;

use reqwest::redirect::Policy;
use serde_json::Value;
use url::{Host, Url};

use super::{
    error::{OAuthError, Result},
    http::{PATIENCE, read},
};
use crate::{
    config::Config,
    remote::{destination, transport},
};

/// What a client is made of; one is made for each of the few requests.
pub(super) struct Trusted {
    config: Config,
}

fn forbidden(url: &Url, why: &str) -> OAuthError {
    let host = url.host_str().unwrap_or_default();
    OAuthError::failed("the issuer cannot be asked", format!("{host}: {why}"))
}

impl Trusted {
    pub fn new(config: &Config) -> Self {
        Self {
            config: config.clone(),
        }
    }

    /// The JSON at an address, if it is one where issuers may be.
    pub async fn json(&self, text: &str) -> Result<Value> {
        let places = &self.config.workload_identity.places;
        let url = Url::parse(text)
            .map_err(|error| OAuthError::failed("the issuer cannot be asked", error.to_string()))?;
        let plain = url.scheme() == "http" && destination::is_exception(&url, places);
        if url.scheme() != "https" && !plain {
            return Err(forbidden(&url, "issuers are asked by https alone"));
        }
        destination::check_url(&url, places).map_err(|_| {
            forbidden(
                &url,
                "no issuer may be there, unless workload_identity.allow_private or allow_hosts say so",
            )
        })?;
        let mut client = transport::guarded(&self.config)
            .redirect(Policy::none())
            .timeout(PATIENCE);
        if let Some(Host::Domain(name)) = url.host() {
            client = client.resolve_to_addrs(name, &self.resolve(&url, name).await?);
        }
        let client = client
            .build()
            .map_err(|error| forbidden(&url, &error.to_string()))?;
        let request = client
            .get(url)
            .header(reqwest::header::ACCEPT, "application/json");
        read(request).await?.json(text)
    }

    /// Those addresses of a host where issuers may be.
    async fn resolve(&self, url: &Url, name: &str) -> Result<Vec<SocketAddr>> {
        let places = &self.config.workload_identity.places;
        let port = url.port_or_known_default().unwrap_or(443);
        let found = tokio::net::lookup_host((name, port))
            .await
            .map_err(|error| forbidden(url, &error.to_string()))?;
        let permitted: Vec<SocketAddr> = found
            .filter(|it| destination::check_address(url, it.ip(), places).is_ok())
            .collect();
        if permitted.is_empty() {
            return Err(forbidden(
                url,
                "it leads to addresses where no issuer may be, unless workload_identity.allow_private or allow_hosts say so",
            ));
        }
        Ok(permitted)
    }
}
