//! Looking without changing.

pub mod access;
pub mod by_name;
pub mod events;
pub mod facts;
