//! Who is asking.

pub mod actor;
pub mod bearer;
pub mod credentials;
pub mod ldap;
pub mod names;
pub mod oauth;
pub mod passkey;
pub mod password;
pub mod secret;
pub mod seen;
pub mod session;
pub mod sign_in;
pub mod throttle;
pub mod totp;
pub mod turns;
pub mod usage;
pub mod workload;
