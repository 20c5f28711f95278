//! Guessing passwords and tokens.

use actix_web::{http::StatusCode, test::TestRequest};
use chrono::TimeDelta;
use portus_rs::entities::{activity, login_failure};
use sea_orm::{ColumnTrait, ConnectionTrait as _, EntityTrait, PaginatorTrait, QueryFilter};

use crate::support::{
    databases::{TestDatabase, on_every_database},
    service::{PASSWORD, Service, basic},
};

/// The status and, if it is a refusal, what it says.
async fn login(service: &Service, from: &str, name: &str, secret: &str) -> String {
    let request = TestRequest::get()
        .uri("/v2/token")
        .insert_header(("X-Forwarded-For", from))
        .insert_header(("Authorization", basic((name, secret))));
    let answer = service.call(request).await;
    if answer.status == StatusCode::OK {
        return "in".to_owned();
    }
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    answer.json()["error"].as_str().unwrap().to_owned()
}

const WRONG: &str = "Invalid Username or password.";
const ONE_MORE: &str = "You have one more attempt before your account is locked.";
const HELD: &str = "Your account is locked.";
const THERE: &str = "198.51.100.1";
const ELSEWHERE: &str = "198.51.100.2";

async fn bursts(service: &Service) -> u64 {
    activity::Entity::find()
        .filter(activity::Column::Key.eq("user:throttle"))
        .count(service.app.database.reader())
        .await
        .unwrap()
}

on_every_database! {
    async fn ten_wrong_passwords_hold_back_their_address_and_nobody_else(database: TestDatabase) {
        let service = Service::on(database).await;
        let alice = service.user("alice").await;
        let token = service.token_of(&alice, "ci").await;
        // Names that nobody has are treated alike.
        for name in ["alice", "nobody"] {
            for guess in 1..=8 {
                assert_eq!(login(&service, THERE, name, &format!("guess {guess}")).await, WRONG);
            }
            assert_eq!(login(&service, THERE, name, "guess 9").await, ONE_MORE);
            // Sent twice, as containerd does, it counts once.
            assert_eq!(login(&service, THERE, name, "guess 9").await, WRONG);
            assert_eq!(login(&service, THERE, name, "guess 10").await, HELD);
            assert_eq!(login(&service, THERE, name, "guess 11").await, HELD);
        }
        assert_eq!(login(&service, THERE, "ALICE", PASSWORD).await, HELD);
        assert_eq!(login(&service, ELSEWHERE, "alice", PASSWORD).await, "in");
        assert_eq!(login(&service, THERE, "alice", &token).await, "in");
        assert_eq!(bursts(&service).await, 2);
        service.app.clock.advance(TimeDelta::minutes(10) + TimeDelta::seconds(1));
        assert_eq!(login(&service, THERE, "alice", PASSWORD).await, "in");
        assert_eq!(login(&service, THERE, "alice", "guess 12").await, WRONG);
        assert_eq!(bursts(&service).await, 2);
    }

    async fn a_name_that_nobody_can_have_is_refused_like_any_other(database: TestDatabase) {
        let service = Service::on(database).await;
        for name in ["", "a\0b", &"long".repeat(500), "\u{1f600}"] {
            for guess in 0..3 {
                assert_eq!(login(&service, THERE, name, &format!("guess {guess}")).await, WRONG);
            }
        }
    }

    async fn an_address_that_floods_us_learns_no_names(database: TestDatabase) {
        let service = Service::on(database).await;
        service.user("alice").await;
        assert_eq!(login(&service, THERE, "first", "guess").await, WRONG);
        let connection = service.database.connect().await;
        let flood = "UPDATE login_failures SET failures = 1000 WHERE account = ''";
        connection.execute_unprepared(flood).await.unwrap();
        connection.close().await.unwrap();
        for name in ["alice", "nobody", "no-other"] {
            for guess in 0..3 {
                assert_eq!(login(&service, THERE, name, &format!("guess {guess}")).await, HELD, "{name}");
            }
            // What this process remembers of the table runs out.
            service.app.throttle.forget();
            assert_eq!(login(&service, THERE, name, "once more").await, HELD, "{name}");
        }
        // Those names are not written down one by one.
        let written = service.count("login_failures WHERE account IN ('first', 'alice', '', '*')").await;
        assert_eq!((written, service.count("login_failures").await), (4, 4));
        let counted = format!("login_failures WHERE address = '{THERE}' AND account = '' AND failures = 1003");
        assert_eq!(service.count(&counted).await, 1, "each counts for the address, once");
        assert_eq!(bursts(&service).await, 0);
        assert_eq!(login(&service, ELSEWHERE, "alice", PASSWORD).await, "in");
    }

    async fn what_was_counted_holds_in_another_process(database: TestDatabase) {
        let service = Service::on(database).await;
        service.user("alice").await;
        let url = service.database.url.clone();
        for guess in 0..10 {
            login(&service, THERE, "alice", &format!("guess {guess}")).await;
        }
        // A replica, or the same one after a restart, has nothing but the database.
        let connection = sea_orm::Database::connect(&url).await.unwrap();
        let row = login_failure::Entity::find()
            .filter(login_failure::Column::Account.eq("alice"))
            .one(&connection)
            .await
            .unwrap()
            .unwrap();
        assert_eq!((row.address.as_str(), row.failures), (THERE, 10));
        assert!(row.held_until.is_some());
        service.app.throttle.forget();
        assert_eq!(login(&service, THERE, "alice", PASSWORD).await, HELD);
    }
}

