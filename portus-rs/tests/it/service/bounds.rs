//! What strangers and registries send is bounded: bodies, headers, pages, scopes. Memory stays flat, and the service goes
//! on serving others.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use actix_web::web::Bytes;
use futures_util::{Stream, stream};
use reqwest::StatusCode;
use serde_json::Value;

use crate::support::{
    site::{Site, count},
    wait::eventually,
};

/// More than is sent would fit into.
const MODEST: u64 = 32 * 1024;

/// The most memory that a process has had so far, in KiB.
fn peak(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

async fn serves(site: &Site) {
    let url = format!("{}/api/v1/_ping", site.portus.url());
    let ping = site.http.get(url).send().await;
    assert_eq!(ping.unwrap().status(), StatusCode::OK);
}

fn blocks(block: Vec<u8>, number: usize) -> impl Stream<Item = Bytes> {
    stream::iter(std::iter::repeat_n(Bytes::from(block), number))
}

fn body(parts: impl Stream<Item = Bytes> + Send + 'static) -> reqwest::Body {
    use futures_util::StreamExt as _;
    reqwest::Body::wrap_stream(parts.map(Ok::<_, std::io::Error>))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gibibyte_sent_to_any_door_is_refused_in_little_memory() {
    let mut site = Site::start().await;
    let url = site.portus.url();
    let pid = site.portus.running().pid();
    let before = peak(pid);
    for path in [
        "/v2/token",
        "/api/v1/users",
        "/api/v1/users/bootstrap",
        "/v2/webhooks/events",
    ] {
        let sent = site
            .http
            .post(format!("{url}{path}"))
            .header("Content-Type", "application/json")
            .header("Portus-Auth", &site.admin)
            .body(body(blocks(vec![b'a'; 1 << 20], 1 << 10)))
            .send()
            .await;
        // A server that hangs up on the flood may be noticed before its answer is.
        if let Ok(answer) = sent {
            let status = answer.status();
            assert!(status.is_client_error(), "{path}: {status}");
        }
        serves(&site).await;
    }
    let grown = peak(pid) - before;
    assert!(grown < MODEST, "{grown} KiB");
}

/// An event of the registry with this before its repository, and the secret to send it with.
fn event(site: &Site, tag: &str) -> (String, String, String) {
    let head = r#"{"events":[{"id":"ID","action":"push","timestamp":"2026-01-02T03:04:05Z","actor":{"name":"root"},
        "target":{"mediaType":"application/vnd.oci.image.manifest.v1+json","size":7,"tag":"ID","#;
    let digest = "sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae";
    let tail = format!(r#""digest":"{digest}","repository":"root/app"}}}}]}}"#);
    let config = std::fs::read_to_string(site.registry.configuration()).unwrap();
    let config: Value = serde_yaml::from_str(&config).unwrap();
    let secret = &config["notifications"]["endpoints"][0]["headers"]["Authorization"][0];
    let secret = secret.as_str().unwrap().to_owned();
    (head.replace("ID", tag), tail, secret)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gibibyte_of_references_in_one_event_is_taken_in_little_memory() {
    use futures_util::StreamExt as _;
    let mut site = Site::start().await;
    let url = format!("{}/v2/webhooks/events", site.portus.url());
    let look = site.look().await;
    let pid = site.portus.running().pid();
    let reference = r#"{"mediaType":"application/vnd.docker.image.rootfs.diff.tar.gzip","size":113,"digest":"sha256:3e47"},"#;
    let block = reference.repeat(1024).into_bytes();
    let mut before = 0;
    for (tag, size) in [("warm", 1 << 20), ("huge", 1 << 30)] {
        let (head, tail, secret) = event(&site, tag);
        let number = size / block.len() + 1;
        let parts = stream::iter([Bytes::from(format!(r#"{head}"references":["#))])
            .chain(blocks(block.clone(), number))
            .chain(stream::iter([Bytes::from(format!("0],{tail}"))]));
        let request = site.http.post(&url).header("Authorization", secret);
        let begun = std::time::Instant::now();
        let answer = request.body(body(parts)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::ACCEPTED);
        println!("{size} bytes in {:?}", begun.elapsed());
        let there = format!("tags WHERE name = '{tag}'");
        eventually("the push is applied", Duration::from_secs(20), || async {
            count(&look, &there).await == 1
        })
        .await;
        if tag == "warm" {
            before = peak(pid);
        }
    }
    let grown = peak(pid) - before;
    println!("grown by {grown} KiB");
    assert!(grown < MODEST, "{grown} KiB");
    look.close().await.unwrap();
}

/// The first line of the answer to these bytes; empty when the server hangs up instead.
fn told(address: &str, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    // It may have answered, and hung up, before everything was sent.
    let _ = stream.write_all(request);
    let mut answer = Vec::new();
    let mut buffer = [0; 1024];
    while let Ok(read @ 1..) = stream.read(&mut buffer) {
        answer.extend_from_slice(&buffer[..read]);
        if answer.contains(&b'\n') {
            break;
        }
    }
    let answer = String::from_utf8_lossy(&answer).into_owned();
    answer.lines().next().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_and_addresses_without_end_are_refused() {
    let mut site = Site::start().await;
    let address = site.portus.address.clone();
    let pid = site.portus.running().pid();
    let before = peak(pid);
    let long = "a".repeat(8 << 20);
    let many = "X-Header: 1\r\n".repeat(100_000);
    let scopes = "&scope=repository:a/b:pull".repeat(100_000);
    for request in [
        format!("GET /v2/token HTTP/1.1\r\nHost: x\r\nX-Long: {long}\r\n\r\n"),
        format!("GET /v2/token HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {long}\r\n\r\n"),
        format!("GET /v2/token HTTP/1.1\r\nHost: x\r\n{many}\r\n"),
        format!("GET /v2/token?service=x{scopes} HTTP/1.1\r\nHost: x\r\n\r\n"),
        format!("GET /{long} HTTP/1.1\r\nHost: x\r\n\r\n"),
        format!("{long} / HTTP/1.1\r\nHost: x\r\n\r\n"),
    ] {
        let line = told(&address, request.as_bytes());
        let refused = line.is_empty() || line.starts_with("HTTP/1.1 4");
        assert!(refused, "{} to {}", line, &request[..60]);
        serves(&site).await;
    }
    let grown = peak(pid) - before;
    assert!(grown < MODEST, "{grown} KiB");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_without_end_is_refused() {
    let site = Site::start().await;
    for list in ["users", "teams", "namespaces", "repositories", "tags"] {
        for size in ["1e9", "1000000000", "18446744073709551616", "-1", "0"] {
            let path = format!("/api/v1/{list}?per_page={size}");
            let answer = site.api(reqwest::Method::GET, &path, None).await;
            assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{path}");
        }
        // A page far behind the end is empty, and costs nothing to find.
        let path = format!("/api/v1/{list}?page=9223372036854775807&per_page=1000");
        assert_eq!(site.get(&path).await, serde_json::json!([]), "{path}");
    }
}
