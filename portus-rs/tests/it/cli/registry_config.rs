//! `registry-config` and `explain`.

use serde_json::Value;

use super::with_registry;
use crate::support::portus::Portus;

#[test]
fn the_stanza_names_realm_service_issuer_and_certificate() {
    let mut portus = with_registry();
    portus.set("PORTUS_MACHINE_FQDN_VALUE", "portus.example.com");
    let bundle = portus.data_directory().join("for-the-registry.crt");
    let path = bundle.to_string_lossy();
    let ran = portus.cli(&["registry-config", "--bundle", &path]).exits(0);
    let stanza: Value = serde_yaml::from_str(&ran.stdout).expect("it is YAML");
    let token = &stanza["auth"]["token"];
    assert_eq!(token["realm"], "https://portus.example.com/v2/token");
    assert_eq!(token["service"], "127.0.0.1:1");
    assert_eq!(token["issuer"], "portus.example.com");
    assert_eq!(token["rootcertbundle"], path.as_ref());
    let endpoint = &stanza["notifications"]["endpoints"][0];
    assert_eq!(
        endpoint["url"],
        "https://portus.example.com/v2/webhooks/events"
    );
    let header = endpoint["headers"]["Authorization"][0].as_str();
    assert!(
        header.is_some_and(|it| it.starts_with("Bearer prs_e_")),
        "{header:?}"
    );
    let certificate = portus.cli(&["registry-config", "--certificate"]).exits(0);
    let written = std::fs::read_to_string(&bundle).expect("it was written");
    assert_eq!(certificate.stdout.trim(), written.trim());
}

#[test]
fn a_secret_is_shown_once_and_made_anew_only_when_asked() {
    let portus = with_registry();
    let secret = |words: &[&str]| {
        let ran = portus.cli(words).exits(0);
        let stanza: Value = serde_yaml::from_str(&ran.stdout).expect("it is YAML");
        let header = &stanza["notifications"]["endpoints"][0]["headers"]["Authorization"][0];
        header.as_str().expect("a text").to_owned()
    };
    let first = secret(&["registry-config"]);
    let second = secret(&["registry-config"]);
    assert!(second.contains('<'), "{second}");
    let third = secret(&[
        "registry-config",
        "--hostname",
        "127.0.0.1:1",
        "--new-secret",
    ]);
    assert!(third.starts_with("Bearer prs_e_"), "{third}");
    assert_ne!(first, third);
}

#[test]
fn a_registry_without_a_row_gets_a_stanza_without_a_secret() {
    let portus = Portus::builder().idle();
    let none = portus.cli(&["registry-config"]).exits(1);
    assert!(
        none.stderr.contains("portus:create_registry"),
        "{}",
        none.stderr
    );
    let words = [
        "registry-config",
        "--hostname",
        "registry.test:5000",
        "--url",
        "https://p.test/sub/",
    ];
    let ran = portus.cli(&words).exits(0);
    let stanza: Value = serde_yaml::from_str(&ran.stdout).expect("it is YAML");
    assert_eq!(stanza["auth"]["token"]["service"], "registry.test:5000");
    assert_eq!(
        stanza["auth"]["token"]["realm"],
        "https://p.test/sub/v2/token"
    );
    assert!(
        stanza["notifications"]["endpoints"][0]
            .get("headers")
            .is_none()
    );
    let secret = portus
        .cli(&[
            "registry-config",
            "--hostname",
            "registry.test:5000",
            "--new-secret",
        ])
        .exits(1);
    assert!(
        secret.stderr.contains("portus:create_registry"),
        "{}",
        secret.stderr
    );
}

#[test]
fn variables_can_be_read_by_a_shell() {
    let portus = with_registry();
    let program = env!("CARGO_BIN_EXE_portus-rs");
    let script = format!(
        "eval \"$('{program}' registry-config --env=shell)\"; printf %s \"$REGISTRY_NOTIFICATIONS_ENDPOINTS\""
    );
    let ran = portus
        .cli_as(std::path::Path::new("/bin/sh"), &["-c", &script], "")
        .exits(0);
    let endpoints: Value = serde_yaml::from_str(&ran.stdout).expect("it is YAML");
    assert_eq!(endpoints[0]["name"], "portus");
}

#[test]
fn a_decision_is_explained_with_its_rule_and_what_would_change_it() {
    let portus = with_registry();
    let _ = portus
        .cli(&["portus:create_user[alice,alice@example.com,12341234,false]"])
        .exits(0);
    let denied = portus
        .cli(&["explain", "-", "repository:alice/app:pull,push"])
        .exits(0)
        .stdout;
    assert!(
        denied.starts_with("somebody who has not logged in at 127.0.0.1:1:\n"),
        "{denied}"
    );
    assert_eq!(denied.matches("may not").count(), 2, "{denied}");
    assert!(denied.contains("to change that:"), "{denied}");
    let json = portus
        .cli(&[
            "explain",
            "--json",
            "alice",
            "repository:alice/app:pull,delete",
            "repository:nobody/x:pull",
        ])
        .exits(0)
        .stdout;
    let json: Value = serde_json::from_str(&json).expect("it is JSON");
    let granted: Vec<_> = json["decisions"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|decision| (decision["action"].as_str(), decision["granted"].as_bool()))
        .collect();
    assert_eq!(
        granted,
        [
            (Some("pull"), Some(true)),
            (Some("delete"), Some(true)),
            (Some("pull"), Some(false)),
        ]
    );
    assert_eq!(json["decisions"][2]["rule"], "unknown_namespace");
    let _ = portus
        .cli(&["explain", "nobody", "repository:x:pull"])
        .exits(1);
    let unknown = portus
        .cli(&[
            "explain",
            "alice",
            "repository:x:pull",
            "--service",
            "elsewhere",
        ])
        .exits(0)
        .stdout;
    assert!(unknown.contains("known: 127.0.0.1:1"), "{unknown}");
}
