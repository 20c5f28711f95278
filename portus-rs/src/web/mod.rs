//! The door for everything over HTTP.

pub mod api;
pub mod error;
pub mod extract;
