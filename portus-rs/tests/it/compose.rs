//! The deployment to copy: its files are valid, and its nginx sends each request to the
//! right one of the two servers behind it.

use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use reqwest::{Certificate, Client, StatusCode};

use crate::support::images::{Blob, Package};
use crate::support::nginx::{Nginx, compose_directory};
use crate::support::process;
use crate::support::push::RawClient;
use crate::support::registry::Registry;
use crate::support::skopeo::Skopeo;
use crate::support::{http, room};

#[test]
fn docker_compose_accepts_the_files() {
    let project = tempfile::tempdir().expect("make a directory");
    let made = Command::new("cp")
        .arg("-r")
        .arg(compose_directory().join("."))
        .arg(project.path())
        .status();
    assert!(made.is_ok_and(|status| status.success()));
    for file in ["docker-compose.yml", "docker-compose.insecure.yml"] {
        for header in ["", r#""Authorization": ["Bearer secret"]"#] {
            let checked = Command::new(process::need_program("docker-compose"))
                .current_dir(project.path())
                .args(["-f", file, "config"])
                .env("MACHINE_FQDN", "registry.test")
                .env("EVENTS_HEADER", header)
                .output()
                .expect("run docker-compose");
            let said = String::from_utf8_lossy(&checked.stdout).into_owned();
            assert!(
                checked.status.success(),
                "{file}: {}",
                String::from_utf8_lossy(&checked.stderr)
            );
            let endpoints = endpoints_in(&said);
            assert_eq!(endpoints[0]["name"], "portus", "{file}");
            let sent = &endpoints[0]["headers"]["Authorization"];
            assert_eq!(sent.is_null(), header.is_empty(), "{file}: {endpoints}");
        }
    }
}

/// What the registry is given as its list of endpoints, which is YAML in YAML.
fn endpoints_in(said: &str) -> serde_json::Value {
    let file: serde_json::Value = serde_yaml::from_str(said).expect("it prints YAML");
    let variables = &file["services"]["registry"]["environment"];
    let endpoints = variables["REGISTRY_NOTIFICATIONS_ENDPOINTS"]
        .as_str()
        .expect("a text");
    serde_yaml::from_str(endpoints).expect("the registry reads YAML too")
}

#[test]
fn certificates_once_made_stay() {
    let nginx = Nginx::builder();
    let token = nginx.directory().join("certificates/token.crt");
    let before = std::fs::read(&token).expect("it was made");
    let again = Command::new(compose_directory().join("certificates.sh"))
        .arg("other.test")
        .arg(nginx.directory())
        .status();
    assert!(again.is_ok_and(|status| status.success()));
    assert_eq!(std::fs::read(&token).expect("it is still there"), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nginx_sends_tokens_events_search_and_pages_to_portus_rs() {
    let (portus, seen) = stand_in();
    let registry = Registry::builder().start();
    let nginx = Nginx::builder().start(&portus, &registry.address);
    let client = client(&nginx);
    for path in [
        "/v2/token?service=x",
        "/v2/webhooks/events",
        "/v1/search?q=a",
        "/",
        "/api/v1/_ping",
    ] {
        let answer = client
            .get(format!("https://{}{path}", nginx.address))
            .send()
            .await
            .unwrap_or_else(|error| panic!("{path}: {error}\n{}", nginx.log()));
        assert_eq!(answer.status(), StatusCode::IM_A_TEAPOT, "{path}");
        let request = seen
            .recv_timeout(Duration::from_secs(5))
            .expect("it arrived");
        assert!(
            request.starts_with(&format!("get {path} http/1.1")),
            "{request}"
        );
        assert!(request.contains("x-forwarded-proto: https"), "{request}");
        assert!(
            request.contains(&format!("host: {}", nginx.address)),
            "{request}"
        );
        assert!(request.contains("x-forwarded-for: 127.0.0.1"), "{request}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nginx_lets_layers_of_any_size_and_long_tokens_through_to_the_registry() {
    let (portus, _seen) = stand_in();
    let registry = Registry::builder().start();
    let nginx = Nginx::builder().start(&portus, &registry.address);
    let base = format!("https://{}", nginx.address);

    let long_token = "x".repeat(40_000);
    let raw = RawClient::with_http(client(&nginx), &base).with_token(&long_token);
    let layer = Blob::new("application/octet-stream", vec![7; 24 << 20]);
    raw.push_blob("team/big", &layer).await;

    let trusted = tempfile::tempdir().expect("make a directory");
    std::fs::copy(nginx.ca(), trusted.path().join("ca.crt")).expect("copy the CA");
    let skopeo = Skopeo::anonymous().trusting(trusted.path());
    let index = Package::index("through nginx", &["amd64", "arm64"]);
    let target = format!("{}/team/app:1", nginx.address);
    let _ = skopeo.push(&index, &target).succeeded();
    assert_eq!(skopeo.digest(&target), index.digest());
}

#[test]
fn nginx_sends_plain_http_over_to_tls() {
    let nginx = Nginx::builder().start("127.0.0.1:1", "127.0.0.1:1");
    assert_eq!(http::status(&nginx.plain_address, "/v2/"), Some(301));
}

fn client(nginx: &Nginx) -> Client {
    let ca = std::fs::read(nginx.ca()).expect("read the CA");
    Client::builder()
        .no_proxy()
        .tls_certs_merge([Certificate::from_pem(&ca).expect("a certificate")])
        .build()
        .expect("make an HTTP client")
}

/// Stands for portus-rs: answers 418 to everything and tells what it was asked, in
/// lower case.
fn stand_in() -> (String, Receiver<String>) {
    use std::io::{Read, Write};
    let address = format!("127.0.0.1:{}", room::free_port());
    let listener = std::net::TcpListener::bind(&address).expect("listen");
    let (tell, seen) = channel();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut request = Vec::new();
            let mut byte = [0_u8; 1];
            while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|n| n == 1) {
                request.push(byte[0]);
            }
            let answer =
                "HTTP/1.1 418 I'm a teapot\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            // Who hangs up early learns nothing.
            let _ = stream.write_all(answer.as_bytes());
            let request = String::from_utf8_lossy(&request).to_lowercase();
            if tell.send(request).is_err() {
                return;
            }
        }
    });
    (address, seen)
}
