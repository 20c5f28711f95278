//! What docker and registries ask of the service.

mod credentials;
mod events;
mod limits;
mod throttle;
mod token;
