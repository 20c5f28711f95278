//! SIGKILL at any instant: what the registry was told is there after the restart, once.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};
use std::time::{Duration, Instant};

use portus_rs::jobs::lease;

use crate::support::{
    images::Package,
    push::RawClient,
    site::{Site, count},
    wait::eventually,
};

const PUSHERS: u32 = 4;
const KILLS: u32 = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_kills_under_load_lose_no_push_and_apply_none_twice() {
    let mut site = Site::start().await;
    site.user("alice").await;
    let pushed = Arc::new(AtomicU32::new(0));
    let stop = Arc::new(AtomicU32::new(0));
    let mut pushers = Vec::new();
    for pusher in 0..PUSHERS {
        let repository = format!("alice/app{pusher}");
        let scope = format!("repository:{repository}:pull,push");
        // It outlives all the kills: pushes need nothing of portus-rs any more.
        let token = site.registry_token("alice", &scope).await;
        let raw = RawClient::new(&site.registry.url()).with_token(&token);
        let (pushed, stop) = (Arc::clone(&pushed), Arc::clone(&stop));
        pushers.push(tokio::spawn(async move {
            let mut number = 0_u32;
            while stop.load(Ordering::Relaxed) == 0 {
                let image = Package::image(&format!("{pusher} {number}"), "amd64");
                raw.push(&repository, &format!("t{number}"), &image).await;
                pushed.fetch_add(1, Ordering::Relaxed);
                number += 1;
            }
            number
        }));
    }
    let mut slowest = Duration::ZERO;
    for _ in 0..KILLS {
        let mut random = [0_u8; 1];
        openssl::rand::rand_bytes(&mut random).unwrap();
        let until = pushed.load(Ordering::Relaxed) + u32::from(random[0] % 12) + 1;
        eventually("some more is pushed", Duration::from_mins(1), || async {
            pushed.load(Ordering::Relaxed) >= until
        })
        .await;
        site.portus.kill();
        let begun = Instant::now();
        site.portus.start();
        slowest = slowest.max(begun.elapsed());
    }
    stop.store(1, Ordering::Relaxed);
    let mut total = 0;
    for pusher in pushers {
        total += pusher.await.unwrap();
    }
    let total = i64::from(total);
    let look = site.look().await;
    let entries = "activities WHERE tag_name IS NOT NULL";
    let tell = tokio::time::Instant::now() + Duration::from_mins(1);
    loop {
        let now = (count(&look, "tags").await, count(&look, entries).await);
        if now == (total, total) {
            break;
        }
        assert!(
            tokio::time::Instant::now() < tell,
            "of {total} pushes there are (tags, entries) {now:?}; registry: {} {}",
            site.registry
                .log()
                .lines()
                .rev()
                .take(5)
                .collect::<Vec<_>>()
                .join("\n"),
            site.portus
                .log()
                .lines()
                .rev()
                .take(40)
                .collect::<Vec<_>>()
                .join("\n")
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    eventually("nothing is left to do", Duration::from_mins(1), || async {
        count(&look, "registry_events WHERE state = 0").await == 0
    })
    .await;
    assert_eq!(count(&look, "tags").await, total);
    assert_eq!(count(&look, entries).await, total);
    assert_eq!(count(&look, "repositories").await, i64::from(PUSHERS));
    println!("{total} pushes; the slowest start took {slowest:?}");
    // What the dead process held, its successor takes over at once.
    assert!(slowest < lease::LIFE, "{slowest:?}");
    let log = site.portus.log();
    assert!(!log.contains("panicked"), "{log}");
}
