//! Other servers: the registries.

use crate::{config::Config, error::Result};

/// Speaks to registries.
pub struct RegistryClients {}

impl RegistryClients {
    pub fn new(_config: &Config) -> Result<Self> {
        Ok(Self {})
    }
}
