//! The requests that portusctl 0.1.0 sends, and what it reads from the answers: a JSON content type on everything, every
//! value a JSON string, an object around the values of users only.
//!
//! From answers of 500 and more it prints the text `error` with its first letter in capitals. Neither Portus nor we have
//! one beside the components of `health`, where scripts expect components alone; of no text at all it makes U+FFFD. That is
//! its own fault, and stays.

use actix_web::{http::Method, test::TestRequest};
use serde_json::{Map, Value, json};

use crate::{
    api::support::{Answer, Caller, TestApp},
    support::fake_registry::FakeRegistry,
};

/// What the client makes of a field: it stops at a value of another kind, and reads null and absence as nothing.
#[derive(Clone, Copy)]
enum Kind {
    Number,
    Text,
    Truth,
    /// An object with a number `id` and a text `name`.
    Named,
}
use Kind::{Named, Number, Text, Truth};

type Fields = &'static [(&'static str, Kind)];

const USER: Fields = &[
    ("id", Number),
    ("username", Text),
    ("email", Text),
    ("admin", Truth),
    ("namespace_id", Number),
    ("display_name", Text),
];
const APPLICATION_TOKEN: Fields = &[("id", Number), ("application", Text)];
const PLAIN_TOKEN: Fields = &[("plain_token", Text)];
const TEAM: Fields = &[("id", Number), ("name", Text), ("hidden", Truth)];
const NAMESPACE: Fields = &[
    ("id", Number),
    ("name", Text),
    ("description", Text),
    ("team", Named),
    ("visibility", Text),
    ("global", Truth),
];
const REPOSITORY: Fields = &[
    ("id", Number),
    ("name", Text),
    ("full_name", Text),
    ("namespace", Named),
    ("stars", Number),
    ("tags_count", Number),
];
const TAG: Fields = &[
    ("id", Number),
    ("name", Text),
    ("author", Named),
    ("digest", Text),
    ("image_id", Text),
];
const REGISTRY: Fields = &[
    ("id", Number),
    ("name", Text),
    ("hostname", Text),
    ("external_hostname", Text),
    ("use_ssl", Truth),
];

/// Fails where the client could not read the object. `id` and names must be there.
#[track_caller]
fn readable(object: &Value, fields: Fields) {
    assert!(object.is_object(), "{object}");
    for (name, kind) in fields {
        let value = &object[*name];
        let fits = match kind {
            Number => value.is_i64(),
            Text => value.is_string(),
            Truth => value.is_boolean(),
            Named => value["id"].is_i64() && value["name"].is_string(),
        };
        let may_lack = [
            "description",
            "display_name",
            "external_hostname",
            "namespace_id",
        ];
        let lacks = value.is_null() && may_lack.contains(name);
        assert!(fits || lacks, "{name} of {object}");
    }
}

/// The client, as somebody.
struct Ctl<'a> {
    app: &'a TestApp,
    auth: String,
}

impl<'a> Ctl<'a> {
    fn new(app: &'a TestApp, who: &Caller) -> Self {
        Self {
            app,
            auth: who.auth.clone().expect("a token"),
        }
    }

    async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let request = TestRequest::with_uri(&format!("/api/v1/{path}"))
            .method(method)
            .insert_header(("Content-Type", "application/json"))
            .insert_header(("PORTUS-AUTH", self.auth.as_str()))
            .insert_header(("User-Agent", "Go-http-client/1.1"))
            .insert_header(("Accept-Encoding", "gzip"))
            .set_payload(body.map(|it| it.to_string()).unwrap_or_default());
        self.app.call(request).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    /// `portusctl get`: one object for an odd number of arguments, else a list.
    async fn reads(&self, path: &str, fields: Fields) -> Vec<Value> {
        let body = self.get(path).await.is(200).json();
        let objects = match body {
            Value::Array(objects) => objects,
            object => vec![object],
        };
        for object in &objects {
            readable(object, fields);
        }
        objects
    }

    /// `portusctl create`.
    async fn create(&self, path: &str, bundler: Option<&str>, values: &[(&str, &str)]) -> Answer {
        self.send(Method::POST, path, Some(bundled(bundler, values)))
            .await
    }

    async fn update(&self, path: &str, bundler: Option<&str>, values: &[(&str, &str)]) -> Answer {
        self.send(Method::PUT, path, Some(bundled(bundler, values)))
            .await
    }
}

fn bundled(bundler: Option<&str>, values: &[(&str, &str)]) -> Value {
    let values: Map<String, Value> = values
        .iter()
        .map(|(name, value)| ((*name).to_owned(), json!(value)))
        .collect();
    match bundler {
        Some(bundler) => json!({ bundler: values }),
        None => Value::Object(values),
    }
}

