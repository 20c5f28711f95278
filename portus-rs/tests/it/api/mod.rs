//! The REST API as its clients meet it.

mod conformance;
mod lists;
mod openapi;
mod operations;
mod registries;
mod repositories;
mod support;
mod teams;
mod transport;
mod users;
mod visibility;
