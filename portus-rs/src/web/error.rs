//! What each fault is called in HTTP. The one table of statuses stands here; every door renders its own body.

use actix_web::{
    HttpResponse, ResponseError,
    http::{StatusCode, header},
};
use serde::{Serialize, Serializer, ser::SerializeMap as _};

use super::extract::params::Problems;
use crate::{
    error::{Error, Invalid},
    identity::throttle,
};

/// The status of a fault, the same behind every door.
pub fn status(error: &Error) -> StatusCode {
    match error {
        Error::NotSignedIn(_) | Error::Unproved(_) => StatusCode::UNAUTHORIZED,
        Error::Forbidden(_) | Error::Limited(_) => StatusCode::FORBIDDEN,
        Error::NotFound | Error::Unknown(_) => StatusCode::NOT_FOUND,
        Error::Invalid(_) | Error::Refused(_) | Error::Kept(_) => StatusCode::UNPROCESSABLE_ENTITY,
        Error::Disabled => StatusCode::METHOD_NOT_ALLOWED,
        Error::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
        Error::Remote(_) => StatusCode::BAD_GATEWAY,
        Error::Away(_) => StatusCode::SERVICE_UNAVAILABLE,
        Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// Seconds after which it is worth asking again when the database does not answer.
pub const COME_AGAIN: u64 = 5;

/// Every way in which the API refuses: status, name and meaning, for its document.
pub const REFUSALS: &[(u16, &str, &str)] = &[
    (
        400,
        "Unreadable",
        "The request cannot be read, or parameters are missing or of the wrong kind. For parameters `message` is an \
         object: each key is a list of names written in JSON, each value says what is wrong.",
    ),
    (401, "NotSignedIn", "Credentials are missing or wrong."),
    (403, "Forbidden", "The caller may see it, but not do this."),
    (
        404,
        "NotFound",
        "There is no such thing, or the caller may not know that there is.",
    ),
    (
        405,
        "Disabled",
        "This installation has the feature switched off.",
    ),
    (
        406,
        "OtherFormat",
        "`format` asks for something other than JSON.",
    ),
    (
        409,
        "Conflict",
        "It clashes with what is there or under way.",
    ),
    (413, "TooLarge", "The body is larger than 1 MiB."),
    (
        415,
        "OtherContentType",
        "The body is neither JSON nor a form.",
    ),
    (
        422,
        "Refused",
        "What was sent is readable, but cannot be. Where fields are to blame `message` is an object: each key is a \
         field, each value a list of what is wrong with it.",
    ),
    (
        429,
        "TooMany",
        "Too many requests; `Retry-After` says when to come again.",
    ),
    (500, "Failed", "Our fault; the log says why."),
    (502, "RegistryFailed", "Another server did not do its part."),
    (
        503,
        "NotNow",
        "Something that this depends on is not there now, as the database; `Retry-After` says when to come again.",
    ),
];

/// A fault as the API says it: an object with the one key `message`.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    #[error(transparent)]
    Failed(#[from] Error),
    /// Parameters are missing or of the wrong kind.
    #[error("parameters are missing or invalid")]
    Parameters(Problems),
    /// The request cannot be read, or comes at the wrong time; the text says why.
    #[error("{0}")]
    BadRequest(String),
    /// `format` asks for something other than JSON.
    #[error("The requested format '{0}' is not supported.")]
    Format(String),
    #[error("The provided content-type '{0}' is not supported.")]
    ContentType(String),
    #[error("The request body is larger than {0} bytes")]
    TooLarge(usize),
}

pub type ApiResult<T> = Result<T, ApiError>;

impl From<sea_orm::DbErr> for ApiError {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Failed(error.into())
    }
}

impl ApiError {
    pub const NOT_FOUND: Self = Self::Failed(Error::NotFound);
}

#[derive(Serialize)]
struct Body<T> {
    message: T,
}

struct Fields<'a>(&'a Invalid);

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (field, messages) in self.0.fields() {
            map.serialize_entry(field, messages)?;
        }
        map.end()
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Failed(error) => status(error),
            Self::Parameters(_) | Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::Format(_) => StatusCode::NOT_ACCEPTABLE,
            Self::ContentType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        match self {
            Self::Failed(Error::TooMany(_)) => {
                response.insert_header((header::RETRY_AFTER, throttle::HELD.num_seconds()));
            }
            Self::Failed(Error::Away(_)) => {
                response.insert_header((header::RETRY_AFTER, COME_AGAIN));
            }
            _ => {}
        }
        let mut say = |text: &str| response.json(Body { message: text });
        match self {
            Self::Failed(error) => match error {
                Error::NotSignedIn(_) | Error::Unproved(_) => say("Authentication fails"),
                Error::Forbidden(rule) => {
                    tracing::info!(rule, "refused an API request: {rule}");
                    say("Authorization fails")
                }
                Error::Limited(reason) => {
                    tracing::info!(rule = reason, "refused an API request: {reason}");
                    say(&format!("Authorization fails: {reason}"))
                }
                Error::Internal(cause) => {
                    tracing::error!(error = %format!("{cause:#}"), "an API request failed: {cause:#}");
                    say("Internal server error")
                }
                Error::Away(_) => {
                    tracing::error!("an API request failed: {error}");
                    say("The database does not answer")
                }
                Error::Invalid(invalid) => response.json(Body {
                    message: Fields(invalid),
                }),
                Error::Kept(reason) => response.json(Body { message: reason }),
                Error::NotFound
                | Error::Unknown(_)
                | Error::Refused(_)
                | Error::Disabled
                | Error::TooMany(_)
                | Error::Remote(_) => say(&error.to_string()),
            },
            Self::Parameters(problems) => response.json(Body { message: problems }),
            Self::BadRequest(_) | Self::Format(_) | Self::ContentType(_) | Self::TooLarge(_) => {
                say(&self.to_string())
            }
        }
    }
}

/// A fault as a page says it.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    #[error(transparent)]
    Failed(#[from] Error),
    /// What the browser sent cannot be read.
    #[error(transparent)]
    Unreadable(#[from] ApiError),
    /// The form was made for a session that is not this one.
    #[error(
        "this form was made before you signed in anew; load its page again and send it once more"
    )]
    Stale,
}

/// What a page's handler answers.
pub type PageResult = Result<HttpResponse, PageError>;

impl PageError {
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Failed(error) | Self::Unreadable(ApiError::Failed(error)) => status(error),
            Self::Unreadable(error) => error.status_code(),
            Self::Stale => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
}

impl From<sea_orm::DbErr> for PageError {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Failed(error.into())
    }
}

impl ResponseError for PageError {
    fn status_code(&self) -> StatusCode {
        self.status()
    }

    fn error_response(&self) -> HttpResponse {
        let text = match self {
            Self::Failed(Error::Internal(cause)) => {
                tracing::error!(error = %format!("{cause:#}"), "a page failed: {cause:#}");
                "Something went wrong here; the log says what.".to_owned()
            }
            other => other.to_string(),
        };
        HttpResponse::build(self.status_code())
            .content_type("text/plain; charset=utf-8")
            .body(text)
    }
}
