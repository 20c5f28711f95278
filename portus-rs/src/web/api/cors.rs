//! Which pages of other origins may read answers, and how long answers may be kept: one policy for the whole API.

use actix_web::{
    HttpResponse,
    body::{EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method, StatusCode,
        header::{self, HeaderMap, HeaderName, HeaderValue},
    },
    middleware::Next,
    web::Data,
};

use crate::app::App;

const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
const EXPOSED: &str = "Link, X-Total, X-Total-Pages, X-Per-Page, X-Page, X-Next-Page, X-Prev-Page";
const HEADERS: &str = "Content-Type, api_key, Authorization, portus-auth";
const MAX_AGE: &str = "1728000";

/// Answers preflights, and adds headers to every other answer.
pub async fn policy<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    let origin = request.headers().get(header::ORIGIN).cloned();
    let ours = origin.as_ref().is_some_and(|it| is_ours(&request, it));
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);

    if let Some(origin) = &origin
        && request.method() == Method::OPTIONS
        && request
            .headers()
            .contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
    {
        let wanted = request
            .headers()
            .get(header::ACCESS_CONTROL_REQUEST_HEADERS)
            .cloned();
        let mut response = HttpResponse::Ok().finish();
        let headers = response.headers_mut();
        cross_origin(headers, origin, ours);
        if let Some(wanted) = wanted {
            headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, wanted);
        }
        return Ok(request.into_response(response).map_into_right_body());
    }

    let mut response = next.call(request).await?;
    let success = response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED;
    let headers = response.headers_mut();
    if success {
        set(headers, header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
        set(headers, header::ACCESS_CONTROL_REQUEST_METHOD, "*");
        set(headers, header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS);
    }
    if let Some(origin) = &origin {
        cross_origin(headers, origin, ours);
    }
    // Answers depend on who asks, and those to changes may hold a secret.
    let keep = if reads {
        "max-age=0, private, must-revalidate"
    } else {
        "no-store"
    };
    set(headers, header::CACHE_CONTROL, keep);
    Ok(response.map_into_left_body())
}

fn cross_origin(headers: &mut HeaderMap, origin: &HeaderValue, ours: bool) {
    set(headers, header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    set(headers, header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    set(headers, header::ACCESS_CONTROL_MAX_AGE, MAX_AGE);
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    if ours {
        // Browsers refuse credentials for `*`.
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        set(headers, header::ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
    } else {
        set(headers, header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    }
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.insert(name, HeaderValue::from_static(value));
}

/// Whether the origin is `machine_fqdn.value` under any scheme, without a port.
fn is_ours(request: &ServiceRequest, origin: &HeaderValue) -> bool {
    let Some(app) = request.app_data::<Data<App>>() else {
        return false;
    };
    let host = origin
        .to_str()
        .ok()
        .and_then(|origin| origin.split_once("://"))
        .map(|(_, host)| host);
    host.is_some_and(|host| host.eq_ignore_ascii_case(&app.config.machine_fqdn.value))
}
