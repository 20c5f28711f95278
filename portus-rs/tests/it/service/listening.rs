//! TLS with a private authority, a Unix socket, and an end that drops no request.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use reqwest::{Certificate, Client};
use tempfile::TempDir;

use crate::support::{
    nginx::certificates,
    portus::Portus,
    process::Signal,
    wait::{eventually, wait_for},
};

fn trusting(directory: &Path) -> Client {
    let ca = std::fs::read(directory.join("certificates/ca.crt")).unwrap();
    Client::builder()
        .no_proxy()
        .pool_max_idle_per_host(0)
        .tls_certs_only([Certificate::from_pem(&ca).unwrap()])
        .build()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_a_private_authority_is_served_and_exchanged_without_a_restart() {
    let own = || certificates("localhost,127.0.0.1");
    let (first, second) = (own(), own());
    let served = tempfile::tempdir().unwrap();
    let put = |from: &TempDir| {
        for end in ["key", "crt"] {
            let name = format!("certificates/server.{end}");
            let target = served.path().join(format!("server.{end}"));
            std::fs::copy(from.path().join(name), target).unwrap();
        }
    };
    put(&first);
    let at = |name: &str| served.path().join(name).display().to_string();
    let mut portus = Portus::builder()
        .env("PORTUS_PUMA_TLS_KEY", at("server.key"))
        .env("PORTUS_PUMA_TLS_CERT", at("server.crt"))
        .idle();
    portus.start_only();
    let url = format!("https://{}/api/v1/_ping", portus.address);
    let (old, new) = (trusting(first.path()), trusting(second.path()));
    let limit = Duration::from_secs(20);
    eventually("it answers", limit, || async {
        old.get(&url)
            .send()
            .await
            .is_ok_and(|it| it.status() == 200)
    })
    .await;
    assert!(new.get(&url).send().await.is_err(), "another authority");

    // A broken file leaves things as they are.
    std::fs::write(at("server.crt"), "garbage").unwrap();
    portus.running().signal(Signal::Hangup);
    wait_for("it says so", limit, || {
        portus.log().contains("the TLS certificate stays as it was")
    });
    assert_eq!(old.get(&url).send().await.unwrap().status(), 200);

    put(&second);
    portus.running().signal(Signal::Hangup);
    eventually("it shows the other certificate", limit, || async {
        new.get(&url)
            .send()
            .await
            .is_ok_and(|it| it.status() == 200)
    })
    .await;
    assert!(old.get(&url).send().await.is_err(), "the old one is gone");
    portus.stop();
}

#[test]
fn a_unix_socket_is_served_and_a_dead_one_replaced() {
    let directory = tempfile::tempdir().unwrap();
    let socket = directory.path().join("run/portus.sock");
    let mut portus = Portus::builder()
        .env("PORTUS_PUMA_USE_UNIX_SOCKET", "true")
        .env("PORTUS_SOCKET_PATH", socket.to_string_lossy())
        .idle();
    for _ in 0..2 {
        portus.start_only();
        wait_for("it answers", Duration::from_secs(20), || {
            ask(&socket).is_some_and(|answer| answer.starts_with("HTTP/1.1 200"))
        });
        // It leaves its socket behind.
        portus.kill();
        assert!(socket.exists());
    }
}

fn ask(socket: &Path) -> Option<String> {
    let mut stream = UnixStream::connect(socket).ok()?;
    let request = "GET /api/v1/_ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer)
}

#[test]
fn a_request_under_way_is_answered_before_the_end() {
    let mut portus = Portus::builder().start();
    let mut slow = std::net::TcpStream::connect(&portus.address).unwrap();
    slow.set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let body = r#"{"user":{"username":"root","email":"r@example.com","password":"correct horse"}}"#;
    let (early, late) = body.split_at(20);
    write!(
        slow,
        "POST /api/v1/users/bootstrap HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
         Expect: 100-continue\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    )
    .unwrap();
    // That the body is wanted shows that the request has been read.
    let mut wanted = [0; "HTTP/1.1 100 Continue\r\n\r\n".len()];
    slow.read_exact(&mut wanted).unwrap();
    assert!(wanted.starts_with(b"HTTP/1.1 100 "));
    slow.write_all(early.as_bytes()).unwrap();
    portus.running().signal(Signal::Terminate);
    wait_for("it stops listening", Duration::from_secs(20), || {
        std::net::TcpStream::connect(&portus.address).is_err()
    });
    assert!(
        portus.running().ended().is_none(),
        "it waits for the request"
    );
    slow.write_all(late.as_bytes()).unwrap();
    let mut answer = String::new();
    slow.read_to_string(&mut answer).unwrap();
    // There is no registry yet, or there is: an answer either way, and no broken connection.
    assert!(answer.starts_with("HTTP/1.1 "), "{answer}");
    let status = portus.running().until_ended(Duration::from_secs(20));
    assert!(status.success(), "{status}: {}", portus.log());
}

/// Browsers keep a stream of news as long as a page is open.
#[tokio::test(flavor = "multi_thread")]
async fn an_open_page_does_not_hold_up_the_end() {
    let mut portus = Portus::builder()
        .env("PORTUS_FIRST_USER_ADMIN_ENABLED", "false")
        .start();
    let client = Client::builder().no_proxy().build().unwrap();
    let form = serde_json::json!({"user": {"username": "ann", "email": "ann@example.com",
        "password": "correct horse", "password_confirmation": "correct horse"}});
    let made = client
        .post(format!("{}/users.json", portus.url()))
        .json(&form)
        .send()
        .await
        .unwrap();
    assert_eq!(made.status(), 201);
    let cookie = made.headers()["set-cookie"].to_str().unwrap().to_owned();
    let live = client
        .get(format!("{}/live", portus.url()))
        .header("Cookie", cookie.split(';').next().unwrap())
        .send()
        .await
        .unwrap();
    assert_eq!(live.headers()["content-type"], "text/event-stream");
    portus.running().signal(Signal::Terminate);
    let status = portus.running().until_ended(Duration::from_secs(20));
    assert!(status.success(), "{status}: {}", portus.log());
    assert_eq!(live.text().await.unwrap(), "");
}
