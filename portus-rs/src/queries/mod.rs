//! Looking without changing.

pub mod access;
pub mod facts;
pub mod sync;
