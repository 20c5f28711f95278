//! The deployment to copy: its files are valid, and its nginx sends each request to the
//! right one of the two servers behind it.

use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use reqwest::{Certificate, Client, StatusCode};
use tempfile::TempDir;

use crate::support::databases::{Adapter, TestDatabase};
use crate::support::dockerd::Dockerd;
use crate::support::images::{Blob, Package};
use crate::support::nginx::{Nginx, compose_directory};
use crate::support::podman::Podman;
use crate::support::push::RawClient;
use crate::support::registry::Registry;
use crate::support::skopeo::Skopeo;
use crate::support::stack::{self, Stack};
use crate::support::{http, room};

#[test]
fn docker_compose_accepts_the_files() {
    for file in ["docker-compose.yml", "docker-compose.insecure.yml"] {
        for header in ["", r#""Authorization": ["Bearer secret"]"#] {
            let evaluated = stack::evaluate(Path::new(file), "registry.test", header);
            let variables = &evaluated["services"]["registry"]["environment"];
            // YAML in YAML, which the registry takes apart itself.
            let endpoints = variables["REGISTRY_NOTIFICATIONS_ENDPOINTS"]
                .as_str()
                .expect("a text");
            let endpoints: serde_json::Value =
                serde_yaml::from_str(endpoints).expect("the registry reads YAML");
            assert_eq!(endpoints[0]["name"], "portus", "{file}");
            let sent = &endpoints[0]["headers"]["Authorization"];
            assert_eq!(sent.is_null(), header.is_empty(), "{file}: {endpoints}");
        }
    }
}

/// The environment files, nginx.conf and certificates together, with docker and skopeo.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_set_up_takes_a_login_a_push_and_a_pull() {
    let database = TestDatabase::create(Adapter::MySql).await;
    let stack = Stack::start(&database);
    let made = stack.portus.cli_with_input(
        &["portus:create_user[alice,alice@example.com,-,true]"],
        "correct horse\n",
    );
    let _ = made.exits(0);

    let trusted = trust(&stack.nginx);
    let skopeo = Skopeo::with_password("alice", "correct horse").trusting(trusted.path());
    let index = Package::index("composed", &["amd64", "arm64"]);
    let target = format!("{}/alice/app:1", stack.nginx.address);
    let _ = skopeo.push(&index, &target).succeeded();
    assert_eq!(skopeo.digest(&target), index.digest());
    let stranger = Skopeo::anonymous().trusting(trusted.path());
    let _ = stranger.inspect(&target, &[]).failed();
    let tool = Package::image("a tool for all", "amd64");
    let _ = skopeo
        .push(&tool, &format!("{}/apptool:1", stack.nginx.address))
        .succeeded();
    let everybodys = format!("{}/apptool", stack.nginx.address);
    appears(&stack, &everybodys).await;

    match Dockerd::try_start() {
        Ok(docker) => {
            let registry = &stack.nginx.address;
            let reference = format!("{registry}/alice/docker:1");
            let _ = docker.login(registry, "alice", "correct horse").succeeded();
            docker.load(&Package::docker_image("composed", "amd64"), &reference);
            let _ = docker.push(&reference).succeeded();
            let _ = docker.forget(&reference).succeeded();
            let _ = docker.pull(&reference).succeeded();

            // Its login is an identity token by now, for which it fetches a token to search with.
            let found = |term: &str| {
                let term = format!("{registry}/{term}");
                let arguments = ["search", "--format", "{{.Name}} {{.IsOfficial}}", &term];
                docker.docker(&arguments).succeeded().stdout
            };
            assert_eq!(found("app"), "apptool [OK]\nalice/app \n");
            let _ = docker.docker(&["logout", registry]).succeeded();
            assert_eq!(found("app"), "apptool [OK]\n");
            assert_eq!(found("nothing-like-it"), "");
        }
        Err(reason) => eprintln!("no docker daemon here: {reason}"),
    }
    let log = stack.portus.log();
    assert!(!log.contains("correct horse"), "{log}");
}

/// Waits until an event has told portus-rs of a public image, which podman then finds.
async fn appears(stack: &Stack, name: &str) {
    let podman = Podman::new();
    let term = format!("{}/app", stack.nginx.address);
    for _ in 0..100 {
        let found = podman.search(&term);
        if !found.is_empty() {
            assert_eq!(found, [format!("{name} [OK]")]);
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("podman never found {name}\n{}", stack.portus.log());
}

/// The registry starts with the compose file's environment alone.
#[test]
fn the_registry_understands_its_environment() {
    let nginx = Nginx::builder();
    let token = nginx.directory().join("certificates/token.crt");
    let mut registry = Registry::builder().without_configuration();
    for (name, value) in
        stack::environment(Path::new("docker-compose.yml"), "registry", "registry.test")
    {
        let value = value.replace("/etc/registry/token.crt", &token.to_string_lossy());
        if name != "REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY" {
            registry = registry.env(&name, &value);
        }
    }
    let registry = registry.start();
    assert_eq!(http::status(&registry.address, "/v2/"), Some(401));
    let log = registry.log();
    assert!(
        log.contains("https://registry.test/v2/webhooks/events"),
        "{log}"
    );
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

    let trusted = trust(&nginx);
    let skopeo = Skopeo::anonymous().trusting(trusted.path());
    let index = Package::index("through nginx", &["amd64", "arm64"]);
    let target = format!("{}/team/app:1", nginx.address);
    let _ = skopeo.push(&index, &target).succeeded();
    assert_eq!(skopeo.digest(&target), index.digest());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_tls_nginx_sends_searches_to_portus_rs_and_the_rest_to_the_registry() {
    let (portus, seen) = stand_in();
    let registry = Registry::builder().start();
    let nginx = Nginx::builder().start_insecure(&portus, &registry.address);
    let address = &nginx.plain_address;
    for path in ["/v1/_ping", "/v1/search?q=a%2Fb&n=25"] {
        assert_eq!(http::status(address, path), Some(418), "{path}");
        let request = seen
            .recv_timeout(Duration::from_secs(5))
            .expect("it arrived");
        let asked = path.to_lowercase();
        assert!(
            request.starts_with(&format!("get {asked} http/1.1")),
            "{request}"
        );
        assert!(request.contains(&format!("host: {address}")), "{request}");
    }
    let target = format!("{address}/team/app:1");
    let image = Package::image("plain", "amd64");
    let skopeo = Skopeo::anonymous();
    let _ = skopeo.push(&image, &target).succeeded();
    assert_eq!(skopeo.digest(&target), image.digest());
}

#[test]
fn nginx_sends_plain_http_over_to_tls() {
    let nginx = Nginx::builder().start("127.0.0.1:1", "127.0.0.1:1");
    assert_eq!(http::status(&nginx.plain_address, "/v2/"), Some(301));
}

/// A directory as skopeo and docker want it, with the CA.
fn trust(nginx: &Nginx) -> TempDir {
    let trusted = tempfile::tempdir().expect("make a directory");
    std::fs::copy(nginx.ca(), trusted.path().join("ca.crt")).expect("copy the CA");
    trusted
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