#[actix_web::test]
async fn a_right_password_begins_the_count_anew() {
    let service = Service::on(TestDatabase::sqlite()).await;
    service.user("alice").await;
    for round in 0..3 {
        for guess in 0..8 {
            let wrong = format!("guess {round} {guess}");
            assert_eq!(login(&service, THERE, "alice", &wrong).await, WRONG);
        }
        assert_eq!(login(&service, THERE, "alice", PASSWORD).await, "in");
    }
}

#[actix_web::test]
async fn good_credentials_write_and_ask_nothing_of_it() {
    let service = Service::on(TestDatabase::sqlite()).await;
    let alice = service.user("alice").await;
    let token = service.token_of(&alice, "ci").await;
    for _ in 0..20 {
        assert_eq!(login(&service, THERE, "alice", &token).await, "in");
        assert_eq!(login(&service, THERE, "alice", PASSWORD).await, "in");
    }
    let rows = login_failure::Entity::find()
        .count(service.app.database.reader())
        .await
        .unwrap();
    assert_eq!(rows, 0);
}

#[actix_web::test]
async fn wrong_tokens_are_counted_and_told_once() {
    let service = Service::on(TestDatabase::sqlite()).await;
    let alice = service.user("alice").await;
    let bob = service.user("bob").await;
    let mine = service.token_of(&alice, "ci").await;
    for index in 0..30 {
        // Each is whole, and somebody else's.
        let foreign = if index < 5 {
            service.token_of(&bob, &format!("{index}")).await
        } else {
            format!("guess {index}")
        };
        let request = TestRequest::get()
            .uri("/api/version")
            .insert_header(("X-Forwarded-For", THERE))
            .insert_header(("Portus-Auth", format!("alice:{foreign}")));
        let answer = service.call(request).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert_eq!(answer.json()["message"], "Authentication fails");
    }
    assert_eq!(bursts(&service).await, 1);
    let row = activity::Entity::find()
        .filter(activity::Column::Key.eq("user:throttle"))
        .one(service.app.database.reader())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(row.trackable_id, Some(alice.id));
    assert!(row.parameters.contains(THERE) && !row.parameters.contains("guess"));
    assert_eq!(login(&service, THERE, "alice", &mine).await, "in");
    assert_eq!(login(&service, THERE, "bob", PASSWORD).await, "in");
}

#[actix_web::test]
async fn an_address_that_tries_everybody_gets_one_attempt_for_each() {
    let service = Service::on(TestDatabase::sqlite()).await;
    for name in ["alice", "bob"] {
        service.user(name).await;
    }
    // Tokens cost no hash, so a hundred are quickly tried.
    for index in 0..100 {
        let request = TestRequest::get()
            .uri("/api/version")
            .insert_header(("X-Forwarded-For", THERE))
            .insert_header(("Portus-Auth", format!("user{index}:x")));
        service.call(request).await;
    }
    assert_eq!(
        login(&service, THERE, "alice", PASSWORD).await,
        "in",
        "no failure of hers"
    );
    assert_eq!(login(&service, THERE, "bob", "wrong horse").await, HELD);
    assert_eq!(login(&service, THERE, "bob", PASSWORD).await, HELD);
    assert_eq!(login(&service, ELSEWHERE, "bob", PASSWORD).await, "in");
}
