//! The door for everything over HTTP.

pub mod extract;
pub mod registry;
mod server;
mod tls;

use actix_web::web;

pub use server::{Running, start};
pub use tls::Certificate;

/// Every URL, on one page.
pub fn routes(service: &mut web::ServiceConfig) {
    registry::routes(service);
}
