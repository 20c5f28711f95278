//! An authorization service and console beside an existing Docker registry.

pub mod keys;
pub mod protocol;
