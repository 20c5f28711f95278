//! The registry's language: names, scopes, tokens, events, manifests and what a sync makes of them.
//!
//! Nothing here reads a file, a clock, a socket or a row; every parser takes bytes or text that a
//! stranger may have written and answers with a value.

pub mod claims;
pub mod digest;
pub mod event;
pub mod id_token;
pub mod image_name;
pub mod manifest;
pub mod scope;
pub mod stanza;
pub mod sync_plan;
pub mod token;
