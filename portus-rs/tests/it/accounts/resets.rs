//! Forgotten passwords: who gets a letter, what its link is good for, and what strangers learn.

use std::time::{Duration, Instant};

use actix_web::{http::Method, test::TestRequest};
use chrono::TimeDelta;
use portus_rs::{
    actions::mails,
    entities::{password_reset, user},
};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, sea_query::Expr};
use serde_json::{Value, json};

use super::{forgotten, link, mailing};
use crate::{
    api::sessions::{Browser, set_enabled, sign_in},
    support::{
        databases::{TestDatabase, on_every_database},
        service::{Answer, PASSWORD, Service},
        smtpd::{Mode, Smtpd},
    },
};

const NEW: &str = "another password";

async fn redeem(service: &Service, token: &str, password: &str, again: &str) -> Answer {
    let form = [
        ("user[reset_password_token]", token),
        ("user[password]", password),
        ("user[password_confirmation]", again),
    ];
    let request = TestRequest::put()
        .uri("/users/password.json")
        .set_form(form);
    service.call(request).await
}

fn refusal(field: &str, text: &str) -> Value {
    json!({"message": {field: [text]}})
}

on_every_database! {
    async fn a_link_sets_the_password_once_and_ends_what_the_old_one_opened(database: TestDatabase) {
        let server = Smtpd::start(Mode::Plain);
        let service = mailing(database, &server, &[]).await;
        service.user("ann").await;
        let browser = Browser::signed_in(&service, "ann").await;
        for number in 0..10 {
            sign_in(&service, "ann", &format!("guess {number}")).await;
        }
        assert_eq!(sign_in(&service, "ann", PASSWORD).await.status, 401, "held back");
        let token = link(&service, &server, " Ann@Example.org ").await;
        let row = password_reset::Entity::find().one(service.app.database.reader()).await.unwrap();
        assert!(!row.unwrap().token_sha256.contains(&token), "it is stored as a digest");

        let short = redeem(&service, &token, "short", "other").await;
        assert_eq!(short.status, 422);
        assert_eq!(
            short.json(),
            json!({"message": {
                "password": ["is too short (minimum is 8 characters)"],
                "password_confirmation": ["doesn't match Password"],
            }})
        );
        let done = redeem(&service, &token, NEW, NEW).await;
        assert_eq!(done.status, 200, "{}", done.body);
        assert!(done.body.contains("You are now signed in."), "{}", done.body);
        assert!(done.headers.get("set-cookie").is_some());
        assert_eq!(browser.get(&service, "/api/v1/session").await.status, 401);
        // What was guessed counts no more, and the old password opens nothing.
        Browser::of(&sign_in(&service, "ann", NEW).await);
        assert_eq!(sign_in(&service, "ann", PASSWORD).await.status, 401);
        let again = redeem(&service, &token, NEW, NEW).await;
        assert_eq!(again.json(), refusal("reset_password_token", "is invalid"));
        let told = service.count("activities WHERE activities.key IN ('user:request_reset', 'user:reset_password')");
        assert_eq!(told.await, 2);
    }

    async fn of_two_who_come_with_a_link_at_once_one_sets_the_password(database: TestDatabase) {
        let server = Smtpd::start(Mode::Plain);
        let service = mailing(database, &server, &[]).await;
        service.user("ann").await;
        let token = link(&service, &server, "ann@example.org").await;
        let both = futures_util::future::join(
            redeem(&service, &token, "the first password", "the first password"),
            redeem(&service, &token, "the second password", "the second password"),
        );
        let (first, second) = both.await;
        let done = [&first, &second].iter().filter(|it| it.status == 200).count();
        assert_eq!(done, 1, "{} {}", first.body, second.body);
    }
}

