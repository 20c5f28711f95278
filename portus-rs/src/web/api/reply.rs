//! What handlers answer with: each kind knows its status, how it is written, and how the document describes it.

use std::{collections::BTreeMap, marker::PhantomData};

use actix_web::{HttpRequest, HttpResponse, http::StatusCode};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::web::error::ApiResult;

/// An answer of one kind.
pub trait Reply: 'static {
    fn respond(self, request: &HttpRequest) -> ApiResult<HttpResponse>;

    /// Statuses with the Response Objects of OpenAPI.
    fn describe(schemas: &mut Schemas) -> Vec<(u16, Value)>;
}

/// A body with a status.
pub struct Answered<const STATUS: u16, T>(pub T);

/// What was asked for, or what has become of it.
pub type Shown<T> = Answered<200, T>;

/// What was made.
pub type Created<T> = Answered<201, T>;

/// 204, nothing.
pub struct NoContent;

/// 200, nothing.
pub struct Done;

/// 200 with a list of `V`.
pub struct List<V> {
    response: HttpResponse,
    of: PhantomData<V>,
}

/// A [`List`] of which pages can be asked for.
pub struct Paged<V>(pub List<V>);

impl<V> List<V> {
    pub fn new(response: HttpResponse) -> Self {
        Self {
            response,
            of: PhantomData,
        }
    }
}

impl<V: Serialize> List<V> {
    /// All of a short list.
    pub fn of(views: Vec<V>) -> Self {
        Self::new(HttpResponse::Ok().json(views))
    }
}

impl<const STATUS: u16, T: Serialize + ToSchema + 'static> Reply for Answered<STATUS, T> {
    fn respond(self, _: &HttpRequest) -> ApiResult<HttpResponse> {
        Ok(HttpResponse::build(status(STATUS)).json(self.0))
    }

    fn describe(schemas: &mut Schemas) -> Vec<(u16, Value)> {
        let about = match STATUS {
            201 => "Made.",
            202 => "It will be done.",
            _ => "Done.",
        };
        vec![(STATUS, json_body(about, &schemas.refer::<T>()))]
    }
}

impl Reply for NoContent {
    fn respond(self, _: &HttpRequest) -> ApiResult<HttpResponse> {
        Ok(HttpResponse::NoContent().finish())
    }

    fn describe(_: &mut Schemas) -> Vec<(u16, Value)> {
        vec![(
            204,
            json!({"description": "Done; there is nothing to say."}),
        )]
    }
}

impl Reply for Done {
    fn respond(self, _: &HttpRequest) -> ApiResult<HttpResponse> {
        Ok(HttpResponse::Ok().finish())
    }

    fn describe(_: &mut Schemas) -> Vec<(u16, Value)> {
        vec![(
            200,
            json!({"description": "Done; there is nothing to say."}),
        )]
    }
}

impl<V: Serialize + ToSchema + 'static> Reply for List<V> {
    fn respond(self, _: &HttpRequest) -> ApiResult<HttpResponse> {
        Ok(self.response)
    }

    fn describe(schemas: &mut Schemas) -> Vec<(u16, Value)> {
        let schema = json!({"type": "array", "items": schemas.refer::<V>()});
        vec![(200, json_body("All of them.", &schema))]
    }
}

impl<V: Serialize + ToSchema + 'static> Reply for Paged<V> {
    fn respond(self, request: &HttpRequest) -> ApiResult<HttpResponse> {
        self.0.respond(request)
    }

    fn describe(schemas: &mut Schemas) -> Vec<(u16, Value)> {
        let schema = json!({"type": "array", "items": schemas.refer::<V>()});
        let mut response = json_body(
            "A page of them; all without `page` and `per_page`.",
            &schema,
        );
        let number = json!({"type": "integer"});
        let text = json!({"type": "string"});
        let header = |about: &str, schema: &Value| json!({"description": about, "schema": schema});
        response["headers"] = json!({
            "X-Total": header("How many there are. None of these headers comes with `all=true`.", &number),
            "X-Total-Pages": header("How many pages there are, at least 1.", &number),
            "X-Page": header("This page.", &number),
            "X-Per-Page": header("The size of pages.", &number),
            "X-Next-Page": header("The next page; empty on the last.", &text),
            "X-Prev-Page": header("The previous page; empty on the first.", &text),
            "Link": header("The addresses of other pages (RFC 8288): prev, next, first, last.", &text),
        });
        vec![(200, response)]
    }
}

