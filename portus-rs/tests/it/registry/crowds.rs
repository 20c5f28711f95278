//! Many passwords at once: an address that tries them waits behind itself, and others come next.

use std::time::{Duration, Instant};

use actix_web::http::StatusCode;
use futures_util::future::join_all;

use crate::support::{
    databases::TestDatabase,
    service::{PASSWORD, Service},
};

const THERE: &str = "198.51.100.1";
const ELSEWHERE: &str = "198.51.100.2";

#[actix_web::test]
async fn what_waited_while_its_name_was_held_back_costs_nothing() {
    let service = Service::on(TestDatabase::sqlite()).await;
    service.user("alice").await;
    let before = service.app.passwords.spent();
    let guesses: Vec<String> = (0..40).map(|it| format!("guess {it}")).collect();
    let all = guesses
        .iter()
        .map(|guess| service.token_for(THERE, "alice", guess));
    let answers = join_all(all).await;
    assert!(
        answers
            .iter()
            .all(|(status, _)| *status == StatusCode::UNAUTHORIZED)
    );
    let held = answers
        .iter()
        .filter(|(_, body)| body.contains("Your account is locked."));
    // What was under way when the tenth had failed may go on.
    assert!(held.count() >= 25, "{answers:?}");
    let spent = service.app.passwords.spent() - before;
    assert!(spent <= 15, "{spent} hashes for 40 guesses at once");
}

#[actix_web::test]
async fn a_flood_from_one_address_is_bounded_and_holds_up_nobody_else() {
    let service = Service::on(TestDatabase::sqlite()).await;
    service.user("alice").await;
    // One hash, to compare with.
    let begun = Instant::now();
    service.token_for(ELSEWHERE, "nobody", "wrong").await;
    // One alone may have been lucky.
    let one = begun.elapsed().max(Duration::from_millis(100));
    let names: Vec<String> = (0..300).map(|it| format!("name{it}")).collect();
    let flood = async {
        let all = names
            .iter()
            .map(|name| service.token_for(THERE, name, "wrong"));
        join_all(all).await
    };
    let other = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let begun = Instant::now();
        let answer = service.token_for(ELSEWHERE, "alice", PASSWORD).await;
        (answer, begun.elapsed())
    };
    let (flood, ((status, body), taken)) = tokio::join!(flood, other);
    assert_eq!(status, StatusCode::OK, "{body}");
    // Far from the sixty-four that wait there.
    assert!(taken < one * 20, "{taken:?}, where one takes {one:?}");
    let crowded = flood
        .iter()
        .filter(|(_, body)| body.contains("Too many passwords are being tried"));
    assert!(crowded.count() >= 200);
    // Once it is over, whoever comes from there is heard.
    let (status, body) = service.token_for(THERE, "alice", PASSWORD).await;
    assert_eq!(status, StatusCode::OK, "{body}");
}
