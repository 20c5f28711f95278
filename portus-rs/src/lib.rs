//! An authorization service and console beside an existing Docker registry.
//!
//! Doors (`web`, `cli`, `jobs`) translate, `actions` change, `queries` look, `identity` says who asks and
//! `policy` alone says who may. `docs/ARCHITECTURE.md` is the map.

pub mod clock;
pub mod config;
pub mod database;
pub mod entities;
pub mod error;
pub mod keys;
pub mod protocol;
