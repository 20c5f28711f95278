//! How requests are read and faults are said, whatever the endpoint.

use actix_web::{http::Method, test::TestRequest};
use serde_json::json;

use super::support::{Caller, TestApp};

const NOT_FOUND: &str = r#"{"message":"Not found"}"#;

#[actix_web::test]
async fn ping_answers_everybody() {
    let app = TestApp::new().await;
    let answer = app.get(&Caller::NOBODY, "/api/v1/_ping").await;
    assert_eq!(answer.is(200).text, "200");
    assert_eq!(answer.header("content-type"), Some("application/json"));
    app.get(&Caller::NOBODY, "/healthz/live").await.is(200);
    app.get(&Caller::NOBODY, "/healthz/ready").await.is(200);
}

#[actix_web::test]
async fn unknown_paths_and_methods_are_not_found_without_credentials() {
    let app = TestApp::new().await;
    for (method, path) in [
        (Method::GET, "/api/lala"),
        (Method::GET, "/api"),
        (Method::GET, "/api/v1/lala/1/webhooks"),
        (Method::GET, "/api/v1/teams/5/whatever"),
        (Method::PATCH, "/api/v1/users"),
        (Method::DELETE, "/api/v1/users"),
        (Method::GET, "/api/v1/registries/1"),
        (Method::PATCH, "/api/v1/repositories/1"),
        (Method::DELETE, "/api/v1/users/1/application_tokens/1"),
        (Method::OPTIONS, "/api/v1/lala"),
    ] {
        let answer = app.send(&Caller::NOBODY, method.clone(), path, None).await;
        assert_eq!(answer.is(404).text, NOT_FOUND, "{method} {path}");
    }
}

#[actix_web::test]
async fn credentials_are_a_name_and_an_application_token() {
    let app = TestApp::new().await;
    let mary = app.user("mary").await;
    let good = mary.auth.clone().expect("a token");
    let token = good.split_once(':').expect("a pair").1.to_owned();
    app.get(&mary, "/api/version").await.is(200);
    for bad in [
        None,
        Some("mary".to_owned()),
        Some("mary:".to_owned()),
        Some(":".to_owned()),
        Some("mary:a long password".to_owned()),
        Some(format!("nobody:{token}")),
        Some(format!("mary:{token}x")),
        Some(token),
    ] {
        let caller = Caller {
            id: 0,
            auth: bad.clone(),
        };
        let answer = app.get(&caller, "/api/version").await;
        assert_eq!(
            answer.is(401).message(),
            json!("Authentication fails"),
            "{bad:?}"
        );
    }
}

#[actix_web::test]
async fn version_names_the_api_it_is_compatible_with() {
    let app = TestApp::new().await;
    let mary = app.user("mary").await;
    let body = app.get(&mary, "/api/version").await.is(200).json();
    assert_eq!(body["api-versions"], json!(["v1"]));
    assert_eq!(body["git"], json!(null));
    assert_eq!(body["version"], json!(env!("CARGO_PKG_VERSION")));
    assert_eq!(body["compatible-with"], json!("2.4.3"));
}

#[actix_web::test]
async fn what_cannot_be_read_is_refused_before_anybody_is_asked_who_they_are() {
    let app = TestApp::new().await;
    let request = TestRequest::post()
        .uri("/api/v1/users")
        .insert_header(("content-type", "application/json"))
        .set_payload(r#"{"user":{"username""#);
    let answer = app.call(request).await;
    let message = answer.is(400).message();
    assert!(
        message
            .as_str()
            .is_some_and(|it| it.starts_with("When specifying application/json as content-type"))
    );

    let request = TestRequest::post()
        .uri("/api/v1/users")
        .insert_header(("content-type", "text/xml"))
        .set_payload("<user/>");
    let answer = app.call(request).await;
    assert_eq!(
        answer.is(415).message(),
        json!("The provided content-type 'text/xml' is not supported.")
    );

    let answer = app.get(&Caller::NOBODY, "/api/v1/users?format=xml").await;
    assert_eq!(
        answer.is(406).message(),
        json!("The requested format 'xml' is not supported.")
    );

    let request = TestRequest::post()
        .uri("/api/v1/users")
        .set_payload(vec![b'a'; 2 << 20]);
    app.call(request).await.is(413);
}

#[actix_web::test]
async fn json_suffix_and_format_change_nothing() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    for path in [
        "/api/v1/users.json",
        "/api/v1/users?format=json",
        "/api/v1/users",
    ] {
        app.get(&admin, path).await.is(200);
    }
    let own = app
        .get(&admin, &format!("/api/v1/users/{}.json", admin.id))
        .await;
    assert_eq!(own.is(200).json()["username"], json!("admin"));
}

#[actix_web::test]
async fn head_is_allowed_wherever_get_is() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    for path in [
        "/api/v1/_ping",
        "/api/v1/users",
        "/api/version",
        "/api/v1/repositories",
    ] {
        app.send(&admin, Method::HEAD, path, None).await.is(200);
    }
}

