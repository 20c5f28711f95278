//! What Portus' clients and its own request specs rely on, row by row.

mod accounts;
mod examples;
mod namespaces;
mod pages;
mod portusctl;
mod registries;
mod removing;
mod teams;
mod tokens;

use actix_web::http::Method;
use serde_json::Value;

use super::support::{Answer, Caller, TestApp};

/// A request, and the status that has to come back.
struct Row<'a> {
    what: &'a str,
    who: &'a Caller,
    method: &'a str,
    path: String,
    body: Option<Value>,
    status: u16,
}

impl TestApp {
    /// Sends one request after the other. Returns the answers.
    async fn follow(&self, rows: Vec<Row<'_>>) -> Vec<Answer> {
        let mut answers = Vec::new();
        for row in rows {
            let method = Method::from_bytes(row.method.as_bytes()).expect("a method");
            let answer = self.send(row.who, method, &row.path, row.body).await;
            let status = answer.status.as_u16();
            assert_eq!(
                status, row.status,
                "{}: {} {}: {}",
                row.what, row.method, row.path, answer.text
            );
            answers.push(answer);
        }
        answers
    }
}

/// `row("what", who, "GET /api/v1/teams", body, status)`.
fn row<'a>(
    what: &'a str,
    who: &'a Caller,
    request: impl AsRef<str>,
    body: impl Into<Option<Value>>,
    status: u16,
) -> Row<'a> {
    let (method, path) = request.as_ref().split_once(' ').expect("METHOD PATH");
    let method = ["GET", "POST", "PUT", "DELETE"]
        .into_iter()
        .find(|it| *it == method)
        .expect("a method");
    Row {
        what,
        who,
        method,
        path: path.to_owned(),
        body: body.into(),
        status,
    }
}
