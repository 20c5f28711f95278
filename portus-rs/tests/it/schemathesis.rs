//! The API against its own description, by a program that knows nothing else of it: schemathesis makes up requests and
//! judges the answers.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use reqwest::{Client, Method};
use sea_orm::ConnectionTrait as _;
use serde_json::{Value, json};

use crate::support::{
    images::Package,
    site::{PASSWORD, Site},
};

/// No server errors, and no status, type or body that the description does not have.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";

/// The ids of what is there to be found; those of the callers are far from them.
const SETTINGS: &str = r#"
[dictionaries.ids]
values = [1, 2, 3, 4, 5, 6, 7, 8]

[dictionaries.teams]
values = ["alpha", "beta", "gamma"]

[dictionaries.resources]
values = ["users", "teams", "tags"]

[dictionaries.roles]
values = ["viewer", "contributor", "owner"]

# Ids that it finds in answers may be the callers'.
[phases.coverage]
extra-data-sources = { responses = false }

[phases.fuzzing]
extra-data-sources = { responses = false }

[parameters]
"path.id" = { dictionary = "ids", probability = 0.7 }
"path.member_id" = { dictionary = "ids", probability = 0.7 }
"path.tag_id" = { dictionary = "ids", probability = 0.7 }
"path.comment_id" = { dictionary = "ids", probability = 0.7 }
"path.webhook_id" = { dictionary = "ids", probability = 0.7 }
"path.header_id" = { dictionary = "ids", probability = 0.7 }
"path.delivery_id" = { dictionary = "ids", probability = 0.7 }
"path.bot_id" = { dictionary = "ids", probability = 0.7 }
"path.resource" = { dictionary = "resources", probability = 0.7 }
"body.team" = { dictionary = "teams", probability = 0.5 }
"body.role" = { dictionary = "roles", probability = 0.5 }
"#;

/// Where `make test` puts a program of `PyPI`.
fn program(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let program = root.join("target/tools/schemathesis/bin").join(name);
    assert!(
        program.exists(),
        "{name} is missing at {}: run `make install`, which takes it from PyPI",
        program.display()
    );
    program
}

/// Some of everything, and two callers: an admin and somebody who owns a team.
async fn populated() -> (Site, String, String) {
    let site = Site::start().await;
    let first = site.user("first").await;
    for name in ["second", "third"] {
        site.user(name).await;
    }
    let mut teams = Vec::new();
    for (name, visibility) in [
        ("alpha", "private"),
        ("beta", "protected"),
        ("gamma", "public"),
    ] {
        teams.push(site.team(name, first).await);
        site.namespace(&format!("{name}-images"), name, visibility)
            .await;
    }
    let image = Package::image("schemathesis", "amd64");
    for (name, tag) in [
        ("alpha-images/app", "1"),
        ("beta-images/app", "1"),
        ("gamma-images/app", "2"),
    ] {
        let target = site.image(&format!("{name}:{tag}"));
        let _ = site.skopeo("first").push(&image, &target).succeeded();
        site.soon(name, tag, |_| true).await;
    }
    for repository in 1..=3 {
        let path = format!("/api/v1/repositories/{repository}/comments");
        site.post(&path, json!({"comment": {"body": "Hello"}}))
            .await;
    }
    // What is made up hits small numbers; nobody is to revoke the callers' own tokens and sessions by chance.
    let connection = site.look().await;
    for statement in [
        "UPDATE sqlite_sequence SET seq = 700000 WHERE name IN ('users', 'application_tokens')",
        // Nobody has signed in yet.
        "INSERT INTO sqlite_sequence (name, seq) VALUES ('sessions', 700000)",
    ] {
        connection.execute_unprepared(statement).await.unwrap();
    }
    connection.close().await.unwrap();
    let mut callers = Vec::new();
    for name in ["walker", "worker"] {
        let id = site.user(name).await;
        assert!(id > 700_000, "{id}");
        callers.push(format!("{name}:{}", site.token(id).await));
    }
    site.member(teams[1], "worker", "owner").await;
    let made = site.portus.cli(&["portus:make_admin[walker]"]);
    let _ = made.exits(0);
    let worker = callers.pop().unwrap();
    (site, callers.pop().unwrap(), worker)
}

