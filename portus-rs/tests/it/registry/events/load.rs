//! Many at once, and much at once.

use std::time::Instant;

use actix_web::web::Bytes;
use futures_util::stream;
use portus_rs::entities::{EventState, tag};
use reqwest::StatusCode;

use super::service::{Service, envelope, push};
use crate::support::databases::{TestDatabase, on_every_database};

on_every_database! {
    async fn sixteen_senders_lose_nothing(database: TestDatabase) {
        const EACH: u32 = 40;
        let adapter = database.adapter;
        let service = Service::working(database).await;
        let begun = Instant::now();
        let senders = (0..16).map(|sender| {
            let service = &service;
            async move {
                for number in 0..EACH {
                    let repository = format!("qa/r{sender}");
                    service.tell(push(&repository, &format!("t{number}"), &format!("{sender} {number}"), number)).await;
                }
            }
        });
        futures_util::future::join_all(senders).await;
        service.settle().await;
        let count = 16 * EACH;
        println!("{adapter:?}: {:.0} events/s accepted and applied", f64::from(count) / begun.elapsed().as_secs_f64());
        assert_eq!(service.rows::<tag::Entity>().await.len(), count as usize);
        assert_eq!(service.history().await.len(), count as usize);
    }
}

/// Largest resident set of this process so far, in KiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Security requirement W9; run alone, since it measures this process.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures this process: run it alone, with --ignored"]
async fn a_gibibyte_of_references_is_taken_in_little_memory() {
    let service = Service::working(TestDatabase::sqlite()).await;
    service.tell(push("qa/web", "warm", "a", 0)).await;
    let text = envelope(push("qa/web", "huge", "b", 1));
    let (head, tail) = text.split_once(r#""repository""#).unwrap();
    let reference = r#"{"mediaType":"application/vnd.docker.image.rootfs.diff.tar.gzip","size":113,"digest":"sha256:3e47"},"#;
    let block = Bytes::from(reference.repeat(1024));
    let blocks = (1 << 30) / block.len() + 1;
    let before = peak();
    let chunks = std::iter::once(Bytes::from(format!(r#"{head}"references":["#)))
        .chain(std::iter::repeat_n(block, blocks))
        .chain(std::iter::once(Bytes::from(format!(
            r#"0],"repository"{tail}"#
        ))))
        .map(Ok::<_, std::io::Error>);
    let status = service
        .send(reqwest::Body::wrap_stream(stream::iter(chunks)))
        .await;
    assert_eq!(status, StatusCode::ACCEPTED);
    service.settle().await;
    assert_eq!(service.events(EventState::Done).await, 2);
    assert_eq!(service.tags().await.len(), 2);
    let grown = peak() - before;
    println!("grown by {grown} KiB");
    assert!(grown < 32 * 1024, "{grown} KiB");
}
