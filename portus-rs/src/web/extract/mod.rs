//! What handlers are given instead of a raw request: who sends it, its parameters, which page of a list.

pub mod basic;
pub mod body;
pub mod caller;
pub mod client;
mod form;
pub mod page;
pub mod params;
