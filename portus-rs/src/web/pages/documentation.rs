//! The page at `/documentation`: the API's own description to read and to try out, with nothing from other hosts.

use actix_web::{HttpRequest, HttpResponse, http::header, route, web::Data};
use serde::Serialize;

use super::{Page, respond};
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
    let mut response = respond(&app, &request, &page)?;
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
        for page in Documentation::samples() {
            let html = page.render().unwrap();
            assert!(
                html.contains("/portus/assets/js/documentation.js"),
                "{html}"
            );
            assert!(!html.contains("http"), "{html}");
        }
    }
}
