//! The second factor: set up with an authenticator, asked for at the door, in the way of docker's passwords, lost.

use actix_web::{http::Method, test::TestRequest};
use chrono::TimeDelta;
use futures_util::future::join_all;
use portus_rs::entities::{recovery_code, second_factor};
use sea_orm::EntityTrait as _;
use serde_json::json;

use super::{Page, link, mailing, oathtool};
use crate::{
    api::sessions::{Browser, sign_in},
    support::{
        databases::{TestDatabase, on_every_database},
        service::{Answer, PASSWORD, SERVICE, Service, basic},
        smtpd::{Mode, Smtpd},
    },
};

const HERE: &str = "/users/second_factor";
const CONFIRM: &str = "/users/passkeys/confirm";
/// Where one shows who one is.
const GATE: &str = "/users/passkeys?then=factor";

/// Somebody's authenticator.
pub struct Authenticator {
    key: String,
    /// Recovery codes.
    pub codes: Vec<String>,
}

impl Authenticator {
    /// Sets one up through the pages, where the password is shown first unless something was shown lately.
    pub async fn set_up(service: &Service, page: &Page) -> Self {
        let mut begun = page.send(service, "post", HERE, &[]).await;
        if begun.headers.get("location").unwrap() == GATE {
            let shown = [("confirm[password]", PASSWORD), ("then", "factor")];
            begun = page.send(service, "post", CONFIRM, &shown).await;
        }
        assert_eq!(
            begun.headers.get("location").unwrap(),
            HERE,
            "{}",
            begun.body
        );
        let shown = page.get(service, "/users/second_factor").await;
        let (_, key) = shown.body.split_once("data-copy=\"").unwrap();
        let key: String = key.split('"').next().unwrap().replace(' ', "");
        let mut own = Self {
            key,
            codes: Vec::new(),
        };
        let wrong = page
            .send(
                service,
                "put",
                "/users/second_factor",
                &[("second_factor[code]", "000000")],
            )
            .await;
        assert_eq!(wrong.status, 422, "{}", wrong.body);
        let code = own.code(service);
        let done = page
            .send(
                service,
                "put",
                "/users/second_factor",
                &[("second_factor[code]", &code)],
            )
            .await;
        assert_eq!(done.status, 200, "{}", done.body);
        let items = done.body.split("<li><code>").skip(1);
        own.codes = items
            .map(|it| it.split('<').next().unwrap().to_owned())
            .collect();
        assert_eq!(own.codes.len(), 10);
        own
    }

    /// What it shows now.
    pub fn code(&self, service: &Service) -> String {
        oathtool(&self.key, service.app.clock.now())
    }
}

/// The form that asks for a name and a password.
async fn at_the_door(service: &Service, name: &str) -> Answer {
    let form = [
        ("user[username]", name),
        ("user[password]", PASSWORD),
        ("return_to", "/teams"),
    ];
    service
        .call(TestRequest::post().uri("/users/sign_in").set_form(form))
        .await
}

/// The form that asks for a code then.
async fn with_code(service: &Service, ticket: &str, code: &str) -> Answer {
    let form = [
        ("ticket", ticket),
        ("user[code]", code),
        ("return_to", "/teams"),
    ];
    service
        .call(
            TestRequest::post()
                .uri("/users/sign_in/code")
                .set_form(form),
        )
        .await
}

