//! Looking without changing.

pub mod events;
pub mod facts;
