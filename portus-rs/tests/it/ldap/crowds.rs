//! Many passwords of the directory's people at once: each is counted, and an address waits behind itself.

use std::{cell::Cell, time::Duration};

use actix_web::http::StatusCode;
use futures_util::future::join_all;
use portus_rs::identity::throttle::{self, MOST};

use super::{WRONG, enrolled, service};
use crate::api::sessions::sign_in;
use crate::support::{
    databases::{TestDatabase, on_every_database},
    slapd::{Slapd, dn, password},
    wait::eventually,
};

const THERE: &str = "198.51.100.1";
const ELSEWHERE: &str = "198.51.100.2";
/// Passwords of one address that the directory may have before it at a time.
const SEATS: usize = 4;

fn tried(slapd: &Slapd, name: &str) -> usize {
    slapd.asked(&format!("BIND dn=\"{}\" method", dn(name)))
}

on_every_database! {
    async fn of_many_guesses_at_once_the_directory_hears_few_more_than_are_counted(database: TestDatabase) {
        let slapd = Slapd::builder().person("ann").start();
        let service = service(database, &slapd, &[]).await;
        enrolled(&service, "ann").await;
        let before = tried(&slapd, "ann");
        let guesses: Vec<String> = (0..40).map(|it| format!("guess {it}")).collect();
        let all = guesses.iter().map(|guess| service.token_for(THERE, "ann", guess));
        let answers = join_all(all).await;
        assert!(answers.iter().all(|(status, _)| *status == StatusCode::UNAUTHORIZED), "{answers:?}");
        let heard = tried(&slapd, "ann") - before;
        let most = usize::try_from(MOST).unwrap() + SEATS;
        assert!(heard <= most, "{heard} binds for 40 guesses at once");
        let counted = format!("login_failures WHERE account = 'ann' AND failures >= {MOST}");
        assert_eq!(service.count(&counted).await, 1, "{heard} heard, {answers:?}");
        let right = service.token_for(THERE, "ann", &password("ann")).await;
        assert!(right.1.contains("Your account is locked."), "{right:?}");
    }
}

/// What nobody has looked at is nobody's failure.
#[actix_web::test]
async fn whoever_is_held_back_while_they_wait_fills_no_log() {
    let slapd = Slapd::builder().person("ann").start();
    let service = service(TestDatabase::sqlite(), &slapd, &[]).await;
    enrolled(&service, "ann").await;
    let guesses: Vec<String> = (0..40).map(|it| format!("guess {it}")).collect();
    let all = guesses.iter().map(|guess| sign_in(&service, "ann", guess));
    let answers = join_all(all).await;
    assert!(
        answers
            .iter()
            .all(|it| it.status == StatusCode::UNAUTHORIZED)
    );
    let kept = "activities WHERE activities.key = 'session:fail'";
    let kept = usize::try_from(service.count(kept).await).unwrap();
    let most = usize::try_from(MOST).unwrap() + SEATS;
    assert!((SEATS..=most).contains(&kept), "{kept}");
}

#[actix_web::test]
async fn a_wrong_password_is_counted_however_many_hashes_wait() {
    let slapd = Slapd::builder().person("ann").start();
    let service = service(TestDatabase::sqlite(), &slapd, &[]).await;
    enrolled(&service, "ann").await;
    let app = &service.app;
    let flood = (0..64).map(|_| {
        let shown = throttle::Shown::new(app, THERE, "somebody", "wrong");
        app.passwords.check_nobody(shown)
    });
    let guess = service.token_for(THERE, "ann", "wrong");
    let (flood, (status, body)) = tokio::join!(join_all(flood), guess);
    assert!(flood.iter().all(Result::is_ok));
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert!(body.contains(WRONG), "{body}");
    assert_eq!(tried(&slapd, "ann"), 2, "the right one and the wrong one");
    let counted = "login_failures WHERE account = 'ann' AND failures = 1";
    assert_eq!(service.count(counted).await, 1);
}

#[actix_web::test]
async fn a_flood_of_made_up_names_holds_up_nobody_elses_login() {
    let slapd = Slapd::builder().person("ann").start();
    let service = service(TestDatabase::sqlite(), &slapd, &[]).await;
    enrolled(&service, "ann").await;
    service.app.passwords.forget();
    let names: Vec<String> = (0..300).map(|it| format!("name{it}")).collect();
    let (crowded, served) = (Cell::new(0), Cell::new(0));
    let (crowded, served) = (&crowded, &served);
    let flood = names.iter().map(|name| {
        let guess = service.token_for(THERE, name, "wrong");
        async move {
            let (_, body) = guess.await;
            let sent_away = body.contains("Too many passwords are being tried");
            let one_more = if sent_away { crowded } else { served };
            one_more.set(one_more.get() + 1);
        }
    });
    let other = async {
        let limit = Duration::from_mins(1);
        eventually("the queue is full", limit, || async {
            crowded.get() >= 200
        })
        .await;
        let before = served.get();
        let answer = service.token_for(ELSEWHERE, "ann", &password("ann")).await;
        (answer, served.get() - before)
    };
    let (_, ((status, body), ahead)) = tokio::join!(join_all(flood), other);
    assert_eq!(status, StatusCode::OK, "{body}");
    // Far from the sixty-four that wait there.
    assert!(ahead < 32, "{ahead} came first of {}", served.get());
    assert!(
        slapd.asked("BIND dn=\"cn=portus-rs-nobody") <= 100,
        "whoever is sent away has not asked"
    );
    let (status, body) = service.token_for(THERE, "ann", &password("ann")).await;
    assert_eq!(status, StatusCode::OK, "{body}");
}
