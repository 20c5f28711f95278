//! The door for people with a shell.

pub mod serve;
