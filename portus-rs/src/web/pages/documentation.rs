//! The page at `/documentation`: the API's own description to read and to try out, with nothing from other hosts.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    route,
    web::Data,
};
use serde::Serialize;

use super::{
    view::Page,
    visit::{empty_frame, language},
};
use crate::{app::App, web::error::PageError};

/// The pictures of the style sheet are inside it.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What `documentation.html` shows.
#[derive(Serialize)]
pub struct Documentation {
    root: String,
}

impl Page for Documentation {
    const VIEW: &'static str = "documentation.html";

    fn samples() -> Vec<Self> {
        let root = "/portus".to_owned();
        vec![Self { root }]
    }
}

#[route("/documentation", method = "GET", method = "HEAD")]
pub async fn documentation(
    app: Data<App>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let page = Documentation {
        root: app.config.listener.url_root.clone(),
    };
    let frame = empty_frame(&app, &request, language(&request, None));
    let html = page.render(&frame)?;
    let mut response = super::respond(&app, &request, StatusCode::OK, html);
    response.headers_mut().insert(
        header::CONTENT_SECURITY_POLICY,
        header::HeaderValue::from_static(CONTENT_SECURITY_POLICY),
    );
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_takes_everything_from_below_our_root() {
        for html in crate::web::pages::view::every_look::<Documentation>() {
            assert!(
                html.contains("/portus/assets/js/documentation.js"),
                "{html}"
            );
            assert!(!html.contains("http"), "{html}");
        }
    }
}
