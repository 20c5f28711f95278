//! The door for everything that happens by itself.

pub mod registry_events;