/// What it prints of a refusal: lines of `field: text` for 422, else one text. Anything else prints nothing.
#[track_caller]
fn printed(answer: &Answer) -> Vec<String> {
    match answer.status.as_u16() {
        422 => {
            let message = answer.message();
            let fields = message
                .as_object()
                .expect("an object, or it prints nothing");
            let mut lines = Vec::new();
            for (field, texts) in fields {
                for text in texts.as_array().expect("a list of texts") {
                    lines.push(format!("{field}: {}", text.as_str().expect("a text")));
                }
            }
            lines.sort();
            lines
        }
        400 | 401 | 403 | 405 => vec![answer.message().as_str().expect("a text").to_owned()],
        404 => vec!["Resource not found".to_owned()],
        other => panic!("{other}: {}", answer.text),
    }
}

#[actix_web::test]
async fn bootstrap_and_users() {
    let app = TestApp::with_registry().await;
    // Without name and token the header is a lone colon.
    let nobody = Ctl {
        app: &app,
        auth: ":".to_owned(),
    };
    let first = [
        ("username", "root"),
        ("email", "r@x.org"),
        ("password", "12341234"),
    ];
    let made = nobody.create("users/bootstrap", Some("user"), &first).await;
    readable(&made.is(201).json(), PLAIN_TOKEN);
    let late = nobody.create("users/bootstrap", Some("user"), &first).await;
    late.is(400);
    assert_eq!(
        printed(&late),
        ["you can only use this when there are no users on the system"]
    );
    let root = Ctl {
        app: &app,
        auth: format!(
            "root:{}",
            made.json()["plain_token"].as_str().expect("a token")
        ),
    };

    let mary = [
        ("username", "mary"),
        ("email", "m@x.org"),
        ("password", "12341234"),
        ("display_name", "Mary"),
    ];
    let made = root.create("users", Some("user"), &mary).await;
    readable(&made.is(201).json(), USER);
    let again = root.create("users", Some("user"), &mary).await;
    again.is(422);
    assert_eq!(
        printed(&again),
        [
            "display_name: has already been taken",
            "email: has already been taken",
            "username: has already been taken"
        ]
    );
    assert_eq!(root.reads("users", USER).await.len(), 3);
    let path = format!("users/{}", made.id());
    assert_eq!(root.reads(&path, USER).await[0]["display_name"], "Mary");
    let changed = root
        .update(&path, Some("user"), &[("email", "new@x.org")])
        .await;
    readable(&changed.is(200).json(), USER);
    assert_eq!(changed.json()["email"], "new@x.org");
    let unknown = root
        .update("users/4711", Some("user"), &[("email", "x@y.z")])
        .await;
    unknown.is(404);
    assert_eq!(printed(&unknown), ["Resource not found"]);

    let tokens = format!("{path}/application_tokens");
    let made = root.create(&tokens, None, &[("application", "ci")]).await;
    readable(&made.is(201).json(), PLAIN_TOKEN);
    let again = root.create(&tokens, None, &[("application", "ci")]).await;
    again.is(422);
    assert_eq!(printed(&again), ["application: has already been taken"]);
    let listed = root.reads(&tokens, APPLICATION_TOKEN).await;
    assert_eq!(listed.len(), 1);
    let own = root
        .reads("users/2/application_tokens", APPLICATION_TOKEN)
        .await;
    let revoked = format!("users/application_tokens/{}", listed[0]["id"]);
    let refused = root.send(Method::DELETE, &revoked, None).await;
    refused.is(403);
    assert_eq!(printed(&refused), ["Authorization fails"]);
    let gone = root.send(Method::DELETE, &path, None).await;
    assert_eq!(gone.is(204).text, "");
    root.get(&path).await.is(404);
    let revoked = format!("users/application_tokens/{}", own[0]["id"]);
    assert_eq!(
        root.send(Method::DELETE, &revoked, None).await.is(204).text,
        ""
    );
    let refused = root.get("users").await;
    refused.is(401);
    assert_eq!(printed(&refused), ["Authentication fails"]);
}

