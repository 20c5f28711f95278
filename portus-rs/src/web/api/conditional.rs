//! `ETag` and `If-None-Match`: who has the answer already is told so instead of being sent it again.

use actix_web::{
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method, StatusCode,
        header::{ETAG, EntityTag, Header as _, HeaderValue, IfNoneMatch},
    },
    middleware::Next,
};
use openssl::sha::sha256;

use crate::keys::files::hex;

/// Tags every answer to GET and HEAD that is held in memory; long lists, which are written while they are read, go
/// without.
pub async fn policy(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let known = IfNoneMatch::parse(&request).ok();
    let response = next.call(request).await?;
    if !reads || response.status() != StatusCode::OK {
        return Ok(response);
    }
    let (request, response) = response.into_parts();
    let (head, body) = response.into_parts();
    let bytes = match body.try_into_bytes() {
        Ok(bytes) => bytes,
        Err(body) => return Ok(ServiceResponse::new(request, head.set_body(body))),
    };
    // Weak, because compression on the way does not change what is said.
    let tag = EntityTag::new_weak(hex(&sha256(&bytes)[..16]));
    let unchanged = known.is_some_and(|known| match known {
        IfNoneMatch::Any => true,
        IfNoneMatch::Items(tags) => tags.iter().any(|it| it.weak_eq(&tag)),
    });
    let mut response = head.set_body(BoxBody::new(bytes));
    if unchanged {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response = response.set_body(BoxBody::new(()));
    }
    if let Ok(value) = HeaderValue::from_str(&tag.to_string()) {
        response.headers_mut().insert(ETAG, value);
    }
    Ok(ServiceResponse::new(request, response))
}
