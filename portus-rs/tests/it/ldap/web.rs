//! The directory's people sign in on the web.

use actix_web::{http::Method, test::TestRequest};
use portus_rs::{
    actions::users::{self, NewUser},
    error::Error,
};
use serde_json::json;

use super::{WRONG, account, docker, is_refused, service};
use crate::{
    api::sessions::{Browser, sign_in},
    support::{
        databases::TestDatabase,
        service::{Answer, PASSWORD, Service, basic},
        slapd::{Slapd, password},
    },
};

#[track_caller]
fn is_told(answer: &Answer, status: u16, text: &str) {
    assert_eq!(answer.status.as_u16(), status, "{}", answer.body);
    assert!(answer.body.contains(text), "{}", answer.body);
}

#[actix_web::test]
async fn the_first_person_is_an_admin_and_the_second_is_not() {
    let slapd = Slapd::builder().person("ann").person("bob").start();
    let service = service(TestDatabase::sqlite(), &slapd, &[]).await;
    service.bot("robot").await;
    let browser = Browser::of(&sign_in(&service, "ann", &password("ann")).await);
    let who = browser.get(&service, "/api/v1/session").await.json();
    assert_eq!(who["user"]["username"], json!("ann"));
    assert_eq!(who["user"]["admin"], json!(true));
    assert_eq!(who["user"]["email"], json!(null));
    Browser::of(&sign_in(&service, "bob", &password("bob")).await);
    assert!(!account(&service, "bob").await.unwrap().admin);
}

#[actix_web::test]
async fn whoever_comes_first_is_told_what_they_become_and_led_to_the_directory() {
    let slapd = Slapd::builder().person("ann").start();
    let github = [
        ("PORTUS_OAUTH_GITHUB_ENABLED", "true"),
        ("PORTUS_OAUTH_GITHUB_CLIENT_ID", "it"),
        ("PORTUS_OAUTH_GITHUB_CLIENT_SECRET", "hush"),
    ];
    let service = service(TestDatabase::sqlite(), &slapd, &github).await;
    let shown = async || {
        let request = TestRequest::get().uri("/users/sign_in");
        service.call(request).await.body
    };
    let note = "The first user to be created will have admin permissions !";
    let first = shown().await;
    assert!(first.contains(note), "{first}");
    assert!(!first.contains("/users/auth/github"), "{first}");
    Browser::of(&sign_in(&service, "ann", &password("ann")).await);
    let later = shown().await;
    assert!(!later.contains(note), "{later}");
    assert!(later.contains("/users/auth/github"), "{later}");
}

#[actix_web::test]
async fn nobody_becomes_an_admin_where_that_is_switched_off() {
    let slapd = Slapd::builder().person("ann").start();
    let off = [("PORTUS_FIRST_USER_ADMIN_ENABLED", "false")];
    let service = service(TestDatabase::sqlite(), &slapd, &off).await;
    Browser::of(&sign_in(&service, "ann", &password("ann")).await);
    assert!(!account(&service, "ann").await.unwrap().admin);
}

#[actix_web::test]
async fn wrong_passwords_and_unknown_names_are_told_alike_and_kept() {
    let slapd = Slapd::builder().person("ann").start();
    let service = service(TestDatabase::sqlite(), &slapd, &[]).await;
    Browser::of(&sign_in(&service, "ann", &password("ann")).await);
    let known = sign_in(&service, "ann", "wrong").await;
    let unknown = sign_in(&service, "nobody", "wrong").await;
    let empty = sign_in(&service, "ann", "").await;
    for answer in [&known, &unknown, &empty] {
        is_told(answer, 401, WRONG);
    }
    assert_eq!(known.body, unknown.body);
    assert_eq!(
        service
            .count("activities WHERE activities.key = 'session:fail'")
            .await,
        3
    );
    assert_eq!(
        service
            .count("activities WHERE activities.key = 'session:fail' AND parameters LIKE '%\"method\":\"ldap\"%'")
            .await,
        3
    );
    assert_eq!(
        service
            .count("activities WHERE activities.key = 'session:create' AND parameters LIKE '%\"method\":\"ldap\"%'")
            .await,
        1
    );
}

/// An outage is nobody's wrong password, in the audit log neither.
#[actix_web::test]
async fn a_directory_that_is_away_makes_nobodys_password_a_wrong_one() {
    let mut slapd = Slapd::builder().person("ann").start();
    let service = service(TestDatabase::sqlite(), &slapd, &[]).await;
    Browser::of(&sign_in(&service, "ann", &password("ann")).await);
    service.app.passwords.forget();
    slapd.stop();
    is_told(
        &sign_in(&service, "ann", &password("ann")).await,
        401,
        super::UNREACHABLE,
    );
    is_refused(
        &docker(&service, "ann", &password("ann")).await,
        super::UNREACHABLE,
    );
    service.app.usage.finish(&service.app).await.unwrap();
    let said =
        "activities WHERE activities.key = 'session:fail' AND parameters LIKE '%not reachable%'";
    assert_eq!(service.count(said).await, 1);
    assert_eq!(
        service
            .count("activities WHERE activities.key = 'session:fail_docker'")
            .await,
        0
    );
    slapd.start();
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    is_refused(&docker(&service, "ann", "wrong").await, WRONG);
    service.app.usage.finish(&service.app).await.unwrap();
    assert_eq!(
        service
            .count("activities WHERE activities.key = 'session:fail_docker'")
            .await,
        1
    );
}