/// One answer of two statuses that both carry `T`, as 200 and 503 of a health check.
pub struct Either<T, const GOOD: u16, const BAD: u16> {
    pub body: T,
    pub good: bool,
}

impl<T, const GOOD: u16, const BAD: u16> Reply for Either<T, GOOD, BAD>
where
    T: Serialize + ToSchema + 'static,
{
    fn respond(self, _: &HttpRequest) -> ApiResult<HttpResponse> {
        let status = status(if self.good { GOOD } else { BAD });
        Ok(HttpResponse::build(status).json(self.body))
    }

    fn describe(schemas: &mut Schemas) -> Vec<(u16, Value)> {
        let schema = schemas.refer::<T>();
        vec![
            (GOOD, json_body("All is well.", &schema)),
            (BAD, json_body("Something is not well.", &schema)),
        ]
    }
}

fn status(number: u16) -> StatusCode {
    StatusCode::from_u16(number).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// A Response Object with a JSON body.
pub fn json_body(about: &str, schema: &Value) -> Value {
    json!({"description": about, "content": {"application/json": {"schema": schema}}})
}

/// The named schemas of a document.
#[derive(Default)]
pub struct Schemas {
    pub named: BTreeMap<String, Value>,
    /// Names that two different types claim; the document would lie about one of them.
    pub clashes: Vec<String>,
}

impl Schemas {
    /// A reference to a type's schema, which is taken in with all that it refers to. Plain kinds stand where they are.
    pub fn refer<T: ToSchema>(&mut self) -> Value {
        let mut nested = Vec::new();
        T::schemas(&mut nested);
        for (name, schema) in nested {
            self.add(&name, whole(json!(schema)));
        }
        let schema = json!(T::schema());
        if schema.get("properties").is_none() && schema.get("allOf").is_none() {
            return schema;
        }
        self.add(&T::name(), whole(schema));
        json!({"$ref": format!("#/components/schemas/{}", T::name())})
    }

    /// Takes in a schema under a name.
    pub fn add(&mut self, name: &str, schema: Value) {
        match self.named.get(name) {
            Some(known) if *known != schema => self.clashes.push(name.to_owned()),
            _ => drop(self.named.insert(name.to_owned(), schema)),
        }
    }
}

/// The schema of an answer: a field that may be null is always there; one that may be absent (`#[schema(nullable = false)]` on an `Option`) is
/// never null.
fn whole(mut schema: Value) -> Value {
    if let Some(parts) = schema.get_mut("allOf").and_then(Value::as_array_mut) {
        for part in parts {
            *part = whole(part.take());
        }
    }
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
        return schema;
    };
    let listed = schema.get("required").and_then(Value::as_array);
    let is_listed = |name: &String| listed.is_some_and(|it| it.iter().any(|it| it == name));
    let required: Vec<String> = properties
        .iter()
        .filter(|(name, property)| is_listed(name) || is_nullable(property))
        .map(|(name, _)| name.clone())
        .collect();
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

fn is_nullable(schema: &Value) -> bool {
    match &schema["type"] {
        Value::String(kind) => kind == "null",
        Value::Array(kinds) => kinds.iter().any(|kind| kind == "null"),
        _ => ["oneOf", "anyOf"]
            .iter()
            .filter_map(|key| schema[key].as_array())
            .flatten()
            .any(is_nullable),
    }
}
