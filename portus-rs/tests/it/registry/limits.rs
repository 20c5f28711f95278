//! Application tokens that carry less than their owner's rights.

use actix_web::{http::StatusCode, test::TestRequest};
use chrono::TimeDelta;
use portus_rs::{
    actions::{
        application_tokens::{self, Ends, NewToken},
        namespaces, users,
    },
    entities::{TokenScope, refresh_token, user},
    identity::actor::Actor,
};
use sea_orm::EntityTrait;
use serde_json::{Value, json};

use crate::support::{
    databases::{TestDatabase, on_every_database},
    service::{Answer, PASSWORD, SERVICE, Service, basic, encoded},
};

async fn limited(
    service: &Service,
    who: &user::Model,
    scope: TokenScope,
    namespace: Option<&str>,
    ends: Ends,
) -> String {
    let new = NewToken {
        application: format!("{scope}-{}-{ends:?}", namespace.unwrap_or_default()),
        scope,
        namespace: namespace.map(str::to_owned),
        ends,
    };
    application_tokens::issue_limited(&service.app, &Actor::Operator, who.id, &new)
        .await
        .unwrap()
        .plain
}

fn actions(access: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for entry in access.as_array().unwrap() {
        for action in entry["actions"].as_array().unwrap() {
            let (name, action) = (entry["name"].as_str().unwrap(), action.as_str().unwrap());
            found.push(format!("{name}:{action}"));
        }
    }
    found
}

async fn refresh(service: &Service, token: &str, scopes: &[&str]) -> Answer {
    let scopes: Vec<String> = scopes
        .iter()
        .map(|scope| format!("&scope={}", encoded(scope)))
        .collect();
    let form = format!(
        "grant_type=refresh_token&service={SERVICE}&refresh_token={}{}",
        encoded(token),
        scopes.concat()
    );
    let request = TestRequest::post()
        .uri("/v2/token")
        .insert_header(("Content-Type", "application/x-www-form-urlencoded"))
        .set_payload(form);
    service.call(request).await
}

async fn docker_login(service: &Service, credentials: (&str, &str)) -> String {
    let request = TestRequest::get()
        .uri(&format!("/v2/token?offline_token=true&service={SERVICE}"))
        .insert_header(("Authorization", basic(credentials)));
    let answer = service.call(request).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.json()["refresh_token"].as_str().unwrap().to_owned()
}

const ALL: [&str; 3] = [
    "repository:devs/a:pull,push,delete",
    "repository:ops/a:pull,push,delete",
    "repository:world/a:pull,push",
];

/// An admin and an owner of two private namespaces, beside a public one.
async fn two_namespaces(service: &Service) -> (user::Model, user::Model) {
    let (root, alice) = (service.admin("root").await, service.user("alice").await);
    let team = service.team("devs", &alice).await;
    service.namespace("devs", &team, "private").await;
    service.namespace("ops", &team, "private").await;
    service.namespace("world", &team, "public").await;
    (root, alice)
}

