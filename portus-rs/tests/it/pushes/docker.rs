//! docker, which logs in once and then lives on the refresh token it was given.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    dockerd::Dockerd,
    images::{DOCKER_MANIFEST, Package},
    site::{PASSWORD, Site},
};

fn login(docker: &Dockerd) -> Value {
    let file = docker.client_directory().join("config.json");
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn docker_keeps_no_password_pushes_and_is_refused_once_the_account_is_gone() {
    let docker = match Dockerd::try_start() {
        Ok(docker) => docker,
        Err(reason) => {
            eprintln!("no docker daemon here: {reason}");
            return;
        }
    };
    let site = Site::start().await;
    let alice = site.user("alice").await;
    let registry = &site.registry.address;

    let wrong = docker.login(registry, "alice", "wrong horse").failed();
    assert!(wrong.stderr.contains("unauthorized"), "{}", wrong.stderr);
    let _ = docker.login(registry, "alice", PASSWORD).succeeded();
    let kept = login(&docker);
    let entry = &kept["auths"][registry];
    assert!(entry["identitytoken"].is_string(), "{kept}");
    // `auth` holds the name alone, if it is there.
    let auth = entry["auth"].as_str().unwrap_or_default();
    let auth = STANDARD.decode(auth).unwrap();
    assert!(
        !String::from_utf8_lossy(&auth).contains(PASSWORD),
        "docker keeps the password"
    );
    assert!(!kept.to_string().contains(PASSWORD));

    let reference = site.image("alice/app:1");
    docker.load(&Package::docker_image("docker", "amd64"), &reference);
    let _ = docker.push(&reference).succeeded();
    let row = site
        .soon("alice/app", "1", |row| {
            row["platforms"] == json!(["linux/amd64"])
        })
        .await;
    assert_eq!(row["author"]["name"], json!("alice"), "{row}");
    assert_eq!(row["media_type"], json!(DOCKER_MANIFEST), "{row}");
    let _ = docker.forget(&reference).succeeded();
    let _ = docker.pull(&reference).succeeded();

    let other = site.image("root/app:1");
    let _ = docker.docker(&["tag", &reference, &other]).succeeded();
    let denied = docker.push(&other).failed();
    assert!(denied.stderr.contains("denied"), "{}", denied.stderr);

    let path = format!("/api/v1/users/{alice}");
    let gone = site.api(Method::DELETE, &path, None).await;
    assert_eq!(gone.status(), 204);
    let refused = docker.push(&reference).failed();
    let text = refused.stderr + &refused.stdout;
    assert!(
        text.contains("unauthorized") || text.contains("denied"),
        "{text}"
    );
    assert!(!text.contains('<'), "no page, a sentence: {text}");
    let again = docker.login(registry, "alice", PASSWORD).failed();
    assert!(again.stderr.contains("unauthorized"), "{}", again.stderr);
    let log = site.portus.log();
    assert!(!log.contains(PASSWORD), "{log}");
}
