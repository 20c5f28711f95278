//! Browsers that sign in: their cookies, what keeps other sites from using them, and how they end.

mod cookies;
mod ends;
mod forged;
mod signing_in;

use actix_web::{http::Method, test::TestRequest};
use serde_json::{Value, json};

pub use signing_in::set_enabled;

use crate::support::service::{Answer, PASSWORD, Service};

/// What a browser keeps of its session.
#[derive(Clone, Debug)]
pub struct Browser {
    /// `name=value`.
    pub cookie: String,
    pub csrf: String,
}

impl Browser {
    /// Signs in with everybody's password.
    pub async fn signed_in(service: &Service, name: &str) -> Self {
        Self::of(&sign_in(service, name, PASSWORD).await)
    }

    #[track_caller]
    pub fn of(answer: &Answer) -> Self {
        assert_eq!(answer.status.as_u16(), 201, "{}", answer.body);
        let cookie = set_cookie(answer).expect("a cookie");
        Self {
            cookie: cookie.split(';').next().unwrap().to_owned(),
            csrf: answer.json()["csrf_token"].as_str().unwrap().to_owned(),
        }
    }

    /// As the header `Cookie` has it.
    pub fn cookie(&self) -> &str {
        &self.cookie
    }

    /// What forms bring as `authenticity_token`.
    pub fn csrf(&self) -> &str {
        &self.csrf
    }

    pub fn request(&self, method: Method, path: &str) -> TestRequest {
        TestRequest::with_uri(path)
            .method(method)
            .insert_header(("Cookie", self.cookie.as_str()))
    }

    /// As our own pages send it.
    pub fn write(&self, method: Method, path: &str, body: &Value) -> TestRequest {
        self.request(method, path)
            .insert_header(("X-CSRF-Token", self.csrf.as_str()))
            .set_json(body)
    }

    /// As a form of our pages sends it.
    pub async fn send(&self, service: &Service, path: &str, fields: &[(&str, &str)]) -> Answer {
        let token = ("authenticity_token", self.csrf.as_str());
        let fields: Vec<(&str, &str)> = fields.iter().copied().chain([token]).collect();
        let request = self.request(Method::POST, path).set_form(fields);
        service.call(request).await
    }

    pub async fn get(&self, service: &Service, path: &str) -> Answer {
        service.call(self.request(Method::GET, path)).await
    }

    /// Whether the session counts.
    pub async fn is_in(&self, service: &Service) -> bool {
        let answer = self.get(service, "/api/v1/session").await;
        assert!(
            matches!(answer.status.as_u16(), 200 | 401),
            "{}",
            answer.body
        );
        answer.status.is_success()
    }
}

fn attempt(name: &str, password: &str) -> TestRequest {
    TestRequest::post()
        .uri("/users/sign_in")
        .insert_header(("Accept", "application/json"))
        .insert_header(("User-Agent", "Browser/1.0"))
        .set_form([("user[username]", name), ("user[password]", password)])
}

pub async fn sign_in(service: &Service, name: &str, password: &str) -> Answer {
    service.call(attempt(name, password)).await
}

fn set_cookie(answer: &Answer) -> Option<String> {
    let value = answer.headers.get("set-cookie")?;
    Some(value.to_str().unwrap().to_owned())
}

fn team(name: &str) -> Value {
    json!({ "name": name })
}
