//! `/v2/token`: who is granted what, and what the token says.

use actix_web::{http::StatusCode, test::TestRequest};
use serde_json::{Value, json};

use crate::support::{
    databases::{TestDatabase, on_every_database},
    service::{PASSWORD, SERVICE, Service, basic, claims_of, encoded},
};

/// One person of every kind, and namespaces of every visibility that belong to the team `devs`.
struct Cast {
    service: Service,
}

impl Cast {
    async fn on(database: TestDatabase, settings: &[(&str, &str)]) -> Self {
        let service = Service::with(database, settings).await;
        service.admin("root").await;
        let owner = service.user("owner").await;
        let team = service.team("devs", &owner).await;
        for (name, role) in [("contributor", "contributor"), ("viewer", "viewer")] {
            let who = service.user(name).await;
            service.member(&team, &who, role).await;
        }
        service.user("outsider").await;
        for visibility in ["private", "protected", "public"] {
            service.namespace(visibility, &team, visibility).await;
        }
        Self { service }
    }

    /// What somebody (nobody: "") is granted of pull, push and delete, in letters.
    async fn granted(&self, who: &str, repository: &str) -> String {
        let scope = format!("repository:{repository}:pull,push,delete");
        let credentials = (!who.is_empty()).then_some((who, PASSWORD));
        let access = self.service.access(credentials, &[&scope]).await.unwrap();
        let actions = access[0]["actions"].as_array().cloned().unwrap_or_default();
        let letters = actions.iter().map(|action| action.as_str().unwrap());
        letters
            .map(|word| {
                if word == "pull" {
                    "r"
                } else if word == "push" {
                    "w"
                } else {
                    "d"
                }
            })
            .collect()
    }

    async fn matrix(&self, repository: &str) -> String {
        let mut row = Vec::new();
        for who in ["", "outsider", "viewer", "contributor", "owner", "root"] {
            let letters = self.granted(who, repository).await;
            row.push(if letters.is_empty() {
                "-".to_owned()
            } else {
                letters
            });
        }
        row.join(" ")
    }
}

on_every_database! {
    async fn roles_and_visibility_decide_what_is_granted(database: TestDatabase) {
        let cast = Cast::on(database, &[]).await;
        // nobody, outsider, viewer, contributor, owner, admin
        assert_eq!(cast.matrix("private/app").await, "- - r rw rwd rwd");
        assert_eq!(cast.matrix("protected/app").await, "- r r rw rwd rwd");
        assert_eq!(cast.matrix("public/a/b").await, "r r r rw rwd rwd");
        assert_eq!(cast.matrix("busybox").await, "r r r r r rwd");
        assert_eq!(cast.matrix("outsider/app").await, "- rwd - - - rwd");
        assert_eq!(cast.matrix("ghost/app").await, "- - - - - -");
        assert_eq!(cast.matrix("Private/app").await, "- - - - - -");
        assert_eq!(cast.matrix("/app").await, "- - - - - -");
    }
}

#[actix_web::test]
async fn the_push_policy_and_the_deletion_switch_hold_for_everybody_but_admins() {
    let personal = (
        "PORTUS_USER_PERMISSION_PUSH_IMAGES_POLICY",
        "allow-personal",
    );
    let admins = ("PORTUS_USER_PERMISSION_PUSH_IMAGES_POLICY", "admin-only");
    let kept = ("PORTUS_DELETE_ENABLED", "false");
    let contributors = ("PORTUS_DELETE_CONTRIBUTORS", "true");
    for (setting, team, own) in [
        (personal, "- - r r rd rwd", "- rwd - - - rwd"),
        (admins, "- - r r rd rwd", "- rd - - - rwd"),
        (kept, "- - r rw rw rw", "- rw - - - rw"),
        (contributors, "- - r rwd rwd rwd", "- rwd - - - rwd"),
    ] {
        let cast = Cast::on(TestDatabase::sqlite(), &[setting]).await;
        assert_eq!(cast.matrix("private/app").await, team, "{setting:?}");
        assert_eq!(cast.matrix("outsider/app").await, own, "{setting:?}");
    }
}

