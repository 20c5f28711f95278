//! Style sheets and images, from inside the binary.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, EntityTag, IfNoneMatch},
    route,
    web::{Header, Path},
};
use rust_embed::RustEmbed;

use crate::keys::files::hex;

#[derive(RustEmbed)]
#[folder = "../assets"]
struct Assets;

#[route("/assets/{path:.*}", method = "GET", method = "HEAD")]
pub async fn asset(
    _request: HttpRequest,
    path: Path<String>,
    known: Option<Header<IfNoneMatch>>,
) -> HttpResponse {
    let Some(file) = Assets::get(&path) else {
        return HttpResponse::NotFound().body("Not found");
    };
    let tag = EntityTag::new_strong(hex(&file.metadata.sha256_hash()[..16]));
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
    if unchanged {
        return response.finish();
    }
    response
        .content_type(file.metadata.mimetype())
        .body(file.data.into_owned())
}
