//! What handlers are given instead of a raw request.

pub mod basic;
pub mod client;
