//! The REST API as its clients meet it.

mod bots;
mod comments;
mod conformance;
mod deletion;
mod deliveries;
mod limited_tokens;
mod lists;
mod openapi;
mod operations;
mod registries;
mod repositories;
mod stars;
mod support;
mod switches;
mod teams;
mod transport;
mod users;
mod visibility;
mod vulnerabilities;
mod webhook_headers;
mod webhooks;
