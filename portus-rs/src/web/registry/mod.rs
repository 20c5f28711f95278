//! What docker and the registry ask: tokens, whether we are there, what there is, and the keys that tokens are checked
//! with.

mod error;
mod events;
mod hosts;
mod jwks;
mod ping;
mod search;
mod token;

use actix_web::web;

pub use error::RegistryError;

pub fn routes(service: &mut web::ServiceConfig) {
    service
        .service(token::get)
        .service(token::post)
        .service(
            web::resource(vec!["/v2", "/v2/"])
                .route(web::get().to(ping::ping))
                .route(web::head().to(ping::ping)),
        )
        .service(events::receive)
        .service(search::ping)
        .service(search::search)
        .service(jwks::jwks);
}
