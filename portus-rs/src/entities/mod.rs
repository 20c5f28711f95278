//! The rows of the database, one file a table. Where the three databases differ is `dialect`'s business alone.

pub mod activity;
pub mod application_token;
pub mod auth_epoch;
pub mod bot_trust;
pub mod comment;
pub mod deletion;
pub mod dialect;
pub mod identity;
pub mod job_run;
mod kinds;
pub mod lease;
pub mod login_failure;
pub mod manifest;
pub mod manifest_child;
pub mod namespace;
pub mod outgoing_mail;
pub mod passkey;
pub mod passkey_challenge;
pub mod password_reset;
pub mod pending_sign_in;
pub mod provider_grant;
pub mod recovery_code;
pub mod refresh_token;
pub mod registry;
pub mod registry_event;
pub mod registry_instance;
pub mod repository;
pub mod scan_result;
pub mod second_factor;
pub mod seen_token;
pub mod session;
pub mod setting;
pub mod star;
pub mod storage;
pub mod sync_run;
pub mod tag;
pub mod team;
pub mod team_user;
pub mod traffic;
pub mod user;
pub mod vulnerability;
pub mod webhook;
pub mod webhook_delivery;
pub mod webhook_header;

pub use kinds::{
    ContentType, DeliveryState, Details, EventState, JobOutcome, RequestMethod, Role, SyncState,
    TokenHeader, TokenScope, Visibility,
};
