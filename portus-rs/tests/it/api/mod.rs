//! The REST API as its clients meet it.

mod audit;
mod counting;
mod explain;
mod filters;
mod lists;
mod openapi;
mod registries;
mod repositories;
mod support;
mod teams;
mod transport;
mod users;
mod visibility;
