//! The rows of the database, one file a table. Where the three databases differ is `dialect`'s business alone.

pub mod activity;
pub mod application_token;
pub mod auth_epoch;
pub mod dialect;
mod kinds;
pub mod lease;
pub mod manifest;
pub mod manifest_child;
pub mod namespace;
pub mod refresh_token;
pub mod registry;
pub mod registry_event;
pub mod registry_instance;
pub mod repository;
pub mod session;
pub mod setting;
pub mod sync_run;
pub mod tag;
pub mod team;
pub mod team_user;
pub mod user;

pub use kinds::{Details, EventState, Role, SyncState, TokenHeader, Visibility};
