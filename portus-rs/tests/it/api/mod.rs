//! The REST API as its clients meet it.

mod lists;
mod openapi;
mod presentations;
mod registries;
mod repositories;
mod sessions;
mod support;
mod teams;
mod transport;
mod typeahead;
mod users;
mod visibility;
