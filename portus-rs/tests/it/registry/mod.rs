//! What docker and registries ask of the service.

mod credentials;
mod events;
mod search;
mod token;
