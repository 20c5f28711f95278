//! What other sites make a browser send (W2).

use actix_web::{http::Method, test::TestRequest};
use serde_json::json;

use super::{Browser, attempt, team};
use crate::support::{
    databases::TestDatabase,
    service::{Answer, PASSWORD, Service},
};

#[track_caller]
fn refused(answer: &Answer) {
    assert_eq!(answer.status, 403, "{}", answer.body);
    assert_eq!(answer.json(), json!({"message": "Authorization fails"}));
}

#[actix_web::test]
async fn a_browsers_write_needs_the_token_of_its_session_and_our_origin() {
    let service = Service::on(TestDatabase::sqlite()).await;
    service.user("alice").await;
    let (alice, other) = (
        Browser::signed_in(&service, "alice").await,
        Browser::signed_in(&service, "alice").await,
    );
    let path = "/api/v1/teams";
    let with = |token: &str| {
        alice
            .request(Method::POST, path)
            .insert_header(("X-CSRF-Token", token))
            .set_json(team("forged"))
    };
    refused(&service.call(alice.request(Method::POST, path)).await);
    refused(&service.call(with("")).await);
    refused(&service.call(with(&other.csrf)).await);
    refused(&service.call(with(&alice.csrf[1..])).await);
    // A field is for plain forms outside the API.
    let field = json!({"name": "forged", "authenticity_token": alice.csrf});
    let by_field = alice.request(Method::POST, path).set_json(field);
    refused(&service.call(by_field).await);
    let host = ("Host", "portus.example.org");
    for speaks_against in [
        ("Origin", "https://evil.example.org"),
        ("Origin", "https://portus.example.org.evil.org"),
        ("Origin", "https://portus.example.org:8443"),
        ("Origin", "null"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
    ] {
        let request = with(&alice.csrf)
            .insert_header(host)
            .insert_header(speaks_against);
        refused(&service.call(request).await);
    }
    for (method, path) in [
        (Method::PUT, "/api/v1/teams/1"),
        (Method::DELETE, "/api/v1/sessions/1"),
    ] {
        refused(&service.call(alice.request(method, path)).await);
    }
    assert_eq!(service.count("teams WHERE name = 'forged'").await, 0);

    let spoken_for: [&[(&str, &str)]; 4] = [
        &[],
        &[
            ("Origin", "https://portus.example.org"),
            ("Sec-Fetch-Site", "same-origin"),
        ],
        // TLS ends at a proxy that may not say so, or asks for us by another name.
        &[("Origin", "http://portus.example.org:80")],
        &[
            ("Origin", "https://console.example.org"),
            ("X-Forwarded-Host", "console.example.org"),
        ],
    ];
    for (number, headers) in spoken_for.into_iter().enumerate() {
        let mut request = alice
            .write(Method::POST, path, &team(&format!("own{number}")))
            .insert_header(host);
        for header in headers {
            request = request.insert_header(*header);
        }
        let answer = service.call(request).await;
        assert_eq!(answer.status, 201, "{headers:?} {}", answer.body);
    }
    // Reading needs nothing.
    let read = alice
        .request(Method::GET, path)
        .insert_header(("Sec-Fetch-Site", "cross-site"));
    assert_eq!(service.call(read).await.status, 200);
}

#[actix_web::test]
async fn a_token_in_the_header_needs_no_more_but_a_session_wins_over_it() {
    let service = Service::on(TestDatabase::sqlite()).await;
    let (alice, root) = (service.user("alice").await, service.admin("root").await);
    let by_token = format!("root:{}", service.token_of(&root, "ci").await);
    let request = TestRequest::post()
        .uri("/api/v1/teams")
        .insert_header(("Portus-Auth", by_token.as_str()))
        .insert_header(("Origin", "https://elsewhere.example.org"))
        .set_json(team("by-token"));
    assert_eq!(service.call(request).await.status, 201);

    let browser = Browser::signed_in(&service, "alice").await;
    let both = browser
        .request(Method::GET, "/api/v1/session")
        .insert_header(("Portus-Auth", by_token.as_str()));
    let answer = service.call(both).await.json();
    assert_eq!(answer["user"]["id"], json!(alice.id));
    let both = browser
        .request(Method::POST, "/api/v1/teams")
        .insert_header(("Portus-Auth", by_token.as_str()))
        .set_json(team("forged"));
    refused(&service.call(both).await);
    // A cookie that is worth nothing does not stand in the token's way.
    let stale = TestRequest::post()
        .uri("/api/v1/teams")
        .insert_header(("Cookie", "_portus_session=of-another-portus"))
        .insert_header(("Portus-Auth", by_token.as_str()))
        .set_json(team("by-token-again"));
    assert_eq!(service.call(stale).await.status, 201);
}

#[actix_web::test]
async fn no_other_site_signs_anybody_in() {
    let service = Service::on(TestDatabase::sqlite()).await;
    service.user("mallory").await;
    for header in [
        ("Origin", "https://evil.example.org"),
        ("Sec-Fetch-Site", "cross-site"),
    ] {
        let request = attempt("mallory", PASSWORD)
            .insert_header(("Host", "portus.example.org"))
            .insert_header(header);
        assert_eq!(service.call(request).await.status, 403);
    }
    assert_eq!(service.count("sessions").await, 0);
}
