//! The service as a process: how it starts, refuses to start, listens, stops, and shares a database with others.

mod away;
mod bounds;
mod listening;
mod providers;
mod refusals;
mod replicas;
mod secrets;
mod takeover;