fn ticket(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(
        answer.headers.get("set-cookie").is_none(),
        "nobody is in yet"
    );
    let (_, rest) = answer.body.split_once("name=\"ticket\" value=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

fn later(service: &Service) {
    service.app.clock.advance(TimeDelta::seconds(30));
}

on_every_database! {
    async fn a_session_alone_sets_none_up(database: TestDatabase) {
        let service = Service::on(database).await;
        service.user("ann").await;
        let page = Page::signed_in(&service, "ann").await;
        let location = |answer: &Answer| answer.headers.get("location").unwrap().to_str().unwrap().to_owned();
        let early = page.send(&service, "post", HERE, &[]).await;
        assert_eq!(location(&early), GATE);
        assert_eq!(service.count("second_factors").await, 0);
        let goes_on = "name=\"then\" value=\"factor\"";
        let gate = page.get(&service, GATE).await;
        assert!(gate.body.contains(goes_on) && gate.body.contains("confirm[password]"), "{}", gate.body);
        let wrong = [("confirm[password]", "wrong"), ("then", "factor")];
        let wrong = page.send(&service, "post", CONFIRM, &wrong).await;
        assert!(wrong.status == 422 && wrong.body.contains(goes_on), "{}", wrong.body);
        assert_eq!(service.count("second_factors").await, 0);
        let right = [("confirm[password]", PASSWORD), ("then", "factor")];
        assert_eq!(location(&page.send(&service, "post", CONFIRM, &right).await), HERE);
        let shown = page.get(&service, HERE).await;
        let (_, key) = shown.body.split_once("data-copy=\"").unwrap();
        let key: String = key.split('"').next().unwrap().replace(' ', "");

        // Left half way, it is for no later session either.
        service.app.clock.advance(TimeDelta::minutes(10));
        assert_eq!(location(&page.get(&service, HERE).await), "/users/edit");
        let code = oathtool(&key, service.app.clock.now());
        let late = page.send(&service, "put", HERE, &[("second_factor[code]", &code)]).await;
        assert_eq!(location(&late), GATE);
        assert_eq!(service.count("users WHERE second_factor").await, 0);
        Authenticator::set_up(&service, &page).await;
    }

    async fn of_many_codes_at_once_no_more_are_tried_than_one_after_the_other(database: TestDatabase) {
        let service = Service::on(database).await;
        service.user("ann").await;
        let page = Page::signed_in(&service, "ann").await;
        Authenticator::set_up(&service, &page).await;
        let ticket = ticket(&at_the_door(&service, "ann").await);
        let tries = (0..50).map(|number| {
            let form = [("ticket", ticket.as_str()), ("user[code]", "000000")];
            let request = TestRequest::post()
                .uri("/users/sign_in/code")
                .insert_header(("X-Forwarded-Proto", "https"))
                .insert_header(("X-Forwarded-For", format!("198.51.100.{number}")))
                .set_form(form);
            service.call(request)
        });
        let answers = join_all(tries).await;
        let holding = |text: &str| answers.iter().filter(|it| it.body.contains(text)).count();
        let (tried, held) = (holding("The code is wrong"), holding("Too many attempts"));
        assert_eq!(tried + held, 50);
        // Two were used for setting up.
        assert!((1..=8).contains(&tried), "{tried} were tried");
    }

    async fn a_password_alone_opens_nothing_once_there_is_a_second_factor(database: TestDatabase) {
        let service = Service::on(database).await;
        let ann = service.user("ann").await;
        let other = Browser::signed_in(&service, "ann").await;
        let page = Page::signed_in(&service, "ann").await;
        let own = Authenticator::set_up(&service, &page).await;
        let row = second_factor::Entity::find().one(service.app.database.reader()).await.unwrap().unwrap();
        assert!(!row.key_sealed.contains(&own.key), "it is sealed");
        for row in recovery_code::Entity::find().all(service.app.database.reader()).await.unwrap() {
            assert!(!own.codes.contains(&row.code_sha256), "they are hashed");
        }
        // What the password alone had opened ends; the session in hand goes on.
        assert_eq!(other.get(&service, "/api/v1/session").await.status, 401);
        assert_eq!(page.get(&service, "/users/edit").await.status, 200);

        let ticket = ticket(&at_the_door(&service, "ann").await);
        later(&service);
        let wrong = with_code(&service, &ticket, "000000").await;
        assert_eq!(wrong.status, 422);
        assert!(wrong.body.contains("The code is wrong or has been used already."), "{}", wrong.body);
        let code = own.code(&service);
        let done = with_code(&service, &ticket, &code).await;
        assert_eq!(done.headers.get("location").unwrap(), "/teams", "{}", done.body);
        assert!(done.headers.get("set-cookie").is_some());
        let again = with_code(&service, &ticket, &code).await;
        assert_eq!(again.status, 422, "no code is good twice");
        // Somebody else's code, or ours of long ago.
        service.app.clock.advance(TimeDelta::minutes(5));
        let late = with_code(&service, &ticket, &own.code(&service)).await;
        assert_eq!(late.headers.get("location").unwrap(), "/users/sign_in");

        // Programs say both at once.
        let json = sign_in(&service, "ann", PASSWORD).await;
        assert_eq!(json.status, 401);
        assert!(json.body.contains("user[code]"), "{}", json.body);
        let wanted = json!({"user": {"username": "ann", "password": PASSWORD, "code": own.code(&service)}});
        let both = TestRequest::post().uri("/api/v1/session").set_json(&wanted);
        Browser::of(&service.call(both).await);

        // Docker has no place for a code.
        let token = service.token_of(&ann, "docker").await;
        for (secret, status) in [(PASSWORD, 401), (token.as_str(), 200)] {
            let uri = format!("/v2/token?service={SERVICE}");
            let request = TestRequest::get().uri(&uri).insert_header(("Authorization", basic(("ann", secret))));
            let answer = service.call(request).await;
            assert_eq!(answer.status.as_u16(), status, "{}", answer.body);
            assert_eq!(answer.body.contains("application token"), status == 401);
        }
        let kept = |method: &str| {
            let like = format!("activities WHERE activities.parameters LIKE '%\"method\":\"{method}\"%'");
            let service = &service;
            async move { service.count(&like).await }
        };
        assert_eq!((kept("password, code").await, kept("code").await), (2, 2));
    }

    async fn a_recovery_code_lets_one_in_once_and_takes_the_factor_off(database: TestDatabase) {
        let service = Service::on(database).await;
        service.user("ann").await;
        let page = Page::signed_in(&service, "ann").await;
        let own = Authenticator::set_up(&service, &page).await;
        let first = own.codes[0].to_uppercase().replace('-', " ");
        let ticket_ = ticket(&at_the_door(&service, "ann").await);
        let done = with_code(&service, &ticket_, &first).await;
        assert_eq!(done.headers.get("location").unwrap(), "/teams", "{}", done.body);
        assert_eq!(with_code(&service, &ticket_, &first).await.status, 422);
        let shown = page.get(&service, "/users/edit").await;
        assert!(shown.body.contains("9 recovery codes are left."), "{}", shown.body);

        let code = [("second_factor[code]", own.codes[1].as_str())];
        let renewed = page.send(&service, "post", "/users/second_factor/codes", &code).await;
        assert_eq!(renewed.body.matches("<li><code>").count(), 10, "{}", renewed.body);
        let stale = with_code(&service, &ticket_, &own.codes[2]).await;
        assert_eq!(stale.status, 422, "the old ones are good no more");

        let none = page.send(&service, "delete", "/users/second_factor", &[]).await;
        assert_eq!(none.status, 303);
        assert_eq!(service.count("second_factors").await, 1, "not without a code");
        later(&service);
        let code = own.code(&service);
        let code = [("second_factor[code]", code.as_str())];
        page.send(&service, "delete", "/users/second_factor", &code).await;
        assert_eq!(service.count("second_factors").await, 0);
        assert_eq!(service.count("recovery_codes").await, 0);
        Browser::of(&sign_in(&service, "ann", PASSWORD).await);
    }

    async fn who_guesses_codes_is_held_back_wherever_they_come_from(database: TestDatabase) {
        let service = Service::on(database).await;
        service.user("ann").await;
        let page = Page::signed_in(&service, "ann").await;
        let own = Authenticator::set_up(&service, &page).await;
        let ticket = ticket(&at_the_door(&service, "ann").await);
        // Two were used for setting up.
        for number in 0..8 {
            let from = format!("198.51.100.{number}");
            let form = [("ticket", ticket.as_str()), ("user[code]", "000000")];
            let request = TestRequest::post()
                .uri("/users/sign_in/code")
                .insert_header(("X-Forwarded-Proto", "https"))
                .set_form(form);
            let answer = service.call(request.insert_header(("X-Forwarded-For", from))).await;
            assert!(answer.body.contains("The code is wrong"), "{}", answer.body);
        }
        later(&service);
        let held = with_code(&service, &ticket, &own.code(&service)).await;
        assert_eq!(held.status, 422);
        assert!(held.body.contains("Too many attempts"), "{}", held.body);
        service.app.clock.advance(TimeDelta::minutes(10));
        let wanted = json!({"user": {"username": "ann", "password": PASSWORD, "code": own.code(&service)}});
        let both = TestRequest::post().uri("/api/v1/session").set_json(&wanted);
        Browser::of(&service.call(both).await);
    }
}

#[actix_web::test]
async fn an_admin_takes_it_off_somebody_who_has_lost_theirs_and_nobody_else_does() {
    let service = Service::on(TestDatabase::sqlite()).await;
    let ann = service.user("ann").await;
    service.user("bob").await;
    service.admin("root").await;
    let page = Page::signed_in(&service, "ann").await;
    Authenticator::set_up(&service, &page).await;
    let path = format!("/admin/users/{}/second_factor", ann.id);
    let bob = Page::signed_in(&service, "bob").await;
    assert_eq!(bob.send(&service, "delete", &path, &[]).await.status, 403);
    assert_eq!(service.count("second_factors").await, 1);
    let by_api = format!("/api/v1/users/{}/second_factor", ann.id);
    for (who, body, status) in [
        (&bob, json!({}), 403),
        (&page, json!({}), 401),
        (&page, json!({"code": "000000"}), 401),
    ] {
        let request = who.0.write(Method::DELETE, &by_api, &body);
        let answer = service.call(request).await;
        assert_eq!(answer.status, status, "{}", answer.body);
    }
    assert_eq!(service.count("second_factors").await, 1);
    let root = Page::signed_in(&service, "root").await;
    assert_eq!(root.send(&service, "delete", &path, &[]).await.status, 303);
    assert_eq!(service.count("second_factors").await, 0);
    Browser::of(&sign_in(&service, "ann", PASSWORD).await);
    let told = "activities WHERE activities.key LIKE 'second!_factor:%' ESCAPE '!'";
    assert_eq!(service.count(told).await, 2);
}

#[actix_web::test]
async fn a_new_password_by_mail_does_not_step_round_the_second_factor() {
    let server = Smtpd::start(Mode::Plain);
    let service = mailing(TestDatabase::sqlite(), &server, &[]).await;
    service.user("ann").await;
    let page = Page::signed_in(&service, "ann").await;
    Authenticator::set_up(&service, &page).await;
    let token = link(&service, &server, "ann@example.org").await;
    let form = [
        ("user[reset_password_token]", token.as_str()),
        ("user[password]", "another password"),
        ("user[password_confirmation]", "another password"),
    ];
    let request = TestRequest::default()
        .method(Method::PUT)
        .uri("/users/password")
        .set_form(form);
    let answer = service.call(request).await;
    assert_eq!(
        answer.headers.get("location").unwrap(),
        "/users/sign_in",
        "{}",
        answer.body
    );
    assert_eq!(service.count("sessions").await, 0);
}
