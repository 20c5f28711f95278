//! The API's own description, OpenAPI 3.1, made of the same operations as its routes.

use std::{collections::BTreeMap, sync::LazyLock};

use serde_json::{Map, Value, json};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema},
};

use super::{
    described, nouns,
    operation::{Gate, Noun, Operation, get, noun},
    reply::{Schemas, Shown},
    respond::ok,
    twins,
};
use crate::{
    app::App,
    web::{
        error::{ApiError, ApiResult, REFUSALS},
        extract::{caller::Open, declare::Field},
    },
};

pub mod outline;
#[cfg(test)]
mod tests;

const ABOUT: &str = "Who may use which images of a registry, and everything around it.\n\n\
    It serves the clients of Portus 2.4; what Portus does not have is marked `x-portus-rs`.\n\n\
    Bodies may be JSON, forms or multipart forms. Numbers and booleans may be written as strings. Unknown parameters \
    are ignored. Paths may end in `.json`. HEAD is answered wherever GET is, and OPTIONS everywhere. PUT and DELETE \
    leave things as the first call did when they are repeated; DELETE then answers 404.";

pub fn operations() -> Noun {
    noun(
        "openapi-spec",
        "This document.",
        vec![
            get("/openapi-spec", "Shows this document", whole),
            get(
                "/openapi-spec/{resource}",
                "Shows the part of this document about one resource",
                part,
            )
            .segment("resource", "Name of a tag of this document."),
        ],
    )
}

/// An OpenAPI document.
#[derive(serde::Serialize)]
struct Document(Value);

impl PartialSchema for Document {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().into()
    }
}

impl ToSchema for Document {}

async fn whole(open: Open) -> ApiResult<Shown<Document>> {
    ok(Document(here(&open.app, DOCUMENT.clone())))
}

async fn part(open: Open) -> ApiResult<Shown<Document>> {
    let document = limited(&DOCUMENT, open.segment("resource")).ok_or(ApiError::NOT_FOUND)?;
    ok(Document(here(&open.app, document)))
}

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| document(&nouns()).0);

/// Adds where this installation is and who runs it.
fn here(app: &App, mut document: Value) -> Value {
    let config = &app.config;
    let known = config.machine_fqdn.configured || config.machine_fqdn.external_url.is_some();
    let url = match (known, config.listener.url_root.as_str()) {
        (true, _) => config.public_url(),
        (false, "") => "/".to_owned(),
        (false, root) => root.to_owned(),
    };
    document["servers"] = json!([{"url": url}]);
    document["info"]["contact"] = json!({"name": config.email.name, "email": config.email.from});
    document
}

/// The document without what belongs to other tags; `None` for an unknown tag.
fn limited(document: &Value, tag: &str) -> Option<Value> {
    let mut document = document.clone();
    let tags = document["tags"].as_array_mut()?;
    tags.retain(|it| it["name"] == tag);
    if tags.is_empty() {
        return None;
    }
    let paths = document["paths"].as_object_mut()?;
    for methods in paths.values_mut() {
        if let Some(methods) = methods.as_object_mut() {
            methods.retain(|_, operation| operation["tags"][0] == tag);
        }
    }
    paths.retain(|_, methods| methods.as_object().is_some_and(|it| !it.is_empty()));
    Some(document)
}

/// The document, and the names that two of its schemas claim.
fn document(nouns: &[Noun]) -> (Value, Vec<String>) {
    let mut schemas = Schemas::default();
    let mut paths: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    let mut tags = Vec::new();
    for noun in nouns {
        tags.push(json!({"name": noun.name, "description": noun.about}));
        for it in &noun.operations {
            let root = if noun.outside { "" } else { "/api" };
            paths
                .entry(format!("{root}{}", plain(it.path)))
                .or_default()
                .insert(
                    it.method.as_str().to_ascii_lowercase(),
                    operation(noun, it, &mut schemas),
                );
        }
    }
    let [(name, about), _] = described::TAGS;
    tags.push(json!({"name": name, "description": about}));
    for (path, method, operation) in described::operations() {
        paths
            .entry(path.to_owned())
            .or_default()
            .insert(method.to_owned(), operation);
    }
    schemas.add("Problem", problem());
    let document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "portus-rs",
            "description": ABOUT,
            "version": env!("CARGO_PKG_VERSION"),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "tags": tags,
        "paths": paths,
        "components": {
            "schemas": schemas.named,
            "responses": shared_responses(),
            "parameters": {
                "IfNoneMatch": {
                    "name": "If-None-Match",
                    "in": "header",
                    "description": "The `ETag` of an answer that one has, or several.",
                    "schema": {"type": "string"},
                },
            },
            "headers": {
                "ETag": {
                    "description": "Names this state of the answer. Very long lists go without.",
                    "schema": {"type": "string"},
                },
            },
            "securitySchemes": {
                "token": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Portus-Auth",
                    "description": "`USERNAME:TOKEN`, where the token is an application token and not the password.",
                },
                "basic": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "Username, and password or application token; for the registry's side only.",
                },
                "secret": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The secret of a registry, for its notifications only.",
                },
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "_portus_session",
                    "description": "The session of somebody who signed in; over TLS its name is \
                                    `__Host-_portus_session`. Whatever changes something needs the header `X-CSRF-Token` \
                                    too, which `GET /api/v1/session` tells.",
                },
            },
        },
    });
    (document, schemas.clashes)
}

/// A path without what its segments must look like.
fn plain(path: &str) -> String {
    let mut plain = String::new();
    for part in path.split('/').skip(1) {
        plain.push('/');
        match part.split_once(':') {
            Some((name, _)) if part.starts_with('{') => {
                plain.push_str(name);
                plain.push('}');
            }
            _ => plain.push_str(part),
        }
    }
    plain
}