/// Runs it as one caller, bounded in time, and gives back what it says when it finds something.
///
/// A caller who may sign out by chance is not let: what it would meet after that is nothing but refusals.
fn complaints(site: &Site, headers: &[String], seconds: u32) -> Option<String> {
    let directory = tempfile::tempdir().unwrap();
    let settings = directory.path().join("schemathesis.toml");
    std::fs::write(&settings, SETTINGS).unwrap();
    let ran = Command::new(program("schemathesis"))
        .arg("--config-file")
        .arg(&settings)
        .args(["run", "--no-color", "--continue-on-failure"])
        .args(["--checks", CHECKS])
        .args(["--phases", "coverage,fuzzing"])
        .args(["--seed", "20200325", "--max-time", &seconds.to_string()])
        .args(["--generation-database", "none"])
        .args(["--suppress-health-check", "all", "--warnings", "off"])
        .args(["--url", &site.portus.url()])
        .args(headers.iter().flat_map(|it| ["--header", it]))
        .args(left_alone(headers))
        .arg(format!("{}/api/openapi-spec", site.portus.url()))
        .current_dir(directory.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stdout).into_owned();
    assert!(
        said.contains("Test cases:"),
        "it tested nothing: {said}\n{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    (!ran.status.success()).then_some(said)
}

/// What schemathesis is to leave alone: the addresses at which such a caller becomes nobody.
fn left_alone(headers: &[String]) -> &'static [&'static str] {
    if headers.iter().any(|it| it.starts_with("Cookie: ")) {
        &["--exclude-path-regex", "/v1/sessions?$|/users/sign_out$"]
    } else {
        &[]
    }
}

/// The status that the caller is given where it may look.
async fn greeted(site: &Site, headers: &[String]) -> u16 {
    let mut request = site
        .http
        .request(Method::GET, format!("{}/api/version", site.portus.url()));
    for header in headers {
        let (name, value) = header.split_once(": ").unwrap();
        request = request.header(name, value);
    }
    request.send().await.unwrap().status().as_u16()
}

/// The headers of a browser in which somebody has signed in.
async fn signed_in(site: &Site, name: &str) -> Vec<String> {
    let body = json!({"user": {"username": name, "password": PASSWORD}});
    let url = format!("{}/api/v1/session", site.portus.url());
    let answer = site.http.post(url).json(&body).send().await.unwrap();
    assert_eq!(answer.status(), 201);
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    let cookie = cookie.split(';').next().unwrap();
    let body: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    let token = body["csrf_token"].as_str().unwrap();
    vec![
        format!("Cookie: {cookie}"),
        format!("X-CSRF-Token: {token}"),
    ]
}

