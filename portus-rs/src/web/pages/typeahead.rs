//! What the fields of Portus' pages ask for, under the addresses that they know.

use actix_web::web::{self, ServiceConfig};

use crate::web::api::{not_found, typeahead::pages};

pub fn routes(service: &mut ServiceConfig) {
    let at = |path: &str| {
        web::resource(vec![format!("{path}.json"), path.to_owned()])
            .default_service(web::to(not_found))
    };
    service
        .service(at("/namespaces/typeahead/{q}").route(web::get().to(pages::owned_teams)))
        .service(at("/teams/typeahead/{q}").route(web::get().to(pages::teams)))
        .service(at("/teams/{id}/typeahead/{q}").route(web::get().to(pages::newcomers)));
}
