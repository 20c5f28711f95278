//! The REST API as its clients meet it.

mod comments;
mod deletion;
mod deliveries;
mod lists;
mod openapi;
mod registries;
mod repositories;
mod stars;
mod support;
mod teams;
mod transport;
mod users;
mod visibility;
mod vulnerabilities;
mod webhook_headers;
mod webhooks;
