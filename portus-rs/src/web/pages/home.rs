//! The page at `/`: what this is, and whether it is well. The console will take its place.

use actix_web::{HttpRequest, HttpResponse, route, web::Data};
use serde::Serialize;

use super::{Page, respond};
use crate::{app::App, queries::health, web::error::PageError};

/// What `home.html` shows.
#[derive(Serialize)]
pub struct Home {
    root: String,
    version: &'static str,
    well: bool,
    components: Vec<Component>,
    /// Where clients send their requests.
    registry_hint: bool,
}

#[derive(Serialize)]
struct Component {
    name: String,
    well: bool,
    text: String,
}

impl Page for Home {
    const VIEW: &'static str = "home.html";

    fn samples() -> Vec<Self> {
        let component = |name: &str, well, text: &str| Component {
            name: name.to_owned(),
            well,
            text: text.to_owned(),
        };
        let page = |well, components, registry_hint| Self {
            root: "/portus".to_owned(),
            version: env!("CARGO_PKG_VERSION"),
            well,
            components,
            registry_hint,
        };
        vec![
            page(
                true,
                vec![component("database", true, "database is up-to-date")],
                false,
            ),
            page(
                false,
                vec![
                    component("database", true, "database is up-to-date"),
                    component("registry", false, "<b>no registry configured</b>"),
                ],
                true,
            ),
        ]
    }
}

#[route("/", method = "GET", method = "HEAD")]
pub async fn home(app: Data<App>, request: HttpRequest) -> Result<HttpResponse, PageError> {
    let report = health::report(&app).await;
    let details = app.config.health_details;
    let page = Home {
        root: app.config.listener.url_root.clone(),
        version: env!("CARGO_PKG_VERSION"),
        well: report.iter().all(|part| part.success),
        registry_hint: report
            .iter()
            .any(|part| part.name == "registry" && !part.success),
        components: report
            .into_iter()
            .map(|part| Component {
                name: part.name.to_owned(),
                well: part.success,
                text: if details {
                    part.msg
                } else {
                    part.brief.to_owned()
                },
            })
            .collect(),
    };
    Ok(respond(&app, &request, &page)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_the_page_can_look_is_rendered_and_markup_in_values_is_inert() {
        for page in Home::samples() {
            let html = page.render().unwrap();
            assert!(
                html.contains("portus-rs") && html.contains("/portus/assets/css/plain.css"),
                "{html}"
            );
            assert!(!html.contains("<b>"), "{html}");
        }
    }
}
