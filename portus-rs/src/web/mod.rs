//! The door for everything over HTTP.

pub mod api;
pub mod error;
pub mod extract;
pub mod markdown;
pub mod pages;
pub mod registry;
mod routing;
mod server;
mod tls;

use actix_web::web;

use routing::Routing;

pub use server::{Running, start};
pub use tls::Certificate;

/// Largest body of a request, in bytes; the inbox for events has its own bound.
const BODY: usize = 1024 * 1024;

/// Every URL, on one page.
pub fn routes(service: &mut web::ServiceConfig) {
    let mut others = Routing::default();
    service.app_data(web::PayloadConfig::new(BODY));
    registry::routes(service);
    api::routes(service, &mut others);
    pages::routes(service, &mut others);
    service.default_service(others.service(pages::fault::missing()));
}