/// As the OpenAPI Initiative's own schemas have it.
#[tokio::test(flavor = "multi_thread")]
async fn the_description_is_valid_openapi_3_1() {
    let site = Site::start().await;
    let document = site.get("/api/openapi-spec").await;
    assert_eq!(document["openapi"], "3.1.0");
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("openapi.json");
    let validate = |document: &Value| {
        std::fs::write(&file, document.to_string()).unwrap();
        Command::new(program("openapi-spec-validator"))
            .args(["--schema", "3.1", "--errors", "all"])
            .arg(&file)
            .output()
            .unwrap()
    };
    let judged = validate(&document);
    let said = String::from_utf8_lossy(&judged.stdout).into_owned();
    assert!(judged.status.success(), "{said}");
    // It would tell.
    let mut broken = document;
    broken["paths"]["/api/v1/teams"]["get"]["responses"]["200"] = json!({"content": 7});
    assert!(!validate(&broken).status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn made_up_requests_find_no_server_error_and_nothing_undocumented() {
    let (site, admin, worker) = populated().await;
    let token = |caller: &str| vec![format!("Portus-Auth: {caller}")];
    let session = signed_in(&site, "worker").await;
    // The browser first: with a token, too, one may end all sessions of the account.
    for (caller, headers, seconds) in [
        ("a browser", session, 30),
        ("somebody", token(&worker), 35),
        ("an admin", token(&admin), 40),
    ] {
        if let Some(said) = complaints(&site, &headers, seconds) {
            panic!("as {caller}:\n{said}\n{}", site.portus.log());
        }
        assert_eq!(
            greeted(&site, &headers).await,
            200,
            "{caller} is still known, so that it tested what callers meet"
        );
    }
    assert!(
        !site.portus.log().contains("panicked"),
        "{}",
        site.portus.log()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documentation_page_is_complete_and_asks_no_other_host() {
    let site = Site::start().await;
    let get = |path: String| {
        let request = site.http.get(format!("{}{path}", site.portus.url()));
        async move { request.send().await.unwrap() }
    };
    let page = get("/documentation".to_owned()).await;
    assert_eq!(page.status(), 200);
    let policy = page.headers()["content-security-policy"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    assert!(
        !policy.contains("unsafe") && !policy.contains("http"),
        "{policy}"
    );
    let text = page.text().await.unwrap();
    let named: Vec<String> = text
        .split(['"', '\''])
        .filter(|it| it.starts_with('/'))
        .map(str::to_owned)
        .collect();
    assert!(named.len() >= 5, "{named:?}");
    for path in named {
        assert_eq!(get(path.clone()).await.status(), 200, "{path}");
    }
    let script = "/assets/vendor/swagger-ui-bundle.js";
    let bare = Client::builder().no_proxy().no_gzip().build().unwrap();
    let url = format!("{}{script}", site.portus.url());
    let plain = bare.get(&url).send().await.unwrap();
    assert!(
        plain
            .headers()
            .get("content-encoding")
            .is_none_or(|it| it == "identity")
    );
    let tag = plain.headers()["etag"].clone();
    let plain = plain.bytes().await.unwrap();
    assert!(plain.starts_with(b"/*!"));
    let packed = bare
        .get(&url)
        .header("accept-encoding", "gzip")
        .send()
        .await
        .unwrap();
    assert_eq!(packed.headers()["content-encoding"], "gzip");
    assert_eq!(packed.headers()["etag"], tag);
    assert!(packed.bytes().await.unwrap().len() * 3 < plain.len());
}

/// Every operation that the description has may be asked for; made up requests alone would not tell.
#[tokio::test(flavor = "multi_thread")]
async fn every_operation_of_the_description_is_served_by_the_program() {
    let site = Site::start().await;
    let document = site.get("/api/openapi-spec").await;
    let paths = document["paths"].as_object().unwrap();
    for (path, methods) in paths {
        for (method, operation) in methods.as_object().unwrap() {
            let gated = operation["security"][0] == json!({"token": []});
            if !gated {
                continue;
            }
            let filled: Vec<String> = path
                .split('/')
                .map(|part| match part.split_once('}') {
                    Some((_, suffix)) => format!("1{suffix}"),
                    None => part.to_owned(),
                })
                .collect();
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let url = format!("{}{}", site.portus.url(), filled.join("/"));
            let answer = site.http.request(method.clone(), url).send().await.unwrap();
            assert_eq!(answer.status(), 401, "{method} {path} without credentials");
            let body: Value = answer.json().await.unwrap();
            let of_pages = operation["tags"][0] == "pages";
            let said = if of_pages {
                json!({"error": "You need to sign in or sign up before continuing."})
            } else {
                json!({"message": "Authentication fails"})
            };
            assert_eq!(body, said, "{method} {path}");
        }
    }
}
