//! What docker asks of `/v2/token`.

use actix_web::{http::StatusCode, test::TestRequest};
use serde_json::{Value, json};

use crate::support::{
    databases::TestDatabase,
    service::{PASSWORD, SERVICE, Service, basic, claims_of, encoded},
};

async fn ask(service: &Service, who: Option<(&str, &str)>, query: &str) -> (StatusCode, Value) {
    let mut request = TestRequest::get().uri(&format!("/v2/token?{query}"));
    if let Some(who) = who {
        request = request.insert_header(("Authorization", basic(who)));
    }
    let answer = service.call(request).await;
    let claims = match answer.status {
        StatusCode::OK => claims_of(answer.json()["token"].as_str().unwrap()),
        _ => Value::Null,
    };
    (answer.status, claims)
}

#[actix_web::test]
async fn credentials_and_scopes() {
    let service = Service::on(TestDatabase::sqlite()).await;
    let mary = service.user("mary").await;
    let team = service.team("devs", &mary).await;
    service.namespace("secret", &team, "private").await;
    let known = Some(("mary", PASSWORD));
    let here = format!("service={SERVICE}");
    let scopes = |scopes: &[&str]| -> String {
        let scopes = scopes.iter().map(|it| format!("&scope={}", encoded(it)));
        format!("{here}{}", scopes.collect::<String>())
    };
    let none = Some(json!([]));
    let both = json!([{"type": "repository", "name": "mary/x", "actions": ["push", "pull"]}]);
    for (what, who, query, access) in [
        (
            "a private namespace without credentials",
            None,
            scopes(&["repository:secret/x:pull"]),
            none.clone(),
        ),
        ("no scope, known service", known, here.clone(), None),
        (
            "no scope, unknown service",
            known,
            "service=elsewhere".to_owned(),
            none.clone(),
        ),
        (
            "unknown types",
            known,
            scopes(&["whale:foo,bar"]),
            none.clone(),
        ),
        (
            "unknown types",
            known,
            scopes(&["lala:busybox:fork"]),
            none.clone(),
        ),
        (
            "an unknown action",
            known,
            scopes(&["repository:busybox:fork"]),
            none,
        ),
        (
            "two scopes",
            known,
            scopes(&["repository:mary/x:push", "repository:mary/x:pull"]),
            Some(both),
        ),
    ] {
        let (status, claims) = ask(&service, who, &query).await;
        assert_eq!(status, StatusCode::OK, "{what}");
        assert_eq!(claims.get("access").cloned(), access, "{what}: {query}");
    }
    for wrong in [("mary", "wrong"), ("nobody", PASSWORD)] {
        let (status, _) = ask(&service, Some(wrong), &here).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{wrong:?}");
    }
}
