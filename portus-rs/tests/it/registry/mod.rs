//! What docker and registries ask of the service.

mod events;