on_every_database! {
    async fn a_limited_token_gets_docker_no_more_than_its_limits(database: TestDatabase) {
        let service = Service::with(database, &[("PORTUS_DELETE_ENABLED", "true")]).await;
        let (root, alice) = two_namespaces(&service).await;
        for who in [&root, &alice] {
            let name = who.username.as_str();
            let granted = async |scope, namespace| {
                let token = limited(&service, who, scope, namespace, Ends::Never).await;
                actions(&service.access(Some((name, &token)), &ALL).await.unwrap())
            };
            let pulls = ["devs/a:pull", "ops/a:pull", "world/a:pull"];
            assert_eq!(granted(TokenScope::Read, None).await, pulls);
            assert_eq!(granted(TokenScope::Pull, None).await, pulls);
            let inside = ["devs/a:pull", "devs/a:push", "devs/a:delete"];
            assert_eq!(granted(TokenScope::Full, Some("devs")).await, inside);
            assert_eq!(granted(TokenScope::Pull, Some("devs")).await, ["devs/a:pull"]);
        }
        let star = ["repository:devs/a:*", "registry:catalog:*"];
        let token = limited(&service, &root, TokenScope::Read, Some("devs"), Ends::Never).await;
        let access = service.access(Some(("root", &token)), &star).await.unwrap();
        assert_eq!(actions(&access), ["devs/a:pull"]);
    }

    async fn a_docker_login_has_the_limits_of_its_token_and_goes_with_it(database: TestDatabase) {
        let service = Service::on(database).await;
        let (_, alice) = two_namespaces(&service).await;
        let token = limited(&service, &alice, TokenScope::Pull, Some("devs"), Ends::After(2)).await;
        let login = docker_login(&service, ("alice", &token)).await;
        let access = |answer: &Answer| {
            let token = answer.json()["token"].as_str().unwrap().to_owned();
            actions(&crate::support::service::claims_of(&token)["access"])
        };
        let answer = refresh(&service, &login, &ALL).await;
        assert_eq!(access(&answer), ["devs/a:pull"]);
        // Its end is the login's end.
        service.app.clock.advance(TimeDelta::days(2));
        assert_eq!(refresh(&service, &login, &ALL).await.status, StatusCode::UNAUTHORIZED);

        let token = limited(&service, &alice, TokenScope::Full, None, Ends::Never).await;
        let login = docker_login(&service, ("alice", &token)).await;
        let by_password = docker_login(&service, ("alice", PASSWORD)).await;
        assert_eq!(refresh(&service, &login, &ALL).await.status, StatusCode::OK);
        let rows = portus_rs::entities::application_token::Entity::find()
            .all(service.app.database.reader()).await.unwrap();
        let actor = Service::actor(&alice);
        for row in rows {
            application_tokens::revoke(&service.app, &actor, row.id).await.unwrap();
        }
        assert_eq!(refresh(&service, &login, &ALL).await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(refresh(&service, &by_password, &ALL).await.status, StatusCode::OK);
        let left = refresh_token::Entity::find().all(service.app.database.reader()).await.unwrap();
        assert_eq!(left.len(), 1);
    }

    async fn a_token_ends_at_its_time_also_where_it_is_remembered(database: TestDatabase) {
        let service = Service::on(database).await;
        let alice = service.user("alice").await;
        let token = limited(&service, &alice, TokenScope::Full, None, Ends::After(1)).await;
        let status = async || {
            let request = TestRequest::get()
                .uri("/v2/token")
                .insert_header(("Authorization", basic(("alice", &token))));
            service.call(request).await.status
        };
        assert_eq!(status().await, StatusCode::OK);
        service.app.clock.advance(TimeDelta::hours(24) - TimeDelta::seconds(5));
        assert_eq!(status().await, StatusCode::OK);
        service.app.clock.advance(TimeDelta::seconds(6));
        assert_eq!(status().await, StatusCode::UNAUTHORIZED);
    }

    async fn a_changed_password_ends_docker_logins_and_leaves_application_tokens(database: TestDatabase) {
        let service = Service::on(database).await;
        let (root, alice) = (service.admin("root").await, service.user("alice").await);
        let token = service.token_of(&alice, "ci").await;
        let login = docker_login(&service, ("alice", PASSWORD)).await;
        let changes = users::UserChanges { password: Some("another horse".to_owned()), ..Default::default() };
        users::update(&service.app, &Service::actor(&root), alice.id, changes).await.unwrap();
        assert_eq!(refresh(&service, &login, &[]).await.status, StatusCode::UNAUTHORIZED);
        assert!(service.access(Some(("alice", &token)), &[]).await.is_none());
    }

    async fn the_last_admin_stays_also_when_two_go_at_once(database: TestDatabase) {
        let service = Service::on(database).await;
        let (one, other) = (service.admin("one").await, service.admin("other").await);
        let app = &service.app;
        let (by_one, by_other) = (Service::actor(&one), Service::actor(&other));
        let (first, second) = tokio::join!(
            users::set_admin(app, &by_one, other.id, false),
            users::set_enabled(app, &by_other, other.id, false),
        );
        assert!(first.is_ok() || second.is_ok());
        let (first, second) = tokio::join!(
            users::set_enabled(app, &by_one, one.id, false),
            users::delete(app, &Actor::Operator, one.id),
        );
        assert!(first.is_err() && second.is_err(), "{first:?} {second:?}");
        users::set_admin(app, &Actor::Operator, other.id, true).await.unwrap();
        users::set_enabled(app, &Actor::Operator, other.id, true).await.unwrap();
        let (first, second) = tokio::join!(
            users::set_enabled(app, &by_one, one.id, false),
            users::set_enabled(app, &by_other, other.id, false),
        );
        assert_eq!(u8::from(first.is_ok()) + u8::from(second.is_ok()), 1, "{first:?} {second:?}");
    }
}

#[actix_web::test]
async fn a_namespace_that_is_gone_leaves_its_tokens_with_nothing() {
    let service = Service::on(TestDatabase::sqlite()).await;
    let (_, alice) = two_namespaces(&service).await;
    let token = limited(
        &service,
        &alice,
        TokenScope::Full,
        Some("devs"),
        Ends::Never,
    )
    .await;
    let changes = namespaces::NamespaceChanges {
        name: Some("moved".to_owned()),
        ..Default::default()
    };
    let rows = portus_rs::entities::namespace::Entity::find()
        .all(service.app.database.reader())
        .await
        .unwrap();
    let devs = rows.iter().find(|row| row.name == "devs").unwrap();
    namespaces::update(&service.app, &Actor::Operator, devs.id, changes)
        .await
        .unwrap();
    // Another one of the same name is another one.
    let team = portus_rs::entities::team::Entity::find_by_id(devs.team_id)
        .one(service.app.database.reader())
        .await
        .unwrap()
        .unwrap();
    service.namespace("devs", &team, "private").await;
    let access = service
        .access(Some(("alice", &token)), &["repository:devs/a:pull"])
        .await;
    assert_eq!(access, Some(json!([])));
    let access = service
        .access(Some(("alice", &token)), &["repository:moved/a:pull"])
        .await;
    assert_eq!(access.unwrap()[0]["actions"], json!(["pull"]));
}
