//! Making an account for oneself: who may, who becomes the admin, what is refused.

use actix_web::{http::Method, test::TestRequest};
use portus_rs::{
    actions::users::{self, NewPerson},
    entities::{activity, user},
    error::Error,
    identity::actor::Actor,
    policy::users::PRIVILEGED,
};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use serde_json::{Value, json};

use crate::{
    api::sessions::Browser,
    support::{
        databases::{TestDatabase, on_every_database},
        service::{Answer, PASSWORD, Service},
    },
};

const ADDRESS: std::net::IpAddr = std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

fn person(name: &str) -> NewPerson {
    NewPerson {
        username: name.to_owned(),
        email: format!("{name}@example.org"),
        password: PASSWORD.to_owned(),
        password_confirmation: None,
    }
}

fn form(name: &str) -> Value {
    json!({"user": {
        "username": name,
        "email": format!("{name}@example.org"),
        "password": PASSWORD,
        "password_confirmation": PASSWORD,
    }})
}

async fn sign_up(service: &Service, form: &Value) -> Answer {
    let request = TestRequest::post().uri("/users.json").set_json(form);
    service.call(request).await
}

async fn accounts(service: &Service) -> Vec<user::Model> {
    user::Entity::find()
        .filter(user::Column::Username.ne("portus"))
        .all(service.app.database.reader())
        .await
        .unwrap()
}

#[actix_web::test]
async fn a_name_that_no_login_could_carry_is_refused_at_every_door() {
    let service = Service::on(TestDatabase::sqlite()).await;
    service.admin("root").await;
    let root = Browser::signed_in(&service, "root").await;
    let long = "a".repeat(256);
    for (name, complaint) in [
        ("ann:lee", "can't contain a colon"),
        (
            "ann\u{7}lee",
            "can't contain control characters such as line breaks",
        ),
        ("ann\u{a0}", "can't begin or end with a blank"),
        (&long, "is too long (maximum is 255 characters)"),
    ] {
        let mut new = form(name);
        new["user"]["email"] = json!("ann@example.org");
        let signed_up = sign_up(&service, &new).await;
        assert_eq!(signed_up.status, 422, "{name:?}");
        assert!(signed_up.body.contains(complaint), "{}", signed_up.body);
        let by_api = service
            .call(root.write(Method::POST, "/api/v1/users", &new))
            .await;
        assert_eq!(by_api.json()["message"]["username"], json!([complaint]));
        new["user"]["bot"] = json!(true);
        let bot = service
            .call(root.write(Method::POST, "/api/v1/users", &new))
            .await;
        assert_eq!(bot.json()["message"]["username"], json!([complaint]));
        let by_form = TestRequest::post()
            .uri("/admin/users")
            .insert_header(("Cookie", root.cookie()))
            .set_form([
                ("authenticity_token", root.csrf.as_str()),
                ("user[username]", &format!("x{name}")),
                ("user[email]", "ann@example.org"),
                ("user[password]", PASSWORD),
                ("user[password_confirmation]", PASSWORD),
            ]);
        // The page takes outer blanks off.
        let trimmed = name.ends_with('\u{a0}');
        let by_form = service.call(by_form).await;
        assert_eq!(
            by_form.status == 422,
            !trimmed,
            "{name:?}: {}",
            by_form.body
        );
        let by_hand = users::NewUser {
            username: name.to_owned(),
            email: "ann@example.net".to_owned(),
            password: PASSWORD.to_owned(),
            ..Default::default()
        };
        let refused = users::create(&service.app, &Actor::Operator, by_hand).await;
        assert!(matches!(refused, Err(Error::Invalid(_))));
        let known = users::Newcomer {
            username: name.to_owned(),
            email: None,
            admin: false,
        };
        let refused = users::enroll(&service.app, known).await;
        assert!(
            matches!(refused, Err(Error::Invalid(_))),
            "from the directory"
        );
    }
}

on_every_database! {
    async fn of_fifty_who_sign_up_at_once_one_is_the_admin(database: TestDatabase) {
        let service = Service::on(database).await;
        // Bots are nobody's first account.
        service.bot("robot").await;
        let names: Vec<String> = (0..50).map(|number| format!("person{number}")).collect();
        let tries = names.iter().map(|name| {
            users::sign_up(&service.app, &Actor::Anonymous, person(name), ADDRESS)
        });
        let made = futures_util::future::join_all(tries).await;
        let failed: Vec<String> = made
            .iter()
            .filter_map(|it| it.as_ref().err().map(ToString::to_string))
            .collect();
        assert!(failed.is_empty(), "{failed:?}");
        let admins = accounts(&service).await.iter().filter(|it| it.admin).count();
        assert_eq!(admins, 1);
    }

    async fn whoever_signs_up_has_a_namespace_a_session_and_an_entry_in_the_log(database: TestDatabase) {
        let service = Service::on(database).await;
        let answer = sign_up(&service, &form("bob!")).await;
        let body = answer.json();
        assert_eq!(body["user"]["admin"], json!(true));
        assert_eq!(
            body["message"],
            json!("Welcome! You have signed up successfully. Your personal namespace is 'bob' (your username was \
                   not a valid Docker namespace, so we had to tweak it).")
        );
        let bob = Browser::of(&answer);
        let who = bob.get(&service, "/api/v1/session").await;
        assert_eq!(who.json()["user"]["username"], json!("bob!"));
        let second = sign_up(&service, &form("carol")).await;
        assert_eq!(second.json()["user"]["admin"], json!(false));
        assert_eq!(
            second.json()["message"],
            json!("Welcome! You have signed up successfully. Your personal namespace is 'carol'.")
        );
        let told = activity::Entity::find()
            .filter(activity::Column::Key.eq("user:sign_up"))
            .all(service.app.database.reader())
            .await
            .unwrap();
        let told: Vec<_> = told
            .iter()
            .map(|row| (row.actor_name.as_str(), serde_json::from_str(&row.parameters).unwrap()))
            .collect();
        let entry = |name: &str, admin: bool| {
            json!({"username": name, "admin": admin, "address": "127.0.0.1"})
        };
        assert_eq!(told, [("bob!", entry("bob!", true)), ("carol", entry("carol", false))]);
        // Whoever is in needs no other account.
        let again = bob.write(actix_web::http::Method::POST, "/users.json", &form("dave"));
        assert_eq!(service.call(again).await.status, 403);
        assert_eq!(accounts(&service).await.len(), 2);
    }
}