#[actix_web::test]
async fn a_star_is_cut_down_to_what_is_allowed() {
    let cast = Cast::on(TestDatabase::sqlite(), &[]).await;
    let service = &cast.service;
    let star = |who: &'static str, scope: &'static str| async move {
        let credentials = (!who.is_empty()).then_some((who, PASSWORD));
        service.access(credentials, &[scope]).await.unwrap()
    };
    let entry =
        |actions: Value| json!([{ "type": "repository", "name": "private/x", "actions": actions }]);
    assert_eq!(
        star("owner", "repository:private/x:*").await,
        entry(json!(["*"]))
    );
    assert_eq!(
        star("contributor", "repository:private/x:*").await,
        entry(json!(["pull", "push"]))
    );
    assert_eq!(
        star("viewer", "repository:private/x:*,push").await,
        entry(json!(["pull"]))
    );
    // The hole of Portus' first action.
    assert_eq!(
        star("", "repository:private/x:*,pull,push").await,
        json!([])
    );
    assert_eq!(
        star("outsider", "repository:private/x:*,pull").await,
        json!([])
    );
    assert_eq!(
        star("owner", "repository:private/x:owner,pull").await,
        entry(json!(["pull"]))
    );
}

#[actix_web::test]
async fn the_catalog_is_for_admins_and_searching_for_accounts() {
    let cast = Cast::on(TestDatabase::sqlite(), &[]).await;
    let service = &cast.service;
    let nothing = json!([]);
    for scope in [
        "registry:catalog:x,*",
        "registry:catalog:*",
        "registry:catalog:search",
        "registry:foo:bar",
        "registry:catalog/:*",
        "registry:Catalog:*",
        "registry:%63atalog:*",
    ] {
        assert_eq!(
            service.access(None, &[scope]).await.unwrap(),
            nothing,
            "{scope}"
        );
    }
    for scope in [
        "registry:catalog:*",
        "registry:catalog/:*",
        "registry:CATALOG:*",
    ] {
        assert_eq!(
            service
                .access(Some(("owner", PASSWORD)), &[scope])
                .await
                .unwrap(),
            nothing,
            "{scope}"
        );
    }
    let search = service
        .access(Some(("outsider", PASSWORD)), &["registry:catalog:search"])
        .await;
    assert_eq!(
        search.unwrap(),
        json!([{ "type": "registry", "name": "catalog", "actions": ["search"] }])
    );
    let all = service
        .access(Some(("root", PASSWORD)), &["registry:catalog:*"])
        .await;
    assert_eq!(
        all.unwrap(),
        json!([{ "type": "registry", "name": "catalog", "actions": ["*"] }])
    );
}

