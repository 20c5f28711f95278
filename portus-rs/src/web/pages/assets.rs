//! Style sheets, scripts and images, from inside the binary. What is large is in there compressed, as `NAME.gz`.

use std::{io::Read as _, iter::once};

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, AcceptEncoding, ContentEncoding, Encoding, EntityTag, IfNoneMatch},
    route,
    web::{Header, Path},
};
use anyhow::Context as _;
use flate2::read::GzDecoder;
use rust_embed::RustEmbed;

use crate::{error::Error, keys::files::hex, web::error::PageError};

#[derive(RustEmbed)]
#[folder = "../assets"]
struct Assets;

/// Where browsers find an asset, below our root.
pub fn address(path: &str) -> Option<String> {
    let there = Assets::get(path).or_else(|| Assets::get(&format!("{path}.gz")));
    there.map(|_| format!("/assets/{path}"))
}

#[route("/assets/{path:.*}", method = "GET", method = "HEAD")]
pub async fn asset(
    _request: HttpRequest,
    path: Path<String>,
    known: Option<Header<IfNoneMatch>>,
    accepted: Option<Header<AcceptEncoding>>,
) -> Result<HttpResponse, PageError> {
    let (file, packed) = match Assets::get(&path) {
        Some(file) => (file, false),
        None => match Assets::get(&format!("{}.gz", *path)) {
            Some(file) => (file, true),
            None => return Ok(HttpResponse::NotFound().body("Not found")),
        },
    };
    let tag = EntityTag::new_weak(hex(&file.metadata.sha256_hash()[..16]));
    let unchanged = known.is_some_and(|known| match known.0 {
        IfNoneMatch::Any => true,
        IfNoneMatch::Items(tags) => tags.iter().any(|it| it.weak_eq(&tag)),
    });
    let mut response = if unchanged {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    response
        .insert_header(header::ETag(tag))
        .insert_header((header::CACHE_CONTROL, "public, max-age=0, must-revalidate"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"));
    if packed {
        response.insert_header((header::VARY, "Accept-Encoding"));
    }
    if unchanged {
        return Ok(response.finish());
    }
    response.content_type(match (packed, path.rsplit('.').next()) {
        (true, Some("js")) => "text/javascript; charset=utf-8",
        (true, Some("css")) => "text/css; charset=utf-8",
        _ => file.metadata.mimetype(),
    });
    let gzip = Encoding::gzip();
    if packed && accepted.is_some_and(|it| it.negotiate(once(&gzip)).is_some_and(|it| it == gzip)) {
        response.insert_header(ContentEncoding::Gzip);
    } else if packed {
        let mut plain = Vec::new();
        GzDecoder::new(file.data.as_ref())
            .read_to_end(&mut plain)
            .with_context(|| format!("the asset {path}.gz"))
            .map_err(Error::Internal)?;
        return Ok(response.body(plain));
    }
    Ok(response.body(file.data.into_owned()))
}
