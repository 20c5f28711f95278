//! The page at `/documentation`: the API's own description to read and to try out, with nothing from other hosts. Without
//! scripts it is a plain list.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    route,
    web::Data,
};
use serde::Serialize;

use super::{
    view::Page,
    visit::{Visit, empty_frame, language},
};
use crate::{
    app::App,
    web::{
        api::openapi::outline::{Section, outline},
        error::PageError,
        extract::params::Params,
    },
};

/// The pictures of the style sheet are inside it.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What `documentation.html` shows.
#[derive(Serialize)]
pub struct Documentation {
    root: String,
    /// In English, as the description itself.
    sections: &'static [Section],
}

impl Page for Documentation {
    const VIEW: &'static str = "documentation.html";

    fn samples() -> Vec<Self> {
        let root = "/portus".to_owned();
        let sections = outline();
        vec![Self { root, sections }]
    }
}

#[route("/documentation", method = "GET", method = "HEAD")]
pub async fn documentation(
    app: Data<App>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let page = Documentation {
        root: app.config.listener.url_root.clone(),
        sections: outline(),
    };
    // The page is there for everybody, also while nobody can be recognised.
    let visit = Visit::open(app.clone(), request.clone(), Params::default(), false).await;
    let language = visit.map_or_else(|_| language(&request, None), |it| it.language);
    let frame = empty_frame(&app, &request, language);
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
            for elsewhere in ["src=\"http", "href=\"http", "src=\"//", "href=\"//"] {
                assert!(!html.contains(elsewhere), "{elsewhere}");
            }
        }
    }
}
