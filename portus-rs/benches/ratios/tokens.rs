//! Tokens: how many, how soon, and whether a refusal tells who is known.

use std::time::Duration;

use crate::load::{self, Load, Plan, Until};
use crate::openssl;
use crate::stage::{self, Key, Size, Stage};
use crate::table::{Bar, Table};

const HOST: &str = "registry.test:5000";
const CONNECTIONS: usize = 64;
const WARM: Duration = Duration::from_secs(1);
const LONG: Duration = Duration::from_secs(3);
/// Namespaces hold a hundred repositories: so many of them and their teams are known.
const SIZES: [Size; 2] = [
    Size {
        repositories: 1_000,
        tags: 1,
    },
    Size {
        repositories: 10_000,
        tags: 1,
    },
];

pub fn measure(table: &mut Table) {
    let signs = openssl::signs();
    for size in SIZES {
        let label = format!("{} repositories", size.repositories);
        let mut stage = Stage::set(None, Key::Rsa2048, size, HOST);
        let mut portus = stage.start();
        let note = format!("openssl speed rsa2048: {:.0}/s", signs.rsa2048);
        let by_token = ask(
            &portus.address,
            &stage,
            &stage::basic(stage::USER, &stage.token),
        );
        table.add(
            "tokens/s, RSA-2048, application token, of openssl rsa2048",
            &label,
            (by_token.per_second() / signs.rsa2048, "x"),
            Bar::AtLeast(1.0),
            &note,
        );
        table.add(
            "its p99 at 64 connections",
            &label,
            (by_token.within(0.99), "ms"),
            Bar::AtMost(50.0),
            format!("{:.0} tokens/s", by_token.per_second()),
        );
        let by_password = ask(
            &portus.address,
            &stage,
            &stage::basic(stage::USER, stage::PASSWORD),
        );
        table.add(
            "tokens/s, remembered password, of application token",
            &label,
            (by_password.per_second() / by_token.per_second(), "x"),
            Bar::AtLeast(0.9),
            format!("{:.0} tokens/s", by_password.per_second()),
        );
        let [known, unknown] = guesses(&portus.address, &stage);
        table.add(
            "401 to an unknown and to a known name: the slower of the faster",
            &label,
            (known.max(unknown) / known.min(unknown), "x"),
            Bar::AtMost(1.25),
            format!("medians {known:.1} ms known, {unknown:.1} ms unknown"),
        );
        portus.stop();

        let mut stage = Stage::set(None, Key::P256, size, HOST);
        let mut portus = stage.start();
        let by_token = ask(
            &portus.address,
            &stage,
            &stage::basic(stage::USER, &stage.token),
        );
        table.add(
            "tokens/s, P-256, application token, of openssl rsa2048",
            &label,
            (by_token.per_second() / signs.rsa2048, "x"),
            Bar::AtLeast(2.5),
            format!("{:.0} tokens/s; {note}", by_token.per_second()),
        );
        portus.stop();
    }
}

fn ask(address: &str, stage: &Stage, header: &str) -> Load {
    let request = Stage::get(&stage.token_path(), header);
    let plan = |time| Plan {
        address,
        connections: CONNECTIONS,
        until: Until::Passed(time),
        afresh: false,
        status: 200,
    };
    load::run(plan(WARM), |_| request.clone());
    load::run(plan(LONG), |_| request.clone())
}

/// Milliseconds until a wrong password is refused, of a name that is known and of one that is not: medians over rounds in
/// which both take turns, also in who begins: connections go to one worker of the service after the other, and one may
/// be quicker at hashing than another, whose memory was given back.
fn guesses(address: &str, stage: &Stage) -> [f64; 2] {
    const ROUNDS: usize = 20;
    const TRIES: u64 = 10;
    let path = stage.token_path();
    let plan = Plan {
        address,
        connections: 1,
        until: Until::Asked(TRIES),
        afresh: false,
        status: 401,
    };
    let mut rounds: [Vec<f64>; 2] = Default::default();
    for round in 0..ROUNDS {
        for turn in 0..2 {
            let side = (round + turn) % 2;
            let name = [stage::USER, "nobody-of-that-name"][side];
            let load = load::run(plan, |number| {
                // Each from an address of its own, so that none is held up for guessing.
                let header = format!(
                    "{}X-Forwarded-For: 198.51.{round}.{number}\r\n",
                    stage::basic(name, &format!("wrong {round} {number}"))
                );
                Stage::get(&path, &header)
            });
            rounds[side].push(load.within(0.5));
        }
    }
    rounds.map(|mut medians| {
        medians.sort_by(f64::total_cmp);
        medians[ROUNDS / 2]
    })
}
