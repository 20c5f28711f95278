//! What docker and registries ask of the service.

mod client;
mod credentials;
mod crowds;
mod events;
mod forgeries;
mod guesses;
mod limits;
mod names;
mod proxies;
mod recorded;
mod search;
mod throttle;
mod token;
