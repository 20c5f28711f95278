//! Looking, changing nothing. Lists are narrowed in the database, and take a fixed number of queries a page.

pub mod access;
pub mod application_tokens;
pub mod bots;
pub mod by_name;
pub mod comments;
pub mod dead_events;
pub mod deletion;
pub mod events;
pub mod facts;
pub mod health;
pub mod list;
pub mod namespaces;
pub mod presented;
pub mod registries;
pub mod repositories;
pub mod sessions;
pub mod stale_tags;
pub mod stars;
pub mod sync;
pub mod tags;
pub mod teams;
pub mod typeahead;
pub mod users;
pub mod viewer;
pub mod vulnerabilities;
pub mod webhooks;
