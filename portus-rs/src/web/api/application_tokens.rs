//! Secrets that stand in for a password.

use actix_web::HttpResponse;
use serde::Serialize;

use super::respond::{created, no_content, ok};
use crate::{
    actions::application_tokens::{self, Issued},
    queries,
    web::{error::ApiResult, extract::caller::Call},
};

#[derive(Serialize)]
struct Token {
    id: i64,
    application: String,
}

/// A token with the text that opens it, shown this once.
#[derive(Serialize)]
pub struct NewToken {
    id: i64,
    application: String,
    plain_token: String,
}

impl From<Issued> for NewToken {
    fn from(issued: Issued) -> Self {
        Self {
            id: issued.token.id,
            application: issued.token.application,
            plain_token: issued.plain,
        }
    }
}

pub async fn list(call: Call) -> ApiResult<HttpResponse> {
    let user_id = call.strict_id("id")?;
    let tokens = queries::application_tokens::of(&call.app, &call.viewer().await?, user_id).await?;
    let views: Vec<Token> = tokens
        .into_iter()
        .map(|row| Token {
            id: row.token.id,
            application: row.token.application,
        })
        .collect();
    ok(views)
}

pub async fn create(call: Call) -> ApiResult<HttpResponse> {
    let mut read = call.params.read();
    let application = read.required_string("application").unwrap_or_default();
    read.finish()?;
    let user_id = call.strict_id("id")?;
    let issued = application_tokens::issue(&call.app, &call.actor, user_id, &application).await?;
    created(NewToken::from(issued))
}

pub async fn delete(call: Call) -> ApiResult<HttpResponse> {
    application_tokens::revoke(&call.app, &call.actor, call.id("id")?).await?;
    no_content()
}
