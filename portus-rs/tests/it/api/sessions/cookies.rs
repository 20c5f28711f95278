//! The cookie itself, and that the registry's side knows none.

use actix_web::{http::Method, test::TestRequest};
use serde_json::json;

use super::{Browser, attempt, set_cookie, sign_in};
use crate::support::{
    databases::TestDatabase,
    service::{PASSWORD, Service, basic},
};

/// The attributes, without the value.
fn attributes(cookie: &str) -> (String, Vec<String>) {
    let (name, rest) = cookie.split_once('=').unwrap();
    let attributes = rest.split("; ").skip(1).map(str::to_owned).collect();
    (name.to_owned(), attributes)
}

async fn cookie_of(settings: &[(&str, &str)], headers: &[(&str, &str)]) -> (String, Vec<String>) {
    let service = Service::with(TestDatabase::sqlite(), settings).await;
    service.user("alice").await;
    let mut request = attempt("alice", PASSWORD);
    for header in headers {
        request = request.insert_header(*header);
    }
    let answer = service.call(request).await;
    attributes(&set_cookie(&answer).expect("a cookie"))
}

#[actix_web::test]
async fn the_cookie_is_as_safe_as_the_way_it_travels_allows() {
    let tls = [("X-Forwarded-Proto", "https")];
    let root = [("RAILS_RELATIVE_URL_ROOT", "/portus")];
    let (name, plain) = cookie_of(&[], &[]).await;
    assert_eq!(name, "_portus_session");
    assert_eq!(plain, ["Path=/", "HttpOnly", "SameSite=Lax"]);
    let (name, bound) = cookie_of(&[], &tls).await;
    assert_eq!(name, "__Host-_portus_session");
    assert_eq!(bound, ["Path=/", "HttpOnly", "SameSite=Lax", "Secure"]);
    let (name, below) = cookie_of(&root, &tls).await;
    assert_eq!(name, "_portus_session");
    assert_eq!(
        below,
        ["Path=/portus", "HttpOnly", "SameSite=Lax", "Secure"]
    );
}

#[actix_web::test]
async fn over_tls_a_cookie_that_a_neighbour_could_have_planted_counts_for_nothing() {
    let service = Service::on(TestDatabase::sqlite()).await;
    service.user("alice").await;
    let tls = ("X-Forwarded-Proto", "https");
    let answer = service
        .call(attempt("alice", PASSWORD).insert_header(tls))
        .await;
    let browser = Browser::of(&answer);
    let whole = browser.request(Method::GET, "/api/v1/session");
    assert_eq!(service.call(whole.insert_header(tls)).await.status, 200);
    let plain = browser.cookie.trim_start_matches("__Host-").to_owned();
    let planted = TestRequest::get()
        .uri("/api/v1/session")
        .insert_header(("Cookie", plain))
        .insert_header(tls);
    assert_eq!(service.call(planted).await.status, 401);
}

#[actix_web::test]
async fn a_session_begins_anew_whatever_the_browser_brings_along() {
    let service = Service::on(TestDatabase::sqlite()).await;
    service.user("alice").await;
    service.user("mallory").await;
    let mallory = Browser::signed_in(&service, "mallory").await;
    // Somebody planted a cookie, of a session or of nothing.
    for planted in [
        mallory.cookie.as_str(),
        "_portus_session=chosen",
        "_portus_session=",
    ] {
        let request = attempt("alice", PASSWORD).insert_header(("Cookie", planted));
        let alice = Browser::of(&service.call(request).await);
        assert_ne!(alice.cookie, planted);
        let who = alice.get(&service, "/api/v1/session").await.json();
        assert_eq!(who["user"]["username"], json!("alice"));
        let not_alice = TestRequest::get()
            .uri("/api/v1/session")
            .insert_header(("Cookie", planted));
        let answer = service.call(not_alice).await;
        assert!(!answer.body.contains("alice"), "{}", answer.body);
    }
    // Whoever signs in again leaves nothing behind.
    let first = Browser::signed_in(&service, "alice").await;
    let again = attempt("alice", PASSWORD).insert_header(("Cookie", first.cookie.as_str()));
    let second = Browser::of(&service.call(again).await);
    assert_ne!(first.cookie, second.cookie);
    assert_ne!(first.csrf, second.csrf);
    assert!(!first.is_in(&service).await);
    assert!(second.is_in(&service).await);
}

#[actix_web::test]
async fn a_truncated_or_lengthened_cookie_is_refused() {
    let service = Service::on(TestDatabase::sqlite()).await;
    service.user("alice").await;
    let whole = Browser::signed_in(&service, "alice").await;
    for cookie in [
        whole.cookie[..whole.cookie.len() - 1].to_owned(),
        format!("{}A", whole.cookie),
    ] {
        let other = Browser {
            cookie,
            ..whole.clone()
        };
        assert!(!other.is_in(&service).await);
    }
    assert!(whole.is_in(&service).await);
}

#[actix_web::test]
async fn the_registrys_side_ignores_cookies_and_sets_none() {
    let service = Service::on(TestDatabase::sqlite()).await;
    let alice = service.user("alice").await;
    let token = service.token_of(&alice, "docker").await;
    let browser = Browser::signed_in(&service, "alice").await;
    let path = "/v2/token?service=registry.test&scope=repository:alice/app:pull,push";
    let by_cookie = browser.get(&service, path).await;
    assert_eq!(by_cookie.status, 200);
    let claims = crate::support::service::claims_of(by_cookie.json()["token"].as_str().unwrap());
    assert_eq!(claims["sub"], json!(""));
    assert_eq!(claims["access"], json!([]));
    assert_eq!(browser.get(&service, "/v2/").await.status, 401);
    for secret in [token.as_str(), PASSWORD] {
        for path in [path, "/v2/", "/v2/token?offline_token=true"] {
            let request = TestRequest::get()
                .uri(path)
                .insert_header(("Authorization", basic(("alice", secret))));
            let answer = service.call(request).await;
            assert_eq!(answer.status, 200, "{path}");
            assert_eq!(set_cookie(&answer), None, "{path}");
        }
    }
    // Nor does a token in the API begin a session.
    let request = TestRequest::get()
        .uri("/api/v1/teams")
        .insert_header(("Portus-Auth", format!("alice:{token}")));
    let answer = service.call(request).await;
    assert_eq!((answer.status.as_u16(), set_cookie(&answer)), (200, None));
    assert_eq!(service.count("sessions").await, 1);
    sign_in(&service, "alice", "wrong").await;
    assert_eq!(service.count("sessions").await, 1);
}
