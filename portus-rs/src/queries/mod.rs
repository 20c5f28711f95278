//! Looking without changing.

pub mod access;
pub mod events;
pub mod facts;
