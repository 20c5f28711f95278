//! The API's own description, against what the API does.

use std::{collections::BTreeSet, path::Path};

use actix_web::http::Method;
use serde_json::{Map, Value, json};

use super::support::{Caller, TestApp};
use crate::house::files;

async fn document(app: &TestApp) -> Value {
    app.get(&Caller::NOBODY, "/api/openapi-spec")
        .await
        .is(200)
        .json()
}

/// Path, method and description of every operation.
fn operations(document: &Value) -> Vec<(&str, &str, &Value)> {
    let paths = document["paths"].as_object().expect("paths");
    let mut all = Vec::new();
    for (path, methods) in paths {
        for (method, operation) in methods.as_object().expect("methods") {
            all.push((path.as_str(), method.as_str(), operation));
        }
    }
    all
}

/// The path with something in place of every name.
fn filled(path: &str) -> String {
    path.split('/')
        .map(|part| if part.starts_with('{') { "1" } else { part })
        .collect::<Vec<_>>()
        .join("/")
}

fn is_of_the_api(path: &str) -> bool {
    path.starts_with("/api/")
}

#[actix_web::test]
async fn the_document_lists_every_path_with_its_methods_and_statuses() {
    let app = TestApp::new().await;
    let document = document(&app).await;
    let lines = operations(&document)
        .into_iter()
        .map(|(path, method, operation)| {
            let statuses: Vec<_> = operation["responses"]
                .as_object()
                .expect("responses")
                .keys()
                .map(String::as_str)
                .collect();
            let ours = if operation["x-portus-rs"] == json!(true) {
                " (ours)"
            } else {
                ""
            };
            format!(
                "{} {path}{ours}: {}",
                method.to_uppercase(),
                statuses.join(" ")
            )
        })
        .collect::<Vec<_>>();
    insta::assert_snapshot!(lines.join("\n"));
}

#[actix_web::test]
async fn the_methods_that_options_tells_are_those_of_the_document() {
    let app = TestApp::new().await;
    let document = document(&app).await;
    let paths = document["paths"].as_object().expect("paths");
    for (path, methods) in paths.iter().filter(|(path, _)| is_of_the_api(path)) {
        let answer = app
            .send(&Caller::NOBODY, Method::OPTIONS, &filled(path), None)
            .await;
        let allowed: BTreeSet<String> = answer
            .is(204)
            .header("allow")
            .expect("Allow")
            .split(", ")
            .map(str::to_lowercase)
            .collect();
        for method in methods.as_object().expect("methods").keys() {
            assert!(allowed.contains(method), "{method} {path}: {allowed:?}");
        }
        // What stands behind a name in braces may be a path of its own, with other methods.
        if !path.contains('{') {
            let beside = ["options", "head"];
            let told = allowed.iter().filter(|it| !beside.contains(&it.as_str()));
            let described = methods.as_object().expect("methods").keys();
            assert_eq!(told.collect::<Vec<_>>(), described.collect::<Vec<_>>());
        }
    }
}

/// The keys that a 400 for `{}` has to have, from the schema of a body.
fn required(document: &Value, operation: &Value) -> BTreeSet<String> {
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    let schema = schema["$ref"]
        .as_str()
        .and_then(|it| document.pointer(it.trim_start_matches('#')))
        .unwrap_or(schema);
    let mut keys = BTreeSet::new();
    for name in names(schema) {
        let inside = &schema["properties"][&name];
        for member in names(inside) {
            keys.insert(json!([format!("{name}[{member}]")]).to_string());
        }
        keys.insert(json!([name]).to_string());
    }
    keys
}

fn names(schema: &Value) -> Vec<String> {
    let listed = schema["required"].as_array().cloned().unwrap_or_default();
    listed
        .iter()
        .filter_map(|name| name.as_str().map(str::to_owned))
        .collect()
}

#[actix_web::test]
async fn an_empty_object_is_refused_for_exactly_the_parameters_documented_as_required() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    let document = document(&app).await;
    let mut seen = 0;
    for (path, method, operation) in operations(&document) {
        if !is_of_the_api(path) || !matches!(method, "post" | "put") {
            continue;
        }
        let verb = Method::from_bytes(method.to_uppercase().as_bytes()).expect("a method");
        let answer = app.send(&admin, verb, &filled(path), Some(json!({}))).await;
        let required = required(&document, operation);
        if required.is_empty() {
            assert_ne!(answer.status, 400, "{method} {path}: {}", answer.text);
            continue;
        }
        seen += 1;
        let message = answer.is(400).message();
        let told: Map<String, Value> = message.as_object().cloned().unwrap_or_default();
        let told: BTreeSet<String> = told.keys().cloned().collect();
        assert_eq!(told, required, "{method} {path}");
    }
    assert!(seen > 8, "{seen}");
}

