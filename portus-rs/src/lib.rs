//! An authorization service and console beside an existing Docker registry.
//!
//! Doors (`web`, `cli`, `jobs`) translate, `actions` change, `queries` look, `identity` says who asks and
//! `policy` alone says who may. `docs/ARCHITECTURE.md` is the map.

pub mod actions;
pub mod activity;
pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod database;
pub mod entities;
pub mod error;
pub mod identity;
pub mod intake;
pub mod jobs;
pub mod keys;
pub mod logging;
pub mod policy;
pub mod protocol;
pub mod queries;
pub mod remote;
pub mod web;
