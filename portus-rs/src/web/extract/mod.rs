//! What handlers ask of a request: who sends it, its parameters, which page of a list.

pub mod body;
pub mod caller;
mod form;
pub mod page;
pub mod params;