#[actix_web::test]
async fn the_document_can_be_limited_to_one_resource() {
    let app = TestApp::new().await;
    let answer = app.get(&Caller::NOBODY, "/api/openapi-spec/teams").await;
    let part = answer.is(200).json();
    assert_eq!(part["openapi"], json!("3.1.0"));
    let all = operations(&part);
    assert!(all.len() > 3);
    for (path, _, operation) in all {
        assert_eq!(operation["tags"], json!(["teams"]), "{path}");
    }
    let unknown = app.get(&Caller::NOBODY, "/api/openapi-spec/whales").await;
    assert_eq!(unknown.is(404).message(), json!("Not found"));
}

#[actix_web::test]
async fn the_document_says_where_the_api_is_and_how_to_authenticate() {
    let app = TestApp::new().await;
    let document = document(&app).await;
    assert_eq!(
        document["servers"],
        json!([{"url": "https://portus.example.org"}])
    );
    let token = &document["components"]["securitySchemes"]["token"];
    assert_eq!(token["name"], json!("Portus-Auth"));
    assert_eq!(
        document["paths"]["/api/v1/health"]["get"]["security"],
        json!([])
    );
    assert_eq!(
        document["paths"]["/api/v1/teams"]["get"]["security"],
        json!([{"token": []}, {"session": []}])
    );
}

#[actix_web::test]
async fn fields_that_may_be_null_are_documented_as_always_there() {
    let app = TestApp::new().await;
    let document = document(&app).await;
    let team = &document["components"]["schemas"]["Team"];
    assert!(names(team).contains(&"description".to_owned()), "{team}");
    assert_eq!(
        team["properties"]["description"]["type"],
        json!(["string", "null"])
    );
}

/// Method and path of each route that a file of a door declares.
fn declared(text: &str) -> Vec<(String, String)> {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let mut found = Vec::new();
    for method in ["get", "post", "put", "delete", "route"] {
        for (at, _) in code.match_indices(&format!("{method}(\"/")) {
            // Not the end of another word.
            if code[..at].ends_with(|it: char| it.is_alphanumeric() || it == '_') {
                continue;
            }
            let rest = &code[at + method.len() + 2..];
            let (path, rest) = rest.split_once('"').expect("the end of a path");
            let method = if method == "route" {
                let named = rest
                    .split("method = \"")
                    .nth(1)
                    .and_then(|it| it.split('"').next());
                named.expect("a method").to_lowercase()
            } else {
                method.to_owned()
            };
            found.push((method, path.to_owned()));
        }
    }
    found
}

/// The API is documented by being mounted. What other doors answer with something else than pages is in the document too.
#[actix_web::test]
async fn every_route_that_is_no_page_is_in_the_document() {
    let app = TestApp::new().await;
    let document = document(&app).await;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web");
    let mut seen = Vec::new();
    for door in ["registry", "pages"] {
        for file in files(&root.join(door), "rs") {
            let text = std::fs::read_to_string(&file).expect("a source");
            let answers_programs = door == "registry" || text.contains(".json(");
            for (method, path) in declared(&text) {
                let form = method == "get" && door == "pages";
                let path = path.trim_end_matches(".json");
                let at = if path == "/.well-known/jwks" {
                    "/.well-known/jwks.json"
                } else {
                    path
                };
                let described = !document["paths"][at][&method].is_null();
                if described {
                    seen.push(format!("{method} {at}"));
                }
                assert!(
                    described || !answers_programs || form,
                    "{method} {at} of {file:?} is not in the document: describe it in web/api/described.rs"
                );
            }
        }
    }
    for known in [
        "get /v2/token",
        "post /v2/token",
        "post /v2/webhooks/events",
        "get /v1/search",
        "get /.well-known/jwks.json",
        "post /users/sign_in",
        "delete /users/sign_out",
    ] {
        assert!(
            seen.iter().any(|it| it == known),
            "{known} is not found among {seen:?}"
        );
    }
}
