//! The REST API as its clients meet it.

mod lists;
mod openapi;
mod registries;
mod repositories;
mod support;
mod teams;
mod transport;
mod users;
mod visibility;