#[actix_web::test]
async fn options_list_the_methods_without_credentials() {
    let app = TestApp::new().await;
    let answer = app
        .send(&Caller::NOBODY, Method::OPTIONS, "/api/v1/teams/3", None)
        .await;
    assert_eq!(
        answer.is(204).header("allow"),
        Some("OPTIONS, GET, HEAD, PUT, DELETE")
    );
}

#[actix_web::test]
async fn an_empty_json_body_on_get_is_accepted() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    let request = TestRequest::get()
        .uri("/api/v1/users")
        .insert_header(("content-type", "application/json"))
        .insert_header(("PORTUS-AUTH", admin.auth.expect("a token")));
    app.call(request).await.is(200);
}

#[actix_web::test]
async fn other_origins_may_read_and_ours_may_send_cookies() {
    let app = TestApp::new().await;
    let answer = app.get(&Caller::NOBODY, "/api/v1/_ping").await;
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert_eq!(answer.header("access-control-request-method"), Some("*"));
    let refused = app.get(&Caller::NOBODY, "/api/v1/users").await;
    assert_eq!(refused.is(401).header("access-control-allow-origin"), None);

    for (origin, allowed, credentials) in [
        ("https://evil.example", "*", None),
        (
            "https://portus.example.org",
            "https://portus.example.org",
            Some("true"),
        ),
        (
            "http://portus.example.org",
            "http://portus.example.org",
            Some("true"),
        ),
        ("https://portus.example.org:8443", "*", None),
    ] {
        for (path, status) in [("/api/v1/_ping", 200), ("/api/v1/users", 401)] {
            let request = TestRequest::get()
                .uri(path)
                .insert_header(("origin", origin));
            let answer = app.call(request).await;
            answer.is(status);
            assert_eq!(answer.header("access-control-allow-origin"), Some(allowed));
            assert_eq!(
                answer.header("access-control-allow-credentials"),
                credentials
            );
            assert_eq!(answer.header("access-control-max-age"), Some("1728000"));
            assert_eq!(answer.header("vary"), Some("Origin"));
        }
    }

    let preflight = TestRequest::default()
        .method(Method::OPTIONS)
        .uri("/api/v1/users")
        .insert_header(("origin", "https://evil.example"))
        .insert_header(("access-control-request-method", "DELETE"))
        .insert_header(("access-control-request-headers", "x-own"));
    let answer = app.call(preflight).await;
    assert_eq!(answer.is(200).text, "");
    assert_eq!(answer.header("access-control-allow-headers"), Some("x-own"));
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
}

#[actix_web::test]
async fn health_says_what_is_missing() {
    let app = TestApp::new().await;
    let answer = app.get(&Caller::NOBODY, "/api/v1/health").await;
    assert_eq!(
        answer.is(503).json(),
        json!({
            "database": {"msg": "database is up-to-date", "success": true},
            "registry": {"msg": "no registry configured", "success": false},
        })
    );
}

#[actix_web::test]
async fn health_keeps_error_texts_for_admins_where_details_are_off() {
    let app = TestApp::with(&[("PORTUS_HEALTH_DETAILS", "false")]).await;
    app.registry("r", "127.0.0.1:1").await;
    let admin = app.admin().await;
    let told = |answer: &super::support::Answer| answer.json()["registry"]["msg"].clone();
    let everybody = app.get(&Caller::NOBODY, "/api/v1/health").await;
    assert_eq!(told(everybody.is(503)), json!("registry is not reachable"));
    let answer = app.get(&admin, "/api/v1/health").await;
    assert_ne!(told(answer.is(503)), json!("registry is not reachable"));
}

/// Something that answers every request with this status. Returns its port.
async fn answering(status: &'static str) -> u16 {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 2048];
            let read = stream.read(&mut request).await.unwrap_or_default();
            let asked = String::from_utf8_lossy(&request[..read]).into_owned();
            let status = if asked.starts_with("GET /health HTTP") {
                status
            } else {
                "404 Not Found"
            };
            let answer =
                format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    port
}

#[actix_web::test]
async fn health_tells_of_clair_where_it_is_configured() {
    for (port, msg, good) in [
        (answering("200 OK").await, "clair is reachable", true),
        (
            answering("500 Internal Server Error").await,
            "clair is not reachable",
            false,
        ),
        (1, "clair is not reachable: connection refused", false),
    ] {
        // The server's own port is not the one that tells.
        let settings = [
            ("PORTUS_SECURITY_CLAIR_SERVER", "127.0.0.1:6060"),
            ("PORTUS_SECURITY_CLAIR_HEALTH_PORT", &port.to_string()),
        ];
        let app = TestApp::with(&settings).await;
        let answer = app.get(&Caller::NOBODY, "/api/v1/health").await;
        let body = answer.is(503).json();
        assert_eq!(body["clair"], json!({"msg": msg, "success": good}));
        let order: Vec<usize> = ["database", "clair", "registry"]
            .map(|name| answer.text.find(name).expect("a component"))
            .to_vec();
        assert!(order.is_sorted(), "{}", answer.text);
    }
}
