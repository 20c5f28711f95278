//! Reads query and body into [`Params`], whatever of the three ways they are written in.

use actix_web::{
    HttpRequest,
    dev::Payload,
    http::{Method, header::CONTENT_TYPE},
};
use futures_util::StreamExt as _;
use serde_json::{Map, Value};

use super::{form, params::Params};
use crate::web::error::{ApiError, ApiResult};

/// No request of the API is anywhere near this size.
const LARGEST: usize = 1 << 20;

const MALFORMED: &str = "When specifying application/json as content-type, you must pass valid application/json in the request's 'body'";

/// Reads what a request of the API brings; the body wins over the query.
pub async fn params(request: &HttpRequest, payload: &mut Payload) -> ApiResult<Params> {
    let query = form::urlencoded(request.query_string().as_bytes());
    if let Some((_, format)) = query.iter().find(|(name, _)| name == "format")
        && format != "json"
    {
        return Err(ApiError::Format(format.clone()));
    }
    read(request, payload, query).await
}

/// Reads what a request for a page brings.
pub async fn page_params(request: &HttpRequest, payload: &mut Payload) -> ApiResult<Params> {
    let query = form::urlencoded(request.query_string().as_bytes());
    read(request, payload, query).await
}

async fn read(
    request: &HttpRequest,
    payload: &mut Payload,
    query: Vec<(String, String)>,
) -> ApiResult<Params> {
    let body = match *request.method() {
        Method::GET | Method::HEAD | Method::OPTIONS => Vec::new(),
        _ => bytes(payload).await?,
    };
    let content_type = request
        .headers()
        .get(CONTENT_TYPE)
        .map(|value| String::from_utf8_lossy(value.as_bytes()));
    merge(query, content_type.as_deref(), &body)
}

async fn bytes(payload: &mut Payload) -> ApiResult<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk
            .map_err(|error| ApiError::BadRequest(format!("the request's body ended: {error}")))?;
        if body.len() + chunk.len() > LARGEST {
            return Err(ApiError::TooLarge(LARGEST));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Merges query and body.
fn merge(
    query: Vec<(String, String)>,
    content_type: Option<&str>,
    body: &[u8],
) -> ApiResult<Params> {
    let mut tree = tree(&query);
    let mut pairs = query;
    if body.is_empty() {
        return Ok(Params::new(tree, pairs));
    }
    let media = content_type.map(|it| {
        it.split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase()
    });
    let form = match media.as_deref() {
        None | Some("" | "application/json") => {
            let value: Value = serde_json::from_slice(body)
                .map_err(|_| ApiError::BadRequest(MALFORMED.to_owned()))?;
            if let Value::Object(members) = value {
                pairs.retain(|(name, _)| !members.contains_key(plain(name)));
                tree.extend(members);
            }
            return Ok(Params::new(tree, pairs));
        }
        Some("application/x-www-form-urlencoded") => form::urlencoded(body),
        Some("multipart/form-data") => form::multipart(content_type.unwrap_or_default(), body)
            .ok_or_else(|| {
                ApiError::BadRequest("the request's body is not valid multipart/form-data".into())
            })?,
        Some(other) => return Err(ApiError::ContentType(other.to_owned())),
    };
    let written = self::tree(&form);
    pairs.retain(|(name, _)| !written.contains_key(plain(name)));
    pairs.extend(form);
    tree.extend(written);
    Ok(Params::new(tree, pairs))
}

fn tree(pairs: &[(String, String)]) -> Map<String, Value> {
    let mut tree = Map::new();
    for (name, value) in pairs {
        form::put(&mut tree, name, value);
    }
    tree
}

fn plain(name: &str) -> &str {
    name.split('[').next().unwrap_or(name)
}

#[cfg(test)]
pub(super) fn merged(
    query: &str,
    content_type: Option<&str>,
    body: &[u8],
) -> Result<Params, ApiError> {
    merge(form::urlencoded(query.as_bytes()), content_type, body)
}