#[actix_web::test]
async fn teams_namespaces_repositories_and_tags() {
    let app = TestApp::with_registry().await;
    let admin = app.admin().await;
    let ctl = Ctl::new(&app, &admin);
    let made = ctl
        .create("teams", None, &[("name", "devs"), ("description", "d")])
        .await;
    readable(&made.is(201).json(), TEAM);
    let blank = ctl.create("teams", None, &[("name", "")]).await;
    blank.is(422);
    assert_eq!(printed(&blank), ["name: can't be blank"]);
    assert_eq!(ctl.reads("teams", TEAM).await.len(), 1);
    let team = format!("teams/{}", made.id());
    ctl.reads(&team, TEAM).await;

    let shop = ctl
        .create("namespaces", None, &[("name", "shop"), ("team", "devs")])
        .await;
    readable(&shop.is(201).json(), NAMESPACE);
    let odd = ctl
        .create("namespaces", None, &[("name", "Shop!"), ("team", "devs")])
        .await;
    odd.is(422);
    assert_eq!(
        printed(&odd),
        [
            "name: can only contain lower case alphanumeric characters, with optional underscores and dashes in the middle."
        ]
    );
    let ghost = ctl
        .create("namespaces", None, &[("name", "x"), ("team", "ghost")])
        .await;
    ghost.is(404);
    // The global one, the admin's own, and the new one.
    assert_eq!(ctl.reads("namespaces", NAMESPACE).await.len(), 3);
    let of_team = ctl.reads(&format!("{team}/namespaces"), NAMESPACE).await;
    assert_eq!(of_team.len(), 1);
    let path = format!("namespaces/{}", shop.id());
    ctl.reads(&path, NAMESPACE).await;
    let of_nobody = ctl.reads(&format!("{path}/repositories"), REPOSITORY).await;
    assert!(of_nobody.is_empty());

    let web = app.repository(shop.id(), "web").await;
    let tag = app.tag(web, "1.0", "sha256:a", Some(admin.id)).await;
    let stray = app.tag(web, "2.0", "sha256:b", None).await;
    assert_eq!(ctl.reads("repositories", REPOSITORY).await.len(), 1);
    ctl.reads(&format!("repositories/{web}"), REPOSITORY).await;
    assert_eq!(
        ctl.reads(&format!("{path}/repositories"), REPOSITORY)
            .await
            .len(),
        1
    );
    ctl.reads(&format!("tags/{tag}"), TAG).await;
    for (list, count) in [
        ("tags".to_owned(), 2),
        (format!("repositories/{web}/tags"), 2),
    ] {
        let tags = ctl.get(&list).await.is(200).json();
        let tags = tags.as_array().expect("a list").clone();
        assert_eq!(tags.len(), count);
        readable(&tags[0], TAG);
        // It prints "<unknown>" for an author without a name.
        assert_eq!(tags[1]["id"], stray);
        assert_eq!(tags[1]["author"], json!({"id": null, "name": null}));
    }
    for nothing in [
        "teams/4711",
        "namespaces/4711",
        "repositories/4711",
        "tags/4711",
    ] {
        ctl.get(nothing).await.is(404);
    }
}

#[actix_web::test]
async fn validating_registries_and_health() {
    let registry = FakeRegistry::start(None);
    let app = TestApp::new().await;
    app.registry("registry", &registry.host).await;
    let admin = app.admin().await;
    let ctl = Ctl::new(&app, &admin);
    assert_eq!(ctl.reads("registries", REGISTRY).await.len(), 1);

    for (path, valid, fields) in [
        ("namespaces/validate?name=fresh".to_owned(), true, &[][..]),
        (
            "namespaces/validate?name=admin".to_owned(),
            false,
            &["name"],
        ),
        // Its values are sorted by name and encoded.
        (
            "registries/validate?hostname=127.0.0.1%3A1&name=registry&use_ssl=false".to_owned(),
            false,
            &["hostname", "name"],
        ),
        (
            "registries/validate?hostname=127.0.0.1%3A1&name=fresh&only=name&use_ssl=false"
                .to_owned(),
            true,
            &[],
        ),
    ] {
        let status = ctl.get(&path).await.is(200).json();
        assert_eq!(status["valid"], valid, "{path}: {status}");
        let messages = status["messages"].as_object().expect("an object of lists");
        let mut named: Vec<&String> = messages.keys().collect();
        named.sort_unstable();
        assert_eq!(named, fields, "{path}");
        for texts in messages.values() {
            let texts = texts.as_array().expect("a list");
            assert!(
                !texts.is_empty() && texts.iter().all(Value::is_string),
                "{status}"
            );
        }
    }
    // A bare 400 prints nothing useful, but it is one.
    ctl.get("registries/validate?name=x").await.is(400);

    // Health needs no credentials, wrong ones do no harm.
    let nobody = Ctl {
        app: &app,
        auth: "nobody:nothing".to_owned(),
    };
    let health = nobody.get("health").await.is(200).json();
    for component in ["database", "registry"] {
        assert_eq!(health[component]["success"], true, "{health}");
        assert!(health[component]["msg"].is_string());
    }
    let request = TestRequest::get()
        .uri("/api/version")
        .insert_header(("Content-Type", "application/json"))
        .insert_header(("PORTUS-AUTH", ctl.auth.as_str()));
    let version = app.call(request).await.is(200).json();
    assert!(version["api-versions"][0].is_string() && version["version"].is_string());
}
