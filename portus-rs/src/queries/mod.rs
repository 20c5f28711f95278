//! Looking without changing.

pub mod facts;