#[actix_web::test]
async fn local_people_bots_and_portus_sign_in_as_before() {
    let slapd = Slapd::builder().person("robot").person("portus").start();
    let service = service(TestDatabase::sqlite(), &slapd, &[]).await;
    service.user("noller").await;
    service.bot("robot").await;
    Browser::signed_in(&service, "noller").await;
    for (name, secret) in [
        ("noller", "wrong"),
        ("robot", PASSWORD),
        ("robot", &password("robot")),
        ("portus", &password("portus")),
    ] {
        is_told(&sign_in(&service, name, secret).await, 401, WRONG);
    }
}

#[actix_web::test]
async fn with_local_login_off_the_directory_still_lets_people_in() {
    let slapd = Slapd::builder().person("ann").start();
    let off = [("PORTUS_OAUTH_LOCAL_LOGIN_ENABLED", "false")];
    let service = service(TestDatabase::sqlite(), &slapd, &off).await;
    service.user("noller").await;
    Browser::of(&sign_in(&service, "ann", &password("ann")).await);
    is_told(&sign_in(&service, "noller", "wrong").await, 401, WRONG);
    is_told(
        &sign_in(&service, "noller", PASSWORD).await,
        403,
        "Local login is disabled",
    );
}

#[actix_web::test]
async fn with_the_directory_switched_off_its_people_are_told_so() {
    let slapd = Slapd::builder().person("ann").start();
    let service = service(TestDatabase::sqlite(), &slapd, &[]).await;
    let browser = Browser::of(&sign_in(&service, "ann", &password("ann")).await);
    let ann = account(&service, "ann").await.unwrap();
    let token = service.token_of(&ann, "ci").await;
    let without = service.replica_with(|config| config.ldap = None).await;
    let text = "This user can only login through an LDAP server.";
    for secret in [&password("ann"), &token, PASSWORD] {
        let attempt = TestRequest::get()
            .uri("/v2/token")
            .insert_header(("Authorization", basic(("ann", secret))));
        is_refused(&Service::call_at(&without, attempt).await, text);
    }
    let attempt = TestRequest::post()
        .uri("/users/sign_in")
        .insert_header(("Accept", "application/json"))
        .set_form([("user[username]", "ann"), ("user[password]", PASSWORD)]);
    is_told(&Service::call_at(&without, attempt).await, 401, text);
    // Sessions rest too.
    let mine = browser.request(actix_web::http::Method::GET, "/api/v1/session");
    assert_eq!(Service::call_at(&without, mine).await.status.as_u16(), 401);
    assert!(browser.is_in(&service).await);
}

#[actix_web::test]
async fn an_admin_cannot_take_a_name_of_the_directory() {
    let mut slapd = Slapd::builder().person("ann").start();
    let service = service(TestDatabase::sqlite(), &slapd, &[]).await;
    let root = Service::actor(&service.admin("root").await);
    let new = |name: &str, bot| NewUser {
        username: name.to_owned(),
        email: format!("{name}@example.com"),
        password: PASSWORD.to_owned(),
        bot,
        ..NewUser::default()
    };
    let browser = Browser::signed_in(&service, "root").await;
    let clash = "The username 'ann' already exists on the LDAP server. Use another name to avoid name collision";
    for bot in [false, true] {
        match users::create(&service.app, &root, new("ann", bot)).await {
            Err(Error::Invalid(invalid)) => {
                let fields: Vec<_> = invalid.fields().collect();
                assert_eq!(fields, [("ldap", &[clash.to_owned()][..])]);
            }
            _ => panic!("it was made"),
        }
        let asked = browser.write(
            Method::POST,
            "/admin/users.json",
            &json!({"user": {
                "username": "ann", "email": "ann@example.com", "password": PASSWORD, "bot": bot,
            }}),
        );
        let told = service.call(asked).await;
        assert_eq!(
            (told.status.as_u16(), told.json()),
            (422, json!({"ldap": [clash]}))
        );
    }
    users::create(&service.app, &root, new("bob", false))
        .await
        .unwrap();
    slapd.stop();
    match users::create(&service.app, &root, new("eve", false)).await {
        Err(error) => assert!(
            error.to_string().contains("LDAP server is not reachable"),
            "{error}"
        ),
        Ok(_) => panic!("it was made"),
    }
    is_refused(&docker(&service, "eve", PASSWORD).await, super::UNREACHABLE);
}