/// The password is theirs to set, but it does not let them in, and nobody is told that it does.
#[actix_web::test]
async fn a_link_lets_in_nobody_who_is_shut_out_meanwhile() {
    let server = Smtpd::start(Mode::Plain);
    let service = mailing(TestDatabase::sqlite(), &server, &[]).await;
    let shut_out = [
        (
            "ann",
            user::Column::ProviderGoneAt,
            Expr::value(chrono::NaiveDateTime::default()),
        ),
        ("bob", user::Column::Enabled, Expr::value(false)),
    ];
    for (name, column, value) in shut_out {
        service.user(name).await;
        let token = link(&service, &server, &format!("{name}@example.org")).await;
        user::Entity::update_many()
            .col_expr(column, value)
            .filter(user::Column::Username.eq(name))
            .exec(service.app.database.reader())
            .await
            .unwrap();
        let done = redeem(&service, &token, NEW, NEW).await;
        assert_eq!(done.status, 200, "{name}: {}", done.body);
        assert!(!done.body.contains("signed in"), "{name}: {}", done.body);
        assert!(done.headers.get("set-cookie").is_none(), "{name}");
        assert_eq!(sign_in(&service, name, NEW).await.status, 401, "{name}");
    }
    assert_eq!(service.count("sessions").await, 0);
}

#[actix_web::test]
async fn the_page_for_a_new_password_is_shown_for_a_good_link_alone() {
    let server = Smtpd::start(Mode::Plain);
    let service = mailing(TestDatabase::sqlite(), &server, &[]).await;
    service.user("ann").await;
    let token = link(&service, &server, "ann@example.org").await;
    let shown = async |query: &str| {
        let uri = format!("/users/password/edit{query}");
        service.call(TestRequest::get().uri(&uri)).await
    };
    let good = shown(&format!("?reset_password_token={token}")).await;
    assert_eq!(good.status, 200, "{}", good.body);
    assert!(good.body.contains("user[password]"), "{}", good.body);
    for query in ["", "?reset_password_token=", "?reset_password_token=x"] {
        let answer = shown(query).await;
        assert_eq!(answer.status, 303, "{query}: {}", answer.body);
        assert!(!answer.body.contains("user[password]"), "{query}");
    }
}

#[actix_web::test]
async fn a_link_ends_after_six_hours_or_with_another_password() {
    let server = Smtpd::start(Mode::Plain);
    let service = mailing(TestDatabase::sqlite(), &server, &[]).await;
    service.user("ann").await;
    let first = link(&service, &server, "ann@example.org").await;
    let second = link(&service, &server, "ann@example.org").await;
    assert_eq!(redeem(&service, &first, NEW, NEW).await.status, 200);
    let answer = redeem(&service, &second, NEW, NEW).await;
    assert_eq!(answer.json(), refusal("reset_password_token", "is invalid"));
    let third = link(&service, &server, "ann@example.org").await;
    service.app.clock.advance(TimeDelta::hours(6));
    let answer = redeem(&service, &third, NEW, NEW).await;
    let late = "has expired, please request a new one";
    assert_eq!(answer.json(), refusal("reset_password_token", late));
    for nonsense in ["", "x", &third[1..], &format!("{third}x")] {
        let answer = redeem(&service, nonsense, NEW, NEW).await;
        assert_eq!(answer.json(), refusal("reset_password_token", "is invalid"));
    }
}

#[actix_web::test]
async fn a_link_in_the_old_mailbox_is_good_no_more_once_the_address_is_another() {
    let server = Smtpd::start(Mode::Plain);
    let service = mailing(TestDatabase::sqlite(), &server, &[]).await;
    let ann = service.user("ann").await;
    service.user("bob").await;
    service.admin("root").await;
    let token = link(&service, &server, "ann@example.org").await;
    link(&service, &server, "bob@example.org").await;
    let root = Browser::signed_in(&service, "root").await;
    let path = format!("/api/v1/users/{}", ann.id);
    for (change, left) in [
        (json!({"display_name": "Ann"}), 2),
        (json!({"email": "ann@elsewhere.example"}), 1),
    ] {
        let request = root.write(Method::PUT, &path, &json!({"user": change}));
        let changed = service.call(request).await;
        assert_eq!(changed.status, 200, "{}", changed.body);
        assert_eq!(service.count("password_resets").await, left);
    }
    let answer = redeem(&service, &token, NEW, NEW).await;
    assert_eq!(answer.json(), refusal("reset_password_token", "is invalid"));
}

