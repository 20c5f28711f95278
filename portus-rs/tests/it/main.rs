//! The black-box tests: one binary, real servers.
#![expect(
    clippy::unwrap_used,
    reason = "what stops a test may panic: the line is all one needs"
)]

#[expect(
    dead_code,
    reason = "the harness offers more than the tests written so far use"
)]
mod support;

mod acceptance;
mod accounts;
mod api;
mod cli;
mod compose;
mod deletion;
mod harness;
mod house;
mod jobs;
mod ldap;
mod minimal;
mod pages;
mod pushes;
mod registry;
mod schema;
mod schemathesis;
mod service;
mod sso;
mod sync;
