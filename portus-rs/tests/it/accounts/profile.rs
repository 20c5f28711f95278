//! One's own account on its page.

use actix_web::test::TestRequest;
use portus_rs::{
    actions::users::{self, Asking, ProfileChanges, UserChanges},
    identity::actor::Actor,
    queries,
};
use serde_json::json;

use super::Page;
use crate::{
    api::sessions::{Browser, sign_in},
    support::{
        databases::TestDatabase,
        service::{PASSWORD, SERVICE, Service, basic},
    },
};

const NEW: &str = "another password";

#[actix_web::test]
async fn the_password_is_changed_by_whoever_knows_it_and_other_sessions_end() {
    let service = Service::on(TestDatabase::sqlite()).await;
    service.user("ann").await;
    let other = Browser::signed_in(&service, "ann").await;
    let page = Page::signed_in(&service, "ann").await;
    let change = |current: &'static str| {
        vec![
            ("password[current_password]", current),
            ("password[password]", NEW),
            ("password[password_confirmation]", NEW),
        ]
    };
    for (current, told) in [
        ("wrong", "Current password is invalid"),
        ("", "Current password can&#x27;t be blank"),
    ] {
        let answer = page.send(&service, "put", "/users", &change(current)).await;
        assert_eq!(answer.status, 422);
        let said = answer.body.replace("&#39;", "&#x27;");
        assert!(said.contains(told), "{said}");
        assert!(!answer.body.contains(NEW), "passwords are not shown again");
    }
    let done = page
        .send(&service, "put", "/users", &change(PASSWORD))
        .await;
    assert_eq!(
        done.headers.get("location").unwrap(),
        "/users/edit",
        "{}",
        done.body
    );
    assert_eq!(page.get(&service, "/users/edit").await.status, 200);
    assert_eq!(other.get(&service, "/api/v1/session").await.status, 401);
    Browser::of(&sign_in(&service, "ann", NEW).await);
}

/// What was on its way from a session that a reset has ended meanwhile does not bring it back.
#[actix_web::test]
async fn a_new_password_revives_no_session_that_another_one_has_ended() {
    let service = Service::on(TestDatabase::sqlite()).await;
    let ann = service.user("ann").await;
    let browser = Browser::signed_in(&service, "ann").await;
    let shown = browser.get(&service, "/api/v1/session").await.json();
    let session = shown["session"].as_i64();
    assert!(session.is_some());
    let another = |password: &str| UserChanges {
        password: Some(password.to_owned()),
        session,
        ..UserChanges::default()
    };
    let by = &Actor::Operator;
    users::update(&service.app, by, ann.id, another("a second password"))
        .await
        .unwrap();
    assert!(browser.is_in(&service).await, "it was changed from there");
    let elsewhere = UserChanges {
        session: None,
        ..another("a third password")
    };
    users::update(&service.app, by, ann.id, elsewhere)
        .await
        .unwrap();
    assert!(!browser.is_in(&service).await);
    let late = ProfileChanges {
        password: Some(NEW.to_owned()),
        current_password: Some("a third password".to_owned()),
        ..ProfileChanges::default()
    };
    let asking = Asking {
        address: "192.0.2.7",
        session,
    };
    let ann = queries::users::by_id(&service.app, ann.id).await.unwrap();
    users::update_own(&service.app, &Service::actor(&ann), late, asking)
        .await
        .unwrap();
    Browser::of(&sign_in(&service, "ann", NEW).await);
    assert!(!browser.is_in(&service).await);
    // Nor is it anybody else's to keep.
    let eve = service.user("eve").await;
    users::update(&service.app, by, eve.id, another(NEW))
        .await
        .unwrap();
    assert!(!browser.is_in(&service).await);
}

