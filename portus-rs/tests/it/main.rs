//! The black-box tests: one binary, real servers.

#[expect(
    dead_code,
    reason = "the harness offers more than the tests written so far use"
)]
mod support;

mod compose;
mod harness;
mod minimal;
mod registry;
