//! Changing: one function for each thing that people do, used by every door.

pub mod application_tokens;
pub mod bots;
pub mod catalog;
pub mod change;
pub mod comments;
pub mod deletion;
pub mod groups;
pub mod homes;
pub mod identities;
pub mod inbox;
pub mod manifests;
pub mod members;
pub mod namespaces;
pub mod refresh_tokens;
pub mod registries;
pub mod replicas;
pub mod repositories;
pub mod sessions;
pub mod stars;
pub mod sync_runs;
pub mod tags;
pub mod teams;
pub mod trusts;
pub mod users;
pub mod vulnerabilities;
pub mod webhooks;