#[actix_web::test]
async fn nobody_gives_themselves_what_only_admins_give() {
    let service = Service::on(TestDatabase::sqlite()).await;
    for field in PRIVILEGED {
        let mut form = form("mallory");
        form["user"][field] = json!("1");
        let answer = sign_up(&service, &form).await;
        assert_eq!(answer.status, 403, "{field}: {}", answer.body);
    }
    assert!(accounts(&service).await.is_empty());
}

#[actix_web::test]
async fn what_cannot_be_is_said_field_by_field() {
    let service = Service::on(TestDatabase::sqlite()).await;
    service.user("alice").await;
    let cases = [
        (
            json!({"username": "new", "email": "gibberish", "password": PASSWORD, "password_confirmation": "other"}),
            json!({"email": ["is invalid"], "password_confirmation": ["doesn't match Password"]}),
        ),
        (
            json!({}),
            json!({
                "username": ["can't be blank"],
                "email": ["can't be blank"],
                "password": ["can't be blank"],
            }),
        ),
        (
            json!({"username": "ALICE", "email": "x@y", "password": PASSWORD}),
            json!({"username": ["has already been taken"]}),
        ),
        (
            json!({"username": "new", "email": "Alice@Example.org ", "password": PASSWORD}),
            json!({"email": ["has already been taken"]}),
        ),
        (
            json!({"username": "Portus", "email": "x@y", "password": PASSWORD}),
            json!({"username": ["has already been taken"]}),
        ),
        (
            json!({"username": "!!!", "email": "x@y", "password": "short"}),
            json!({
                "username": ["'!!!' cannot be transformed into a valid namespace name"],
                "password": ["is too short (minimum is 8 characters)"],
            }),
        ),
    ];
    for (user, told) in cases {
        let answer = sign_up(&service, &json!({ "user": user })).await;
        assert_eq!(answer.status, 422, "{}", answer.body);
        assert_eq!(answer.json(), json!({ "message": told }));
    }
    assert_eq!(accounts(&service).await.len(), 1);
}

#[actix_web::test]
async fn where_the_switch_is_off_or_a_directory_has_the_people_nobody_signs_up() {
    let off = [("PORTUS_SIGNUP_ENABLED", "false")];
    let directory = [
        ("PORTUS_LDAP_ENABLED", "true"),
        ("PORTUS_LDAP_HOSTNAME", "ldap.test"),
    ];
    for settings in [&off[..], &directory[..]] {
        let service = Service::with(TestDatabase::sqlite(), settings).await;
        let answer = sign_up(&service, &form("alice")).await;
        assert_eq!(answer.status, 405, "{}", answer.body);
        assert!(accounts(&service).await.is_empty());
    }
}

#[actix_web::test]
async fn without_a_first_user_admin_the_first_is_like_the_others() {
    let off = [("PORTUS_FIRST_USER_ADMIN_ENABLED", "false")];
    let service = Service::with(TestDatabase::sqlite(), &off).await;
    let answer = sign_up(&service, &form("alice")).await;
    assert_eq!(answer.status, 201);
    assert_eq!(answer.json()["user"]["admin"], json!(false));
}

#[actix_web::test]
async fn an_address_makes_only_so_many_accounts_and_another_site_none() {
    let service = Service::on(TestDatabase::sqlite()).await;
    let foreign = TestRequest::post()
        .uri("/users")
        .insert_header(("Origin", "https://evil.test"))
        .set_form([("user[username]", "mallory")]);
    assert_eq!(service.call(foreign).await.status, 403);
    for _ in 0..100 {
        let nothing = NewPerson::default();
        let refused = users::sign_up(&service.app, &Actor::Anonymous, nothing, ADDRESS).await;
        assert!(matches!(refused, Err(Error::Invalid(_))));
    }
    let answer = sign_up(&service, &form("alice")).await;
    assert_eq!(answer.status, 429, "{}", answer.body);
    assert_eq!(answer.headers.get("retry-after").unwrap(), "600");
    let elsewhere = TestRequest::post()
        .uri("/users.json")
        .insert_header(("X-Forwarded-For", "198.51.100.7"))
        .insert_header(("X-Forwarded-Proto", "https"))
        .set_json(form("alice"));
    assert_eq!(service.call(elsewhere).await.status, 201);
    service.app.clock.advance(chrono::TimeDelta::minutes(11));
    assert_eq!(sign_up(&service, &form("bob")).await.status, 201);
}

#[actix_web::test]
async fn a_browser_is_sent_on_with_its_session() {
    let service = Service::on(TestDatabase::sqlite()).await;
    let form = TestRequest::post().uri("/users").set_form([
        ("user[username]", "alice"),
        ("user[email]", "alice@example.org"),
        ("user[password]", PASSWORD),
        ("user[password_confirmation]", PASSWORD),
    ]);
    let answer = service.call(form).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert_eq!(answer.headers.get("location").unwrap(), "/");
    assert!(answer.headers.get("set-cookie").is_some());
    let removal = service.call(TestRequest::delete().uri("/users")).await;
    assert_eq!(removal.status, 404);
}
