//! From operations to routes: the methods of one path together, HEAD beside every GET, OPTIONS for all, with or
//! without `.json`.

use std::collections::BTreeMap;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{Method, header},
    web::{self, Payload, ServiceConfig},
};

use super::operation::Operation;
use crate::web::error::ApiError;

/// Mounts operations, so that a path which names something wins over one with an id in its place.
pub fn mount(operations: Vec<Operation>, config: &mut ServiceConfig) {
    let mut paths: BTreeMap<_, Vec<Operation>> = BTreeMap::new();
    for operation in operations {
        let order: Vec<_> = operation
            .path
            .split('/')
            .map(|part| (part.starts_with('{'), part))
            .collect();
        paths.entry(order).or_default().push(operation);
    }
    for operations in paths.into_values() {
        mount_path(operations, config);
    }
}

fn mount_path(operations: Vec<Operation>, config: &mut ServiceConfig) {
    let Some(path) = operations.first().map(|it| it.path) else {
        return;
    };
    // Tried in this order, so that an id never swallows the suffix.
    let mut patterns = vec![path.to_owned()];
    if path.strip_suffix(".json").is_none() {
        patterns.insert(0, format!("{path}.json"));
    }
    let mut resource = web::resource(patterns);
    let mut allow = vec!["OPTIONS".to_owned()];
    for operation in operations {
        let mut methods = vec![operation.method.clone()];
        if operation.method == Method::GET {
            methods.push(Method::HEAD);
        }
        for method in methods {
            allow.push(method.to_string());
            let run = operation.run.clone();
            let handler = move |request: HttpRequest, payload: Payload| {
                run(request, &mut payload.into_inner())
            };
            resource = resource.route(web::method(method).to(handler));
        }
    }
    let allow = allow.join(", ");
    let options = move || {
        let allow = allow.clone();
        async move {
            HttpResponse::NoContent()
                .insert_header((header::ALLOW, allow))
                .finish()
        }
    };
    config.service(
        resource
            .route(web::method(Method::OPTIONS).to(options))
            .default_service(web::to(not_found)),
    );
}

/// What is not here, whatever the method.
pub async fn not_found() -> Result<HttpResponse, ApiError> {
    Err(ApiError::NOT_FOUND)
}
