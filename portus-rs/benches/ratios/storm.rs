//! A storm of wrong passwords from one address, a thousand a second, and what others notice of it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::load::{self, Load, Plan, Until};
use crate::stage::{self, Key, Size, Stage};
use crate::table::{Bar, Table};

/// Guesses a second.
const RATE: u32 = 1_000;
/// Connections that guess. Many, since some of them wait for their answer.
const GUESSERS: u32 = 256;
const ATTACKER: &str = "198.51.100.7";
const WARM: Duration = Duration::from_secs(2);
const LONG: Duration = Duration::from_secs(5);
const ROUNDS: usize = 3;
/// What another person's refresh may take, in milliseconds.
const BAR: f64 = 250.0;

/// Whose passwords are guessed.
#[derive(Clone, Copy, Debug)]
enum Names {
    /// One that exists, again and again: it is held back soon.
    One,
    /// Another one each time: each is a first attempt.
    Ever,
}

pub fn measure(table: &mut Table) {
    let size = Size {
        repositories: 1_000,
        tags: 1,
    };
    for (names, label) in [
        (Names::One, "one name"),
        (Names::Ever, "another name each time"),
    ] {
        let mut stage = Stage::set(None, Key::Rsa2048, size, "registry.test:5000");
        let mut portus = stage.start();
        let refresh = refresh_token(&portus.address, &stage);
        let mut rounds: Vec<Round> = (0..ROUNDS)
            .map(|_| round(&portus.address, &stage, &refresh, names))
            .collect();
        portus.stop();
        rounds.sort_by(|a, b| a.refreshes.total_cmp(&b.refreshes));
        let median = &rounds[ROUNDS / 2];
        table.add(
            "token refresh p99 while 1,000 wrong passwords a second come from elsewhere",
            label,
            (median.refreshes, "ms"),
            Bar::AtMost(BAR),
            format!(
                "{:.0} guesses/s answered, {:.0} refreshes/s",
                median.guessed, median.refreshed
            ),
        );
        table.add(
            "a wrong password from a third address meanwhile, p99",
            label,
            (median.others, "ms"),
            Bar::AtMost(1_000.0),
            "it has to be hashed, and waits for one of the storm's at most",
        );
        assert!(
            median.guessed > f64::from(RATE) * 0.9,
            "no storm: {:.0} guesses a second",
            median.guessed
        );
        assert!(
            median.refreshes <= BAR,
            "refreshes take {:.0} ms ({label})",
            median.refreshes
        );
    }
}

/// What one round showed, in milliseconds and per second.
struct Round {
    refreshes: f64,
    refreshed: f64,
    others: f64,
    guessed: f64,
}

fn round(address: &str, stage: &Stage, refresh: &str, names: Names) -> Round {
    let form = format!(
        "grant_type=refresh_token&service={}&client_id=bench&refresh_token={refresh}&scope=repository:{}:pull",
        stage.service,
        stage::IMAGE
    );
    let request = format!(
        "POST /v2/token HTTP/1.1\r\nHost: portus.test\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    )
    .into_bytes();
    let path = stage.token_path();
    let over = AtomicBool::new(false);
    let answered = AtomicU64::new(0);
    let begun = Instant::now();
    let plan = |connections, status| Plan {
        address,
        connections,
        until: Until::Passed(LONG),
        afresh: false,
        status,
    };
    let asked = plan(1, 401);
    let (refreshes, others) = std::thread::scope(|scope| {
        scope.spawn(|| guess(address, &path, names, &over, &answered));
        std::thread::sleep(WARM);
        let before = answered.load(Ordering::Relaxed);
        let since = Instant::now();
        let others = scope.spawn(|| {
            load::run(asked, |number| {
                // Another name and address each, so that none is held back.
                let name = format!("other{number}-{}", begun.elapsed().as_nanos());
                let header = format!(
                    "{}X-Forwarded-For: 203.0.113.{}\r\n",
                    stage::basic(&name, "wrong"),
                    number % 250
                );
                Stage::get(&path, &header)
            })
        });
        let refreshes = load::run(plan(4, 200), |_| request.clone());
        let others = others.join().expect("others ask");
        let guessed = answered.load(Ordering::Relaxed) - before;
        over.store(true, Ordering::Relaxed);
        (
            (refreshes, guessed as f64 / since.elapsed().as_secs_f64()),
            others,
        )
    });
    let (refreshes, guessed): (Load, f64) = refreshes;
    Round {
        refreshes: refreshes.within(0.99),
        refreshed: refreshes.per_second(),
        others: others.within(0.99),
        guessed,
    }
}

/// Guesses at a steady rate, whatever becomes of it. Whoever has to wait for an answer guesses less, so others do more.
fn guess(address: &str, path: &str, names: Names, over: &AtomicBool, answered: &AtomicU64) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let next = AtomicU64::new(0);
    let run = Instant::now();
    runtime.block_on(async {
        let each = (0..GUESSERS).map(|_| async {
            let mut stream = load::connect(address).await;
            while !over.load(Ordering::Relaxed) {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let due = Duration::from_secs_f64(number as f64 / f64::from(RATE));
                tokio::time::sleep(due.saturating_sub(run.elapsed())).await;
                let name = match names {
                    Names::One => "root".to_owned(),
                    Names::Ever => format!("name{number}-{}", run.elapsed().as_nanos()),
                };
                let header = format!(
                    "{}X-Forwarded-For: {ATTACKER}\r\n",
                    stage::basic(&name, &format!("wrong {number}"))
                );
                load::send(&mut stream, &Stage::get(path, &header)).await;
                let (status, head, body) = load::answer(&mut stream).await;
                assert_eq!(status, 401, "{head}{body}");
                answered.fetch_add(1, Ordering::Relaxed);
            }
        });
        futures_util::future::join_all(each).await;
    });
}

fn refresh_token(address: &str, stage: &Stage) -> String {
    let path = format!("{}&offline_token=true&client_id=bench", stage.token_path());
    let plan = Plan {
        address,
        connections: 1,
        until: Until::Asked(1),
        afresh: false,
        status: 200,
    };
    let request = Stage::get(&path, &stage::basic(stage::USER, stage::PASSWORD));
    let answer: serde_json::Value =
        serde_json::from_str(&load::run(plan, |_| request.clone()).body).unwrap();
    answer["refresh_token"]
        .as_str()
        .expect("a refresh token was asked for")
        .to_owned()
}
