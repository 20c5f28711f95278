//! HTML. Each page is a struct with the name of its view; a test renders every view from samples.

mod assets;
mod documentation;
mod home;
mod passwords;
mod sign_in;
mod sign_up;
mod typeahead;

use std::{error::Error as _, sync::LazyLock};

use actix_web::{HttpRequest, HttpResponse, http::header, web, web::Data};
use anyhow::anyhow;
use rust_embed::RustEmbed;
use serde::Serialize;
use tera::{Context, Tera};

use super::extract::client;
use crate::{
    app::App,
    error::{Error, Result},
};

pub use documentation::Documentation;
pub use home::Home;

/// Nothing from other hosts, nothing inline, nobody's frame.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

#[derive(RustEmbed)]
#[folder = "../views"]
struct Views;

static TEMPLATES: LazyLock<Result<Tera, String>> = LazyLock::new(|| {
    let mut tera = Tera::new();
    let files = Views::iter().filter_map(|name| {
        let file = Views::get(&name)?;
        let text = String::from_utf8(file.data.into_owned()).ok()?;
        Some((name.into_owned(), text))
    });
    tera.add_raw_templates(files.collect::<Vec<_>>())
        .map_err(|error| error.to_string())?;
    Ok(tera)
});

/// What a view is given.
pub trait Page: Serialize + Sized {
    /// The file under `views/`.
    const VIEW: &'static str;

    /// Every way the page can look, for the test that renders them.
    fn samples() -> Vec<Self>;

    fn render(&self) -> Result<String> {
        let failed = |text: String| Error::Internal(anyhow!("the view {}: {text}", Self::VIEW));
        let tera = TEMPLATES.as_ref().map_err(|text| failed(text.clone()))?;
        let context = Context::from_serialize(self).map_err(|error| failed(error.to_string()))?;
        tera.render(Self::VIEW, &context).map_err(|error| {
            let cause = error
                .source()
                .map(|cause| format!(": {cause}"))
                .unwrap_or_default();
            failed(format!("{error}{cause}"))
        })
    }
}

pub fn routes(service: &mut web::ServiceConfig) {
    service
        .service(home::home)
        .service(documentation::documentation)
        .service(assets::asset);
    passwords::routes(service);
    sign_in::routes(service);
    sign_up::routes(service);
    typeahead::routes(service);
}

/// A page with the headers that every page has.
fn respond(app: &Data<App>, request: &HttpRequest, page: &impl Page) -> Result<HttpResponse> {
    let mut response = HttpResponse::Ok();
    response
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::REFERRER_POLICY, "same-origin"))
        .insert_header((header::CACHE_CONTROL, "no-store"));
    if client::is_secure(request, &app.config.listener.trusted_proxies) {
        response.insert_header((header::STRICT_TRANSPORT_SECURITY, "max-age=31536000"));
    }
    Ok(response.body(page.render()?))
}