#[actix_web::test]
async fn another_address_needs_the_password_and_what_admins_give_is_refused() {
    let service = Service::on(TestDatabase::sqlite()).await;
    service.user("ann").await;
    let page = Page::signed_in(&service, "ann").await;
    let mut fields = vec![("user[email]", "new@example.org")];
    let answer = page.send(&service, "put", "/users", &fields).await;
    assert_eq!(answer.status, 422);
    assert!(
        answer.body.contains("value=\"new@example.org\""),
        "{}",
        answer.body
    );
    fields.push(("user[current_password]", PASSWORD));
    let answer = page.send(&service, "put", "/users", &fields).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    fields.push(("user[admin]", "1"));
    assert_eq!(
        page.send(&service, "put", "/users", &fields).await.status,
        403
    );
    let who = page.get(&service, "/api/v1/profile").await.json();
    assert_eq!(
        (&who["email"], &who["admin"]),
        (&json!("new@example.org"), &json!(false))
    );
}

#[actix_web::test]
async fn a_token_is_shown_once_logs_docker_in_and_is_removed() {
    let service = Service::on(TestDatabase::sqlite()).await;
    service.user("ann").await;
    let page = Page::signed_in(&service, "ann").await;
    let shown = page.get(&service, "/users/edit").await;
    let line = format!("docker login -u ann {SERVICE}");
    assert!(shown.body.contains(&line), "{}", shown.body);
    let fields = [("application_token[application]", "ci")];
    let made = page
        .send(&service, "post", "/application_tokens", &fields)
        .await;
    assert_eq!(made.status, 303, "{}", made.body);
    let flash = made.headers.get("set-cookie").unwrap().to_str().unwrap();
    let flash = flash.split(';').next().unwrap().to_owned();
    let told = page.get_with(&service, "/users/edit", &flash).await;
    let (_, token) = told.body.split_once("data-copy=\"prs_a_").unwrap();
    let token = format!("prs_a_{}", token.split('"').next().unwrap());
    assert!(
        !page
            .get(&service, "/users/edit")
            .await
            .body
            .contains(&token)
    );
    let uri = format!("/v2/token?service={SERVICE}");
    let docker = || {
        TestRequest::get()
            .uri(&uri)
            .insert_header(("Authorization", basic(("ann", token.as_str()))))
    };
    assert_eq!(service.call(docker()).await.status, 200);
    let twice = page
        .send(&service, "post", "/application_tokens", &fields)
        .await;
    assert_eq!(twice.status, 422);
    assert!(
        twice.body.contains("Application has already been taken"),
        "{}",
        twice.body
    );
    let id = page.get(&service, "/users/edit").await;
    let (_, id) = id.body.split_once("/application_tokens/").unwrap();
    let id = id.split('"').next().unwrap();
    let gone = page
        .send(
            &service,
            "delete",
            &format!("/application_tokens/{id}"),
            &[],
        )
        .await;
    assert_eq!(gone.status, 303);
    assert_eq!(service.call(docker()).await.status, 401);
}