fn operation(noun: &Noun, it: &Operation, schemas: &mut Schemas) -> Value {
    let mut responses: BTreeMap<String, Value> = (it.replies)(schemas)
        .into_iter()
        .map(|(status, response)| match status {
            201 if it.twin => ("200".to_owned(), response),
            _ => (status.to_string(), response),
        })
        .collect();
    for status in it.refusals() {
        let named = REFUSALS.iter().find(|(known, ..)| *known == status);
        if let Some((_, name, about)) = named {
            responses.entry(status.to_string()).or_insert_with(|| {
                if it.twin {
                    twins::described(status, about)
                } else {
                    json!({"$ref": format!("#/components/responses/{name}")})
                }
            });
        }
    }
    let mut parameters = segments(it);
    let mut object = json!({
        "tags": [noun.name],
        "operationId": it.id,
        "summary": it.summary,
        "responses": responses,
        "security": if it.gate == Gate::Anybody {
            json!([])
        } else {
            json!([{"token": []}, {"session": []}])
        },
    });
    let mut about = it.about.to_owned();
    if it.gate == Gate::Admin {
        about.push_str(if about.is_empty() { "" } else { "\n\n" });
        about.push_str("For admins.");
    }
    if !about.is_empty() {
        object["description"] = json!(about);
    }
    if it.ours {
        object["x-portus-rs"] = json!(true);
    }
    match it.method.as_str() {
        "GET" | "DELETE" => parameters.extend(it.fields.iter().map(in_query)),
        _ if it.fields.is_empty() => {}
        _ => object["requestBody"] = body(it, schemas),
    }
    if it.method == "GET" && !noun.outside {
        parameters.push(json!({"$ref": "#/components/parameters/IfNoneMatch"}));
        object["responses"]["304"] = json!({"$ref": "#/components/responses/NotModified"});
        object["responses"]["200"]["headers"]["ETag"] =
            json!({"$ref": "#/components/headers/ETag"});
    }
    if !parameters.is_empty() {
        object["parameters"] = json!(parameters);
    }
    object
}

fn segments(it: &Operation) -> Vec<Value> {
    let describe = |name: &'static str| {
        let text = it.segments.iter().find(|(known, _)| *known == name);
        let (schema, about) = match text {
            Some((_, about)) => (json!({"type": "string", "minLength": 1}), *about),
            None => (
                json!({"type": "integer", "format": "int64", "minimum": 0}),
                "An id.",
            ),
        };
        json!({"name": name, "in": "path", "required": true, "description": about, "schema": schema})
    };
    it.path_names().into_iter().map(describe).collect()
}

fn in_query(field: &Field) -> Value {
    let name = crate::web::extract::declare::full_name(field.object, field.name);
    let mut parameter = json!({
        "name": name,
        "in": "query",
        "required": field.required,
        "schema": field.schema,
    });
    if !field.about.is_empty() {
        parameter["description"] = json!(field.about);
    }
    parameter
}

/// The one body in the three ways it may be written.
fn body(it: &Operation, schemas: &mut Schemas) -> Value {
    let nested = object(&it.fields, true);
    let form = object(&it.fields, false);
    let json = match it.takes {
        Some(name) => {
            schemas.add(name, nested);
            json!({"$ref": format!("#/components/schemas/{name}")})
        }
        None => nested,
    };
    json!({
        "required": it.fields.iter().any(|field| field.required),
        "content": {
            "application/json": {"schema": json},
            "application/x-www-form-urlencoded": {"schema": form},
            "multipart/form-data": {"schema": form},
        },
    })
}

/// The schema of parameters together: members of an object inside it, or beside the others as `object[member]`.
fn object(fields: &[Field], nested: bool) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for field in fields {
        let mut schema = field.schema.clone();
        if nested && !field.required {
            schema["type"] = json!([schema["type"], "null"]);
            if let Some(words) = schema.get_mut("enum").and_then(Value::as_array_mut) {
                words.push(Value::Null);
            }
        }
        if !field.about.is_empty() {
            schema["description"] = json!(field.about);
        }
        match field.object {
            Some(object) if nested => {
                let slot = properties
                    .entry(object)
                    .or_insert_with(|| json!({"type": "object", "properties": {}}));
                slot["properties"][field.name] = schema;
                if field.required {
                    match slot.get_mut("required").and_then(Value::as_array_mut) {
                        Some(names) => names.push(json!(field.name)),
                        None => slot["required"] = json!([field.name]),
                    }
                }
                if !required.iter().any(|it| it == object) {
                    required.push(object.to_owned());
                }
            }
            object => {
                let name = crate::web::extract::declare::full_name(object, field.name);
                if field.required {
                    required.push(name.clone());
                }
                properties.insert(name, schema);
            }
        }
    }
    let mut schema = json!({"type": "object", "properties": properties});
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

fn problem() -> Value {
    json!({
        "type": "object",
        "description": "What is wrong.",
        "required": ["message"],
        "properties": {
            "message": {
                "description": "One text, or texts by what they are about.",
                "oneOf": [
                    {"type": "string"},
                    {"type": "object"},
                    {"type": "array", "items": {"type": "string"}},
                ],
            },
        },
    })
}

fn shared_responses() -> Value {
    let responses = REFUSALS.iter().map(|(_, name, about)| {
        let schema = json!({"$ref": "#/components/schemas/Problem"});
        ((*name).to_owned(), super::reply::json_body(about, &schema))
    });
    let mut responses = Value::Object(responses.collect());
    responses["NotModified"] = json!({
        "description": "It is as it was in the answer that `If-None-Match` names.",
        "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
    });
    responses
}
