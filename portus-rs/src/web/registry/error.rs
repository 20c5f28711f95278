//! Errors as docker shows them: `errors[0].message`, with Portus' `error` beside it.

use std::fmt;

use actix_web::{
    HttpResponse, ResponseError,
    http::{StatusCode, header},
};
use serde_json::json;

use crate::{error::Error, web::error::status};

/// An error on its way to docker or a registry.
#[derive(Debug)]
pub struct RegistryError(Error);

impl From<Error> for RegistryError {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl fmt::Display for RegistryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl ResponseError for RegistryError {
    fn status_code(&self) -> StatusCode {
        match &self.0 {
            // No client retries a token request, but a registry keeps an event until it is taken.
            Error::Remote(_) | Error::Internal(_) | Error::Away(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            error => status(error),
        }
    }

    fn error_response(&self) -> HttpResponse {
        let status = self.status_code();
        let (code, text) = match &self.0 {
            Error::NotSignedIn(text) | Error::Unproved(text) => ("UNAUTHORIZED", text.clone()),
            Error::Forbidden(text) => ("DENIED", text.clone()),
            Error::TooMany(text) => ("TOOMANYREQUESTS", text.clone()),
            failed @ (Error::Internal(_) | Error::Away(_)) => {
                tracing::error!("{failed}");
                (
                    "UNAVAILABLE",
                    "the service cannot answer right now".to_owned(),
                )
            }
            other => ("UNSUPPORTED", other.to_string()),
        };
        let mut response = HttpResponse::build(status);
        if status == StatusCode::UNAUTHORIZED {
            response.insert_header((header::WWW_AUTHENTICATE, r#"Basic realm="portus-rs""#));
        }
        response.json(json!({ "errors": [{ "code": code, "message": text }], "error": text }))
    }
}
