//! `/v2` and `/v2/`, which clients call that take this service for a registry: 200 with good credentials, else 401.

use actix_web::{HttpRequest, HttpResponse, web::Data};

use super::{RegistryError, token};
use crate::{app::App, error::Error};

pub async fn ping(app: Data<App>, request: HttpRequest) -> Result<HttpResponse, RegistryError> {
    let facts = app.present.facts().await?;
    let who = token::basic(&app, &facts, &request).await?;
    let text = "You need to sign in or sign up before continuing.";
    who.ok_or_else(|| Error::NotSignedIn(text.to_owned()))?;
    Ok(HttpResponse::Ok()
        .insert_header(("Docker-Distribution-Api-Version", "registry/2.0"))
        .finish())
}
