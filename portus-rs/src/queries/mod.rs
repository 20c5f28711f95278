//! Looking, changing nothing. Lists are narrowed in the database, and take a fixed number of queries a page.

pub mod access;
pub mod activities;
pub mod application_tokens;
pub mod by_name;
pub mod dead_events;
pub mod events;
pub mod explain;
pub mod facts;
pub mod filter;
pub mod health;
pub mod list;
pub mod namespaces;
pub mod registries;
pub mod repositories;
pub mod stale_tags;
pub mod sync;
pub mod tags;
pub mod teams;
pub mod users;
pub mod viewer;
