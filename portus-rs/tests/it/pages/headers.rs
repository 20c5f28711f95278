//! What every page tells browsers about itself, whatever becomes of the request.

use actix_web::{http::Method, test::TestRequest};

use crate::{
    api::sessions::Browser,
    support::{
        databases::TestDatabase,
        service::{Answer, Service},
    },
};

const TLS: (&str, &str) = ("X-Forwarded-Proto", "https");
const HSTS: &str = "strict-transport-security";

/// Pages of all kinds, with the status that they are answered with.
const PAGES: [(&str, u16); 12] = [
    ("/", 200),
    ("/teams", 200),
    ("/users/edit", 200),
    ("/help", 200),
    ("/documentation", 200),
    ("/explore", 200),
    ("/admin", 200),
    ("/admin/explain?user=nobody&name=x", 200),
    ("/teams/4711", 404),
    ("/nothing/of/the/kind", 404),
    ("/401", 401),
    ("/500", 500),
];

fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    answer.headers.get(name).map(|it| it.to_str().unwrap())
}

/// What no page may lack, over TLS or not.
#[track_caller]
fn is_guarded(answer: &Answer, path: &str) {
    let policy = header(answer, "content-security-policy").unwrap_or_default();
    for needed in [
        "default-src 'none'",
        "script-src 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ] {
        assert!(policy.contains(needed), "{path}: no {needed} in “{policy}”");
    }
    assert!(!policy.contains("unsafe"), "{path}: {policy}");
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cache-control", "no-store"),
        ("content-type", "text/html; charset=utf-8"),
    ] {
        assert_eq!(header(answer, name), Some(value), "{path}: {name}");
    }
}

#[actix_web::test]
async fn pages_over_tls_are_asked_for_over_tls_from_then_on() {
    let settings = [("PORTUS_ANONYMOUS_BROWSING_ENABLED", "true")];
    let service = Service::with(TestDatabase::sqlite(), &settings).await;
    service.admin("root").await;
    for tls in [false, true] {
        let dressed = |request: TestRequest| {
            if tls {
                request.insert_header(TLS)
            } else {
                request
            }
        };
        let sign_in = TestRequest::post()
            .uri("/users/sign_in")
            .insert_header(("Accept", "application/json"))
            .set_form([
                ("user[username]", "root"),
                ("user[password]", crate::support::service::PASSWORD),
            ]);
        let root = Browser::of(&service.call(dressed(sign_in)).await);
        for (path, status) in PAGES {
            let answer = service.call(dressed(root.request(Method::GET, path))).await;
            assert_eq!(answer.status.as_u16(), status, "{path}: {}", answer.body);
            is_guarded(&answer, path);
            let expected = tls.then_some("max-age=31536000");
            assert_eq!(header(&answer, HSTS), expected, "{path}");
        }
        // Forms that were refused, and doors that nobody has opened yet.
        let fields = [("team[name]", ""), ("authenticity_token", root.csrf())];
        let refused = root.request(Method::POST, "/teams").set_form(fields);
        let refused = service.call(dressed(refused)).await;
        assert_eq!(refused.status.as_u16(), 422, "{}", refused.body);
        let stale = root
            .request(Method::POST, "/teams")
            .set_form([("team[name]", "x")]);
        let stale = service.call(dressed(stale)).await;
        assert_eq!(stale.status.as_u16(), 422, "{}", stale.body);
        let door = TestRequest::with_uri("/users/sign_in");
        let door = service.call(dressed(door)).await;
        for (answer, what) in [
            (&refused, "refused"),
            (&stale, "stale"),
            (&door, "the door"),
        ] {
            is_guarded(answer, what);
            assert_eq!(header(answer, HSTS).is_some(), tls, "{what}");
        }
    }
}

/// A header that anybody can write counts only where a proxy of ours wrote it.
#[actix_web::test]
async fn somebody_elsewhere_cannot_say_that_it_was_tls() {
    let service = Service::on(TestDatabase::sqlite()).await;
    for (peer, counts) in [("127.0.0.1:1", true), ("198.51.100.7:1", false)] {
        let request = TestRequest::with_uri("/404")
            .peer_addr(peer.parse().unwrap())
            .insert_header(TLS);
        let answer = service.call(request).await;
        assert_eq!(answer.status.as_u16(), 404);
        assert_eq!(header(&answer, HSTS).is_some(), counts, "{peer}");
    }
}

/// Names with markup in them are no markup where they are no page.
#[actix_web::test]
async fn answers_that_are_no_pages_say_what_they_are() {
    let service = Service::on(TestDatabase::sqlite()).await;
    service.admin("root").await;
    let root = Browser::signed_in(&service, "root").await;
    for (path, kind) in [
        ("/api/v1/teams", "application/json"),
        ("/api/v1/nothing", "application/json"),
        ("/admin/activities.csv", "text/csv; charset=utf-8"),
        ("/api/v1/audit?as=jsonl", "application/x-ndjson"),
        ("/robots.txt", "text/plain; charset=utf-8"),
    ] {
        let answer = root.get(&service, path).await;
        assert_eq!(header(&answer, "content-type"), Some(kind), "{path}");
    }
}
