//! What search engines may look at: images that are for everybody to find.

use std::rc::Rc;

use actix_web::HttpResponse;

use crate::web::routing::{Answer, Routing};

pub fn routes(routing: &mut Routing) {
    let answer: Answer = Rc::new(|app, _, _| {
        let text = text(&app.config.listener.url_root);
        Box::pin(async move { respond(text) })
    });
    routing.insert("/robots.txt", answer);
}

/// The file of a service that lives below this root.
pub fn text(root: &str) -> String {
    format!("User-agent: *\nDisallow: {root}/\nAllow: {root}/explore\n")
}

pub fn respond(text: String) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .body(text)
}