#[actix_web::test]
async fn a_letter_that_was_being_written_when_the_address_changed_opens_nothing() {
    let server = Smtpd::start(Mode::Plain);
    let service = mailing(TestDatabase::sqlite(), &server, &[]).await;
    service.user("ann").await;
    let token = link(&service, &server, "ann@example.org").await;
    let moved = |address: &'static str| {
        let connection = service.app.database.reader();
        let statement = user::Entity::update_many()
            .col_expr(user::Column::Email, Expr::value(address))
            .filter(user::Column::Username.eq("ann"));
        async move { statement.exec(connection).await.unwrap() }
    };
    // The change has removed the links that it knew of, and this one came a moment later.
    moved("ann@elsewhere.example").await;
    let answer = redeem(&service, &token, NEW, NEW).await;
    assert_eq!(answer.json(), refusal("reset_password_token", "is invalid"));
    moved("ann@example.org").await;
    assert_eq!(redeem(&service, &token, NEW, NEW).await.status, 200);
}

#[actix_web::test]
async fn only_people_with_a_password_of_their_own_get_a_letter_and_everybody_is_told_the_same() {
    let server = Smtpd::start(Mode::Plain);
    let service = mailing(TestDatabase::sqlite(), &server, &[]).await;
    service.user("ann").await;
    service.bot("robot").await;
    let gone = service.user("gone").await;
    set_enabled(&service, gone.id, false).await;
    let mut told = Vec::new();
    for name in ["ann", "robot", "gone", "stranger"] {
        let answer = forgotten(&service, &format!("{name}@example.org")).await;
        told.push((answer.status, answer.body));
    }
    let answer = forgotten(&service, "portus@portus.com").await;
    told.push((answer.status, answer.body));
    told.dedup();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(mails::send_due(&service.app).await.unwrap().sent, 1);
    let letters = server.letters();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0]["to"][0], "ann@example.org");
    assert_eq!(service.count("outgoing_mails").await, 0);
    let blank = forgotten(&service, " ").await;
    assert_eq!(blank.json(), refusal("email", "can't be blank"));
}

#[actix_web::test]
async fn nobodys_mailbox_is_flooded_and_an_address_asks_only_so_often() {
    let server = Smtpd::start(Mode::Plain);
    let service = mailing(TestDatabase::sqlite(), &server, &[]).await;
    service.user("ann").await;
    for _ in 0..20 {
        assert_eq!(forgotten(&service, "ann@example.org").await.status, 202);
    }
    assert_eq!(forgotten(&service, "ann@example.org").await.status, 429);
    assert_eq!(mails::send_due(&service.app).await.unwrap().sent, 3);
    assert_eq!(server.letters().len(), 3);
}

#[actix_web::test]
async fn where_passwords_are_a_directorys_or_off_no_letter_is_written() {
    let directory = [
        ("PORTUS_LDAP_ENABLED", "true"),
        ("PORTUS_LDAP_HOSTNAME", "ldap.test"),
    ];
    let off = [("PORTUS_OAUTH_LOCAL_LOGIN_ENABLED", "false")];
    for settings in [&directory[..], &off[..]] {
        let service = Service::with(TestDatabase::sqlite(), settings).await;
        assert_eq!(forgotten(&service, "ann@example.org").await.status, 405);
        assert_eq!(redeem(&service, "x", NEW, NEW).await.status, 405);
        assert_eq!(service.count("outgoing_mails").await, 0);
    }
}

/// P4: two hundred tries, known and unknown by turns, each from another address.
#[actix_web::test]
async fn how_long_the_answer_takes_says_nothing_of_whose_the_address_is() {
    let server = Smtpd::start(Mode::Plain);
    let service = mailing(TestDatabase::sqlite(), &server, &[]).await;
    service.user("ann").await;
    let mut times = [Vec::new(), Vec::new()];
    for number in 0..200_usize {
        let known = number % 2;
        let email = ["stranger@example.org", "ann@example.org"][known];
        let from = format!("198.51.100.{number}");
        let request = TestRequest::post()
            .uri("/users/password.json")
            .insert_header(("X-Forwarded-For", from))
            .insert_header(("X-Forwarded-Proto", "https"))
            .set_form([("user[email]", email)]);
        let start = Instant::now();
        let answer = service.call(request).await;
        times[known].push(start.elapsed());
        assert_eq!(answer.status, 202);
    }
    let [unknown, known] = times.map(|mut times: Vec<Duration>| {
        times.sort();
        times[times.len() / 2]
    });
    let (less, more) = (unknown.min(known), unknown.max(known));
    assert!(more < less * 2, "unknown {unknown:?}, known {known:?}");
}
