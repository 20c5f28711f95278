//! The REST API as its clients meet it.

mod bots;
mod limited_tokens;
mod lists;
mod openapi;
mod registries;
mod repositories;
mod support;
mod switches;
mod teams;
mod transport;
mod users;
mod visibility;
