//! The REST API as its clients meet it.

mod lists;
mod registries;
mod repositories;
mod sessions;
mod support;
mod teams;
mod transport;
mod users;
mod visibility;
