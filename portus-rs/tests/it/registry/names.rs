//! Names are compared whole and as written, except those of people, which have one form whatever they look like.

use actix_web::{http::StatusCode, test::TestRequest};
use portus_rs::{
    actions::users::{self, NewUser},
    error::Error,
    identity::actor::Actor,
};
use serde_json::json;

use crate::support::{
    databases::{TestDatabase, on_every_database},
    service::{PASSWORD, SERVICE, Service, basic},
};

/// What somebody may do there, in the order asked.
async fn actions(service: &Service, who: &str, repository: &str) -> Vec<String> {
    let scope = format!("repository:{repository}:pull,push,delete");
    let access = service.access(Some((who, PASSWORD)), &[&scope]).await;
    let access = access.unwrap();
    let list = access[0]["actions"].as_array().cloned().unwrap_or_default();
    list.iter()
        .map(|it| it.as_str().unwrap().to_owned())
        .collect()
}

on_every_database! {
    async fn a_name_gives_no_rights_to_another_that_resembles_it(database: TestDatabase) {
        let service = Service::on(database).await;
        // An underscore is no wildcard, a beginning no whole, case and trailing characters count.
        for (name, other) in [("a_b", "axb"), ("prod", "prod2"), ("xadmin", "admin1"), ("one", "one-more")] {
            let (owner, stranger) = (service.user(&format!("of-{name}")).await, service.user(&format!("of-{other}")).await);
            for (name, owner) in [(name, &owner), (other, &stranger)] {
                let team = service.team(name, owner).await;
                service.namespace(name, &team, "private").await;
            }
            let own = format!("of-{name}");
            assert_eq!(actions(&service, &own, &format!("{name}/app")).await, ["pull", "push", "delete"]);
            assert!(actions(&service, &own, &format!("{other}/app")).await.is_empty(), "{other}");
        }
        for repository in [
            "A_B/app", "a_b%/app", "a%/app", "%/app", "_/app", "a__b/app", "a_b /app", "a_b./app", "a_b\\/app", "a_b//app",
            "*/app", ".*/app", "a.b/app", "A_b/app", "a_b/../axb/app", "a_b/./app", "a_b\u{ff0f}app", "a\u{ff3f}b/app",
        ] {
            let granted = actions(&service, "of-a_b", repository).await;
            assert!(granted.is_empty(), "{repository}: {granted:?}");
        }
    }

    async fn all_forms_of_a_persons_name_are_one_account(database: TestDatabase) {
        let service = Service::on(database).await;
        for (name, forms) in [
            ("Bob", ["bob", "BOB", "\u{ff22}ob", "\u{ff42}\u{ff4f}\u{ff42}"]),
            ("finn", ["\u{fb01}nn", "FINN", "Finn", "\u{ff46}inn"]),
        ] {
            service.user(name).await;
            for form in forms {
                let request = TestRequest::get()
                    .uri(&format!("/v2/token?service={SERVICE}"))
                    .insert_header(("Authorization", basic((form, PASSWORD))));
                let answer = service.call(request).await;
                assert_eq!(answer.status, StatusCode::OK, "{form}");
                // The token names the account and not what was typed.
                let claims = crate::support::service::claims_of(answer.json()["token"].as_str().unwrap());
                assert_eq!(claims["sub"], name, "{form}");
                let new = NewUser {
                    username: form.to_owned(),
                    email: "other@example.org".to_owned(),
                    password: PASSWORD.to_owned(),
                    admin: false,
                    bot: false,
                    display_name: None,
                };
                match users::create(&service.app, &Actor::Operator, new).await.map(|it| it.user) {
                    Err(Error::Invalid(invalid)) => {
                        let text = invalid.to_string();
                        // Where nothing of it fits into the name of a namespace, that is told first.
                        let plain = form.chars().any(|c| c.is_ascii_alphanumeric());
                        let expected = if plain { "taken" } else { "cannot be transformed" };
                        assert!(text.contains(expected), "{form}: {text}");
                    }
                    other => panic!("{form}: {other:?}"),
                }
            }
        }
        // And what only looks alike is somebody else: a Cyrillic letter, a space in the middle.
        for stranger in ["\u{0412}ob", "b ob", "bob\u{200b}"] {
            let request = TestRequest::get()
                .uri(&format!("/v2/token?service={SERVICE}"))
                .insert_header(("Authorization", basic((stranger, PASSWORD))));
            assert_eq!(service.call(request).await.status, StatusCode::UNAUTHORIZED, "{stranger}");
        }
    }
}

#[actix_web::test]
async fn no_tag_is_special_when_rights_are_decided() {
    let service = Service::on(TestDatabase::sqlite()).await;
    let owner = service.user("owner").await;
    let viewer = service.user("viewer").await;
    let team = service.team("devs", &owner).await;
    service.member(&team, &viewer, "viewer").await;
    service.namespace("devs", &team, "private").await;
    for tag in [
        "",
        ":latest",
        ":LATEST",
        ":1.0",
        ":sha256-0.sig",
        "@sha256:00",
    ] {
        let name = format!("devs/app{tag}");
        assert!(
            !actions(&service, "viewer", &name)
                .await
                .contains(&"push".to_owned()),
            "{tag}"
        );
        // With a tag it is no name of a repository, for anybody.
        let expected: &[&str] = if tag.is_empty() {
            &["pull", "push", "delete"]
        } else {
            &[]
        };
        assert_eq!(actions(&service, "owner", &name).await, expected, "{tag}");
    }
}

#[actix_web::test]
async fn the_catalog_has_one_spelling_and_only_admins_get_it() {
    let service = Service::on(TestDatabase::sqlite()).await;
    service.admin("root").await;
    service.user("somebody").await;
    let all = json!([{ "type": "registry", "name": "catalog", "actions": ["*"] }]);
    let root = Some(("root", PASSWORD));
    assert_eq!(
        service.access(root, &["registry:catalog:*"]).await.unwrap(),
        all
    );
    for scope in [
        "registry:catalog/:*",
        "registry:/catalog:*",
        "registry:catalog/.:*",
        "registry:x/../catalog:*",
        "registry:Catalog:*",
        "registry:CATALOG:*",
        "Registry:catalog:*",
        "registry:%63atalog:*",
        "registry:catalog%2F:*",
        "registry:catalog:%2A",
        "registry:catalog:ALL",
        "registry:_catalog:*",
        "registry:catalog\u{0}:*",
        "registry:c\u{0430}talog:*",
        "registry::*",
        "registry(x):catalog:*",
        "repository:catalog:*x",
        "registry:catalog:",
    ] {
        for who in [Some(("somebody", PASSWORD)), root, None] {
            let got = service.access(who, &[scope]).await;
            let got = got.unwrap_or(json!([]));
            assert!(got.as_array().unwrap().is_empty(), "{who:?} {scope}: {got}");
        }
    }
    // Asked for beside others it is neither more nor less.
    for scopes in [
        &["registry:catalog:*,pull,delete"][..],
        &["registry:catalog:*", "registry:catalog:search"],
        &["registry:catalog:* repository:x/y:pull"],
    ] {
        let got = service.access(Some(("somebody", PASSWORD)), scopes).await;
        let got = got.unwrap().to_string();
        assert!(!got.contains("\"*\""), "{scopes:?}: {got}");
    }
}
