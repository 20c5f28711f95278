//! `/.well-known/jwks.json`: the public halves of the signing keys (RFC 7517), for registries 3.x.

use actix_web::{HttpResponse, get, web::Data};

use super::RegistryError;
use crate::{app::App, error::Error};

#[get("/.well-known/jwks.json")]
pub async fn jwks(app: Data<App>) -> Result<HttpResponse, RegistryError> {
    let document = app
        .keys
        .jwks()
        .map_err(|error| Error::Internal(error.into()))?;
    Ok(HttpResponse::Ok()
        .insert_header(("Cache-Control", "public, max-age=300"))
        .json(document))
}
