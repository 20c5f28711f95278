//! What docker and the registry ask: tokens, whether we are there, and the keys that tokens are checked with.

mod error;
mod events;
mod jwks;
mod ping;
mod token;

use actix_web::web;

pub use error::RegistryError;

pub fn routes(service: &mut web::ServiceConfig) {
    service
        .service(token::get)
        .service(token::post)
        .service(ping::ping)
        .service(events::receive)
        .service(jwks::jwks);
}
