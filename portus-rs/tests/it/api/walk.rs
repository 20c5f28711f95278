//! Every route that names something by its id, asked by everybody about what is somebody else's: it is not told, and
//! nothing changes. The routes are those of the served document, so that none is forgotten: one whose ids are not known
//! here fails.

mod ledger;
pub mod world;

use std::time::Instant;

use actix_web::{
    App as WebApp,
    http::Method,
    test::{TestRequest, call_service, init_service, read_body},
    web::Data,
};
use serde_json::{Map, Value, json};

use self::{
    ledger::Ledger,
    world::{Ids, Named, ONE_NAMESPACE, PULLS, READS, World, named},
};
use super::support::Caller;
use crate::support::databases::on_every_database;

/// No row has it.
const ABSENT: i64 = 987_654_321;

/// What everybody may do to what they may see.
const FOR_EVERYBODY: [&str; 6] = [
    "PUT /api/v1/repositories/{id}/star",
    "DELETE /api/v1/repositories/{id}/star",
    "POST /api/v1/repositories/{id}/toggle_star",
    "POST /api/v1/repositories/{id}/comments",
    "POST /repositories/{id}/toggle_star.json",
    "POST /repositories/{id}/comments.json",
];

/// Where it is said that an id exists, although it is somebody else's, as Portus' clients expect.
const TELLS: [&str; 1] = ["DELETE /api/v1/users/application_tokens/{id}"];

/// What is switched off in this world, whoever asks.
const SWITCHED_OFF: [&str; 1] = ["POST /api/v1/teams/{id}/ldap_check"];

/// A method of a path of the document.
struct Operation {
    method: Method,
    path: String,
    admins: bool,
    open: bool,
    body: Option<Value>,
    query: String,
}

impl Operation {
    fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// What a stranger has to be answered.
    fn expected(&self, who: &str) -> u16 {
        if who == PULLS || who == READS && self.method != Method::GET {
            403
        } else if self.admins && !self.path.starts_with("/api/") && who != ONE_NAMESPACE {
            // So Portus' pages were answered.
            401
        } else if SWITCHED_OFF.contains(&self.name().as_str()) {
            405
        } else if self.admins
            || self.path.starts_with("/api/v1/users/")
            || self.path.starts_with("/toggle_enabled/")
        {
            403
        } else {
            404
        }
    }

    /// The ids that the path names, in order.
    fn names(&self) -> Vec<Named> {
        let mut names = Vec::new();
        let mut before = "";
        for part in self.path.split('/') {
            match part.strip_prefix('{').and_then(|it| it.split_once('}')) {
                Some((name, _)) => {
                    let known = named(before, name);
                    names.push(known.unwrap_or_else(|| {
                        panic!("{}: say in `named` which row {{{name}}} is", self.name())
                    }));
                }
                None => before = part,
            }
        }
        names
    }

    /// The path with the n-th name filled in by `fill`.
    fn filled(&self, fill: impl Fn(usize, Named) -> String) -> String {
        let mut names = self.names().into_iter().enumerate();
        let parts = self.path.split('/').map(|part| {
            if let Some((_, suffix)) = part.split_once('}') {
                let (index, name) = names.next().expect("as many names as braces");
                fill(index, name) + suffix
            } else {
                part.to_owned()
            }
        });
        parts.collect::<Vec<_>>().join("/") + &self.query
    }
}

/// Every operation whose path holds an id.
fn operations(document: &Value) -> Vec<Operation> {
    let mut found = Vec::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        if !path.contains('{') {
            continue;
        }
        for (method, it) in methods.as_object().expect("methods") {
            let description = it["description"].as_str().unwrap_or_default();
            let schema = &it["requestBody"]["content"]["application/json"]["schema"];
            let required = it["parameters"].as_array().into_iter().flatten();
            let required = required
                .filter(|it| it["in"] == "query" && it["required"] == true)
                .map(|it| format!("{}=1", it["name"].as_str().expect("a name")));
            let query = required.collect::<Vec<_>>().join("&");
            found.push(Operation {
                method: Method::from_bytes(method.to_uppercase().as_bytes()).expect("a method"),
                path: path.clone(),
                admins: description.ends_with("For admins."),
                open: it["security"] == json!([]),
                body: (!schema.is_null()).then(|| example(document, schema)),
                query: if query.is_empty() {
                    query
                } else {
                    format!("?{query}")
                },
            });
        }
    }
    found
}

