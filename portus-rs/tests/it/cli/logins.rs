//! `logins`: where somebody is signed in, and ending it from the shell.

use std::time::Duration;

use portus_rs::identity::throttle;
use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::support::{
    site::{PASSWORD, Site, good},
    wait::eventually,
};

/// Logs docker in; what it keeps.
async fn docker(site: &Site, name: &str) -> String {
    let url = format!("{}/v2/token", site.portus.url());
    let form = [
        ("grant_type", "password"),
        ("username", name),
        ("password", PASSWORD),
        ("access_type", "offline"),
        ("client_id", "docker"),
        ("service", &site.service()),
    ];
    let answer = site.http.post(url).form(&form).send().await.unwrap();
    let answer: Value = answer.json().await.unwrap();
    answer["refresh_token"].as_str().unwrap().to_owned()
}

async fn refresh(site: &Site, token: &str) -> StatusCode {
    let url = format!("{}/v2/token", site.portus.url());
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", token),
        ("service", &site.service()),
    ];
    let answer = site.http.post(url).form(&form).send().await.unwrap();
    answer.status()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logins_are_listed_and_ended_from_the_shell() {
    let site = Site::start().await;
    site.user("alice").await;
    let none = site.portus.cli(&["logins", "list", "alice"]).exits(0);
    assert_eq!(none.stdout, "alice is logged in nowhere.\n");
    let (first, second) = (docker(&site, "alice").await, docker(&site, "alice").await);
    let listed = site
        .portus
        .cli(&["logins", "list", "alice", "--json"])
        .exits(0);
    let lines: Vec<Value> = listed
        .stdout
        .lines()
        .map(|it| serde_json::from_str(it).unwrap())
        .collect();
    assert_eq!(lines.len(), 2, "{}", listed.stdout);
    assert_eq!(
        (&lines[0]["kind"], &lines[0]["client"]),
        (&"docker".into(), &"docker".into())
    );
    let id = lines.iter().map(|it| it["id"].as_i64().unwrap()).min();
    let id = id.unwrap().to_string();
    let told = site.portus.cli(&["logins", "list", "alice"]).exits(0);
    assert!(
        told.stdout.contains(&format!("docker {id}  last used ")),
        "{}",
        told.stdout
    );

    site.user("bob").await;
    let foreign = site
        .portus
        .cli(&["logins", "end", "bob", "--docker", &id])
        .exits(1);
    assert!(
        foreign
            .stderr
            .contains(&format!("bob has no docker login {id}")),
        "{}",
        foreign.stderr
    );
    // All of what was named, or nothing.
    let half = site
        .portus
        .cli(&[
            "logins", "end", "alice", "--docker", &id, "--docker", "4711",
        ])
        .exits(1);
    assert_eq!(half.stdout, "");
    assert!(
        half.stderr
            .contains("alice has no docker login 4711, and nothing was ended"),
        "{}",
        half.stderr
    );
    assert_eq!(refresh(&site, &first).await, StatusCode::OK);
    let ended = site
        .portus
        .cli(&["logins", "end", "alice", "--docker", &id])
        .exits(0);
    assert_eq!(ended.stdout, format!("Ended: docker {id}.\n"));
    assert_eq!(refresh(&site, &first).await, StatusCode::UNAUTHORIZED);
    assert_eq!(refresh(&site, &second).await, StatusCode::OK);
    let rest = site
        .portus
        .cli(&["logins", "end", "alice", "--all"])
        .exits(0);
    assert_eq!(rest.stdout, "Ended: 0 in browsers, 1 of docker.\n");
    assert_eq!(refresh(&site, &second).await, StatusCode::UNAUTHORIZED);

    let nothing = site
        .portus
        .cli(&["logins", "drop-second-factor", "alice"])
        .exits(1);
    assert!(
        nothing.stderr.contains("alice has no second factor"),
        "{}",
        nothing.stderr
    );
    let nobody = site.portus.cli(&["logins", "list", "nobody"]).exits(1);
    assert!(
        nobody.stderr.contains("there is no user 'nobody'"),
        "{}",
        nobody.stderr
    );
    let _ = site.portus.cli(&["logins", "end", "alice"]).exits(1);
}

/// What a login with a password is answered with.
async fn knock(site: &Site, name: &str, password: &str) -> StatusCode {
    let url = format!("{}/v2/token?service={}", site.portus.url(), site.service());
    let asked = site.http.get(url).basic_auth(name, Some(password));
    asked.send().await.unwrap().status()
}

async fn guess(site: &Site, name: &str, round: &str) {
    for guess in 0..throttle::MOST {
        let wrong = format!("{round} {guess}");
        assert_eq!(knock(site, name, &wrong).await, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(
        knock(site, name, PASSWORD).await,
        StatusCode::UNAUTHORIZED,
        "held back"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_held_back_is_let_in_again_by_api_and_from_the_shell() {
    let site = Site::start().await;
    let alice = site.user("alice").await;
    let lock = format!("/api/v1/users/{alice}/lock");
    guess(&site, "alice", "first").await;
    let mallory = site.user("mallory").await;
    let foreign = format!("mallory:{}", site.token(mallory).await);
    let refused = site
        .http
        .delete(format!("{}{lock}", site.portus.url()))
        .header("Portus-Auth", foreign);
    assert_eq!(
        refused.send().await.unwrap().status(),
        StatusCode::FORBIDDEN
    );
    let done = good(site.api(Method::DELETE, &lock, None).await).await;
    assert_eq!(done["username"], "alice");
    assert_eq!(knock(&site, "alice", PASSWORD).await, StatusCode::OK);

    guess(&site, "alice", "second").await;
    let told = site.portus.cli(&["logins", "unlock", "alice"]).exits(0);
    assert_eq!(
        told.stdout,
        "alice may try again from everywhere, within 5 seconds at each process.\n"
    );
    eventually(
        "the service has heard of it",
        Duration::from_secs(20),
        || async { knock(&site, "alice", PASSWORD).await == StatusCode::OK },
    )
    .await;
    let again = site.portus.cli(&["logins", "unlock", "alice"]).exits(0);
    assert_eq!(again.stdout, "alice was not held back.\n");
    let told = "activities WHERE activities.key = 'user:unlock'";
    assert_eq!(site.count(told).await, 2);
}
