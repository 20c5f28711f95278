//! Other servers: the registries.

use crate::{config::Config, error::Result};

/// Speaks to registries.
pub struct RegistryClients {
    http: reqwest::Client,
}

impl RegistryClients {
    pub fn new(_config: &Config) -> Result<Self> {
        Ok(Self {
            http: reqwest::Client::new(),
        })
    }

    pub async fn reachable(&self, hostname: &str, use_ssl: bool) -> Result<(), String> {
        let scheme = if use_ssl { "https" } else { "http" };
        let answer = self
            .http
            .get(format!("{scheme}://{hostname}/v2/"))
            .send()
            .await
            .map_err(|_| "SocketError: connection refused".to_owned())?;
        if matches!(answer.status().as_u16(), 200 | 401)
            && answer
                .headers()
                .contains_key("docker-distribution-api-version")
        {
            Ok(())
        } else {
            Err("Error: registry does not implement v2 of the API.".to_owned())
        }
    }
}