/// Something that the schema allows: what has to be there, or else all that may be.
fn example(document: &Value, schema: &Value) -> Value {
    if let Some(name) = schema["$ref"].as_str().and_then(|it| it.rsplit('/').next()) {
        return example(document, &document["components"]["schemas"][name]);
    }
    if let Some(word) = schema["enum"].as_array().and_then(|it| it.first()) {
        return word.clone();
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => &kinds[0],
        kind => kind,
    };
    match kind.as_str().expect("a type") {
        "string" => json!("something"),
        "integer" => json!(1),
        "boolean" => json!(true),
        "array" => json!([]),
        "object" => {
            let properties = schema["properties"].as_object();
            let required = schema["required"].as_array();
            let members = properties.into_iter().flatten();
            let members = members.filter(|(name, _)| {
                required.is_none_or(|it| it.iter().any(|it| it == name.as_str()))
            });
            members
                .map(|(name, schema)| (name.clone(), example(document, schema)))
                .collect::<Map<_, _>>()
                .into()
        }
        other => panic!("no example of a {other}"),
    }
}

fn id_of(ids: &Ids, name: Named) -> String {
    match name {
        Named::Row(kind) => ids
            .get(kind)
            .unwrap_or_else(|| panic!("the world has no {kind}"))
            .to_string(),
        Named::Text => "something".to_owned(),
    }
}

on_every_database! {
    async fn what_is_somebody_elses_is_neither_told_nor_changed(database: TestDatabase) {
        let world = Box::pin(World::on(&database)).await;
        let service = init_service(
            WebApp::new()
                .app_data(Data::from(world.app.app.clone()))
                .configure(portus_rs::web::routes),
        )
        .await;
        let ask = async |operation: &Operation, caller: &Caller, path: &str| {
            let mut request = TestRequest::with_uri(path).method(operation.method.clone());
            if let Some(auth) = &caller.auth {
                request = request.insert_header(("Portus-Auth", auth.as_str()));
            }
            if let Some(body) = &operation.body {
                request = request.set_json(body);
            }
            let response = call_service(&service, request.to_request()).await;
            let status = response.status().as_u16();
            let body = read_body(response).await;
            (status, String::from_utf8_lossy(&body).into_owned())
        };
        let begun = Instant::now();
        let document = world.app.get(&Caller::NOBODY, "/api/openapi-spec").await.json();
        let operations = operations(&document);
        assert!(operations.len() > 50, "only {} operations name an id", operations.len());
        let ledger = Ledger::open(&database).await;
        let before = ledger.read().await;
        let mut asked = 0;
        for operation in operations.iter().filter(|it| !it.open) {
            let name = operation.name();
            let names = operation.names();
            if !names.iter().any(|it| matches!(it, Named::Row(_))) {
                continue;
            }
            let absent = operation.filled(|_, name| match name {
                Named::Row(_) => ABSENT.to_string(),
                Named::Text => "something".to_owned(),
            });
            for (where_, theirs) in &world.theirs {
                let path = operation.filled(|_, name| id_of(theirs, name));
                let (status, body) = ask(operation, &Caller::NOBODY, &path).await;
                assert_eq!(status, 401, "{name} {where_}, nobody: {body}");
                for (who, caller) in &world.strangers {
                    let (status, body) = ask(operation, caller, &path).await;
                    let expected = operation.expected(who);
                    assert_eq!(status, expected, "{name} {where_}, {who}: {body}");
                    asked += 1;
                    if TELLS.contains(&name.as_str()) {
                        continue;
                    }
                    let unknown = ask(operation, caller, &absent).await;
                    assert_eq!((status, body), unknown, "{name}, {who}: one can tell that it exists");
                }
                // Their thing behind an id of one's own.
                for own in 1..names.len() {
                    if !names[own..].iter().any(|it| matches!(it, Named::Row(_))) {
                        continue;
                    }
                    let path = operation.filled(|index, name| {
                        id_of(if index < own { &world.mine } else { theirs }, name)
                    });
                    let (who, caller) = world.owner();
                    let expected = operation.expected(who);
                    let (status, body) = ask(operation, caller, &path).await;
                    assert_eq!(status, expected, "{name} {where_} beneath what is {who}'s own: {body}");
                    asked += 1;
                }
            }
            // What everybody sees is changed by nobody else all the same.
            let path = operation.filled(|_, name| id_of(&world.open, name));
            let everybodys = FOR_EVERYBODY.contains(&name.as_str());
            if operation.method != Method::GET && !everybodys {
                for (who, caller) in &world.strangers {
                    let (status, body) = ask(operation, caller, &path).await;
                    // Portus' pages were told by 401.
                    let of_pages = !operation.path.starts_with("/api/") && status == 401;
                    let told = [403, 404, 405].contains(&status) || of_pages;
                    assert!(told, "{name} of an open one, {who}: {status} {body}");
                    asked += 1;
                }
            }
            let after = ledger.read().await;
            assert_eq!(before, after, "{name} has changed something");
            // The ids are right: an admin is shown what they name.
            if operation.method == Method::GET && !world::private_to_owner(&name) {
                let path = operation.filled(|_, name| id_of(&world.theirs[0].1, name));
                let (status, body) = ask(operation, &world.admin, &path).await;
                assert_eq!(status, 200, "{name}, the admin: {body}");
            }
        }
        println!("{asked} requests in {:.1} s", begun.elapsed().as_secs_f64());
    }
}