#[actix_web::test]
async fn sessions_and_docker_logins_are_listed_and_end_at_the_next_request() {
    let service = Service::on(TestDatabase::sqlite()).await;
    service.user("ann").await;
    service.user("bob").await;
    let other = Browser::signed_in(&service, "ann").await;
    let third = Browser::signed_in(&service, "ann").await;
    let page = Page::signed_in(&service, "ann").await;
    let login = TestRequest::post().uri("/v2/token").set_form([
        ("grant_type", "password"),
        ("service", SERVICE),
        ("client_id", "docker<canary>"),
        ("access_type", "offline"),
        ("username", "ann"),
        ("password", PASSWORD),
    ]);
    let refresh = service.call(login).await.json()["refresh_token"]
        .as_str()
        .unwrap()
        .to_owned();
    let renew = || {
        TestRequest::post().uri("/v2/token").set_form([
            ("grant_type", "refresh_token"),
            ("service", SERVICE),
            ("client_id", "docker"),
            ("refresh_token", refresh.as_str()),
        ])
    };
    assert_eq!(service.call(renew()).await.status, 200);
    let shown = page.get(&service, "/users/edit").await.body;
    assert!(
        shown.contains("Browser/1.0") && shown.contains("docker&lt;canary&gt;"),
        "{shown}"
    );
    let ids = |part: &str| -> Vec<String> {
        let ids = shown.split(part).skip(1);
        ids.map(|it| it.split('"').next().unwrap().to_owned())
            .collect()
    };
    let (sessions, logins) = (ids("/users/sessions/"), ids("/users/docker_logins/"));
    assert_eq!((sessions.len(), logins.len()), (2, 1), "{shown}");
    // They are nobody else's to end.
    let bob = Page::signed_in(&service, "bob").await;
    for path in [
        format!("/users/sessions/{}", sessions[0]),
        format!("/users/docker_logins/{}", logins[0]),
    ] {
        assert_eq!(bob.send(&service, "delete", &path, &[]).await.status, 404);
    }
    page.send(
        &service,
        "delete",
        &format!("/users/docker_logins/{}", logins[0]),
        &[],
    )
    .await;
    assert_eq!(service.call(renew()).await.status, 401);
    // The latest is listed first.
    page.send(
        &service,
        "delete",
        &format!("/users/sessions/{}", sessions[0]),
        &[],
    )
    .await;
    assert_eq!(third.get(&service, "/api/v1/session").await.status, 401);
    assert_eq!(other.get(&service, "/api/v1/session").await.status, 200);
    page.send(&service, "delete", "/users/sessions", &[]).await;
    assert_eq!(other.get(&service, "/api/v1/session").await.status, 401);
    assert_eq!(page.get(&service, "/users/edit").await.status, 200);
    assert_eq!(
        service
            .count("activities WHERE activities.key = 'session:end_docker_login'")
            .await,
        1
    );
}

#[actix_web::test]
async fn people_disable_themselves_but_not_the_last_admin() {
    let service = Service::on(TestDatabase::sqlite()).await;
    service.user("ann").await;
    service.admin("root").await;
    let page = Page::signed_in(&service, "ann").await;
    let typo = page
        .send(
            &service,
            "post",
            "/users/disable",
            &[("confirmation", "bob")],
        )
        .await;
    assert_eq!(typo.headers.get("location").unwrap(), "/users/edit");
    let done = page
        .send(
            &service,
            "post",
            "/users/disable",
            &[("confirmation", "ann")],
        )
        .await;
    assert_eq!(
        done.headers.get("location").unwrap(),
        "/users/sign_in",
        "{}",
        done.body
    );
    let refused = sign_in(&service, "ann", PASSWORD).await;
    assert_eq!(
        refused.json(),
        json!({"error": "Sorry, this account has been disabled."})
    );
    let root = Page::signed_in(&service, "root").await;
    let shown = root.get(&service, "/users/edit").await;
    assert!(!shown.body.contains("/users/disable"), "{}", shown.body);
    root.send(
        &service,
        "post",
        "/users/disable",
        &[("confirmation", "root")],
    )
    .await;
    assert_eq!(root.get(&service, "/users/edit").await.status, 200);
}

#[actix_web::test]
async fn without_a_session_and_its_token_nothing_is_changed() {
    let service = Service::on(TestDatabase::sqlite()).await;
    service.user("ann").await;
    let page = Page::signed_in(&service, "ann").await;
    for (method, path) in [
        ("put", "/users"),
        ("post", "/users/disable"),
        ("post", "/application_tokens"),
        ("delete", "/application_tokens/1"),
        ("delete", "/users/sessions/1"),
        ("delete", "/users/sessions"),
        ("delete", "/users/docker_logins/1"),
        ("post", "/users/second_factor"),
        ("put", "/users/second_factor"),
        ("delete", "/users/second_factor"),
        ("post", "/users/second_factor/codes"),
    ] {
        let form = [("_method", method), ("confirmation", "ann")];
        let stranger = TestRequest::post().uri(path).set_form(form);
        let answer = service.call(stranger).await;
        assert_eq!(answer.status, 303, "{path}");
        let to = answer.headers.get("location").unwrap().to_str().unwrap();
        assert!(to.starts_with("/users/sign_in"), "{path}: {to}");
        let forged = page.forged(&service, method, path).await;
        assert_eq!(forged.status, 422, "{path}");
    }
    assert_eq!(service.count("sessions").await, 1);
}
