//! What handlers ask of a request: who sends it and from where, its parameters, which page of a list.

pub mod basic;
pub mod body;
pub mod caller;
pub mod client;
pub mod declare;
pub mod filters;
mod form;
pub mod page;
pub mod params;
pub mod session;
