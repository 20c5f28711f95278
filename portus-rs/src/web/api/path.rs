//! From operations to routes: the methods of one path together, HEAD beside every GET, OPTIONS for all, with or
//! without `.json`.

use std::{collections::BTreeMap, rc::Rc};

use actix_web::{
    HttpResponse,
    http::{Method, header},
};

use super::operation::Operation;
use crate::web::{
    error::ApiError,
    routing::{Answer, Routing},
};

/// Mounts operations.
pub fn mount(operations: Vec<Operation>, routing: &mut Routing) {
    let mut paths: BTreeMap<_, Vec<Operation>> = BTreeMap::new();
    for operation in operations {
        paths.entry(operation.path).or_default().push(operation);
    }
    for (path, operations) in paths {
        let answer = answer(operations);
        if !path.ends_with(".json") {
            routing.insert(format!("{path}.json"), Rc::clone(&answer));
        }
        routing.insert(path, answer);
    }
}

/// Answers a path by the operation that its method means.
fn answer(operations: Vec<Operation>) -> Answer {
    let mut allow = vec!["OPTIONS"];
    for operation in &operations {
        allow.push(operation.method.as_str());
        if operation.method == Method::GET {
            allow.push("HEAD");
        }
    }
    let allow = allow.join(", ");
    Rc::new(move |_, request, mut payload| {
        let method = match request.method() {
            &Method::HEAD => Method::GET,
            other => other.clone(),
        };
        let operation = operations.iter().find(|it| it.method == method);
        let answered = operation.map(|it| (it.run)(request, &mut payload));
        let options = (method == Method::OPTIONS).then(|| {
            HttpResponse::NoContent()
                .insert_header((header::ALLOW, allow.as_str()))
                .finish()
        });
        Box::pin(async move {
            match (answered, options) {
                (Some(answered), _) => answered.await.unwrap_or_else(refusal),
                (None, Some(options)) => options,
                (None, None) => refusal(ApiError::NOT_FOUND),
            }
        })
    })
}

/// For what is not here, whatever the method.
pub fn not_found() -> Answer {
    Rc::new(|_, _, _| Box::pin(async { refusal(ApiError::NOT_FOUND) }))
}

fn refusal(error: ApiError) -> HttpResponse {
    HttpResponse::from_error(error)
}