#[actix_web::test]
async fn scopes_come_repeated_joined_and_malformed() {
    let cast = Cast::on(TestDatabase::sqlite(), &[]).await;
    let owner = Some(("owner", PASSWORD));
    let one =
        |actions: Value| json!([{ "type": "repository", "name": "private/a", "actions": actions }]);
    let twice = cast
        .service
        .access(
            owner,
            &["repository:private/a:push", "repository:private/a:pull"],
        )
        .await;
    assert_eq!(twice.unwrap(), one(json!(["push", "pull"])));
    let joined = cast
        .service
        .access(
            owner,
            &["repository:private/a:pull repository:private/a:pull,push"],
        )
        .await;
    assert_eq!(joined.unwrap(), one(json!(["pull", "push"])));
    let plugin = cast
        .service
        .access(owner, &["repository(plugin):private/a:pull"])
        .await;
    assert_eq!(plugin.unwrap()[0]["class"], "plugin");
    for scope in [
        "whale:foo,bar",
        "lala:busybox:fork",
        "repository",
        "::::",
        "repository:private/a:",
        "repository:private/a:fork",
    ] {
        assert_eq!(
            cast.service.access(owner, &[scope]).await.unwrap(),
            json!([]),
            "{scope}"
        );
    }
    assert_eq!(cast.service.access(owner, &[]).await, None);
    let many: Vec<String> = (0..10_000)
        .map(|n| format!("repository:private/r{n}:pull"))
        .collect();
    let request = TestRequest::post()
        .uri("/v2/token")
        .insert_header(("Content-Type", "application/x-www-form-urlencoded"))
        .set_payload(format!(
            "service={SERVICE}&grant_type=password&username=owner&password={}&scope={}",
            encoded(PASSWORD),
            encoded(&many.join(" "))
        ));
    let answer = cast.service.call(request).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert!(answer.body.len() < 32 * 1024, "{}", answer.body.len());
    let claims = claims_of(answer.json()["token"].as_str().unwrap());
    assert_eq!(claims["access"].as_array().unwrap().len(), 30);
}

#[actix_web::test]
async fn a_token_says_who_asked_and_nothing_that_the_client_claims() {
    let cast = Cast::on(TestDatabase::sqlite(), &[]).await;
    let request = TestRequest::get()
        .uri(&format!(
            "/v2/token?service={SERVICE}&account=root&scope=repository:private/a:pull"
        ))
        .insert_header(("Authorization", basic(("owner", PASSWORD))));
    let answer = cast.service.call(request).await;
    let body = answer.json();
    assert_eq!(body["token"], body["access_token"]);
    assert_eq!(body["expires_in"], 900);
    assert!(body.get("issued_at").is_none() && body.get("refresh_token").is_none());
    assert!(answer.headers.get("set-cookie").is_none());
    let claims = claims_of(body["token"].as_str().unwrap());
    assert_eq!(claims["sub"], "owner");
    assert_eq!(claims["aud"], SERVICE);
    assert_eq!(claims["iss"], "portus.test");
    let times = ["nbf", "iat", "exp"].map(|name| claims[name].as_i64().unwrap());
    assert_eq!((times[1] - times[0], times[2] - times[1]), (120, 900));
    assert_eq!(
        cast.service
            .claims(None, &["repository:public/a:pull"])
            .await["sub"],
        ""
    );
}

#[actix_web::test]
async fn an_unknown_service_grants_nothing_even_to_admins() {
    let cast = Cast::on(TestDatabase::sqlite(), &[]).await;
    for query in ["service=elsewhere.test&", "service=&", ""] {
        let request = TestRequest::get()
            .uri(&format!("/v2/token?{query}scope=repository:public/a:pull"))
            .insert_header(("Authorization", basic(("root", PASSWORD))));
        let answer = cast.service.call(request).await;
        assert_eq!(answer.status, StatusCode::OK);
        let claims = claims_of(answer.json()["token"].as_str().unwrap());
        assert_eq!(claims["access"], json!([]), "{query}");
    }
}

#[actix_web::test]
async fn the_token_is_one_that_our_own_key_signed() {
    let cast = Cast::on(TestDatabase::sqlite(), &[]).await;
    let request = TestRequest::get().uri(&format!("/v2/token?service={SERVICE}"));
    let token = cast.service.call(request).await.json()["token"]
        .as_str()
        .unwrap()
        .to_owned();
    let app = &cast.service.app;
    let expected = |service| portus_rs::protocol::token::Expected {
        issuer: "portus.test",
        service,
        now: app.clock.now(),
    };
    let key = app.keys.signing.verifying_key();
    let keys = std::slice::from_ref(key);
    assert!(portus_rs::protocol::token::verify(&token, keys, expected(SERVICE)).is_ok());
    assert!(portus_rs::protocol::token::verify(&token, keys, expected("other")).is_err());
}
