//! Other servers: the registries. One client for all of them; tokens are signed here, never fetched. Where requests may
//! go at all whose address ordinary people choose. And mail.
//! Other servers: the registries, with one client for all of them and tokens that are signed here, never fetched;
//! identity providers; and where requests may go at all whose address ordinary people choose.
//! Other servers: the registries, and the directory that knows the people. One client for all registries; tokens are
//! signed here, never fetched. And where requests may go at all whose address ordinary people choose.

mod challenge;
pub mod destination;
mod error;
mod exchange;
pub mod ldap;
mod link;
pub mod mail;
pub mod oauth;
mod pages;
mod reach;
mod registry;
mod transport;
pub mod webhook;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use crate::{
    config::Config,
    error::{Error, Result},
};

pub use error::{Absence, RegistryError, is_silence};
pub use exchange::{UNGRANTED, UNTRUSTED};
pub use pages::Pages;
pub use reach::{Check, Deletes, DeletionCheck, Reached, Trust};
pub use registry::{Fetched, Head, RegistryClient};

/// Tokens and challenges remembered.
const REMEMBERED: u64 = 4096;
/// A registry's configuration may change; its challenge is asked for again after this long.
const CHALLENGES: Duration = Duration::from_mins(10);

/// Speaks to registries: connections, tokens and what the last self-tests found.
pub struct RegistryClients {
    http: reqwest::Client,
    /// Entries asked for at once; `None` leaves it to us.
    page: Option<u32>,
    tokens: moka::sync::Cache<exchange::TokenKey, Arc<str>>,
    /// The service that a registry's own challenge names, by registry.
    services: moka::sync::Cache<i64, exchange::Asks>,
    checks: Mutex<HashMap<i64, Check>>,
    deletions: Mutex<HashMap<i64, DeletionCheck>>,
}

impl RegistryClients {
    pub fn new(config: &Config) -> Result<Self> {
        let life = config.registry.jwt_expiration_time;
        // Registries' clocks differ, and a long answer is read while the token ages.
        let keep = life
            .checked_sub(Duration::from_secs(90))
            .unwrap_or_default()
            .max(life / 2)
            .min(Duration::from_hours(1));
        Ok(Self {
            http: transport::client(config).map_err(Error::Internal)?,
            page: config.registry.catalog_page,
            tokens: moka::sync::Cache::builder()
                .max_capacity(REMEMBERED)
                .time_to_live(keep)
                .build(),
            services: moka::sync::Cache::builder()
                .max_capacity(REMEMBERED)
                .time_to_live(CHALLENGES)
                .build(),
            checks: Mutex::new(HashMap::new()),
            deletions: Mutex::new(HashMap::new()),
        })
    }

    /// What the last self-test of a registry found, for the health page.
    pub fn last_check(&self, registry_id: i64) -> Option<Check> {
        let checks = self.checks.lock().unwrap_or_else(PoisonError::into_inner);
        checks.get(&registry_id).cloned()
    }

    /// How a registry answered the last deletion that was only a question.
    pub fn last_deletion(&self, registry_id: i64) -> Option<DeletionCheck> {
        let all = self.deletions.lock();
        let all = all.unwrap_or_else(PoisonError::into_inner);
        all.get(&registry_id).cloned()
    }

    fn keep_deletion(&self, registry_id: i64, check: DeletionCheck) {
        let all = self.deletions.lock();
        let mut all = all.unwrap_or_else(PoisonError::into_inner);
        all.insert(registry_id, check);
    }

    fn keep_check(&self, registry_id: i64, check: Check) {
        let mut checks = self.checks.lock().unwrap_or_else(PoisonError::into_inner);
        checks.insert(registry_id, check);
    }
}
