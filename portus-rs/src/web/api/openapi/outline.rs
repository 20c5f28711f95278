//! The document as a plain list, for people whose browsers run no scripts.

use std::sync::LazyLock;

use serde::Serialize;
use serde_json::Value;

use super::DOCUMENT;

/// What belongs to one tag.
#[derive(Clone, Debug, Serialize)]
pub struct Section {
    pub name: String,
    pub about: String,
    pub operations: Vec<Summary>,
}

/// An operation in short.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    pub method: String,
    pub path: String,
    pub summary: String,
    pub about: String,
    /// In the path, the query, a header or the body.
    pub parameters: Vec<Parameter>,
    /// Statuses, and what they mean.
    pub answers: Vec<(String, String)>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Parameter {
    pub name: String,
    /// `path`, `query`, `header` or `body`.
    pub place: String,
    pub required: bool,
    pub about: String,
}

/// All of it, in the order of the document. Made once.
pub fn outline() -> &'static [Section] {
    static OUTLINE: LazyLock<Vec<Section>> = LazyLock::new(|| sections(&DOCUMENT));
    &OUTLINE
}

fn sections(document: &Value) -> Vec<Section> {
    let tags = document["tags"].as_array().into_iter().flatten();
    let section = |tag: &Value| Section {
        name: text(&tag["name"]),
        about: text(&tag["description"]),
        operations: operations(document, &tag["name"]),
    };
    let mut sections: Vec<Section> = tags.map(section).collect();
    sections.retain(|it| !it.operations.is_empty());
    sections
}

fn operations(document: &Value, tag: &Value) -> Vec<Summary> {
    let paths = document["paths"].as_object().into_iter().flatten();
    let each = paths.flat_map(|(path, methods)| {
        let methods = methods.as_object().into_iter().flatten();
        methods.map(move |(method, operation)| (path, method, operation))
    });
    let here = each.filter(|(.., operation)| operation["tags"][0] == *tag);
    here.map(|(path, method, operation)| Summary {
        method: method.to_uppercase(),
        path: path.clone(),
        summary: text(&operation["summary"]),
        about: text(&operation["description"]),
        parameters: parameters(document, operation),
        answers: answers(document, operation),
    })
    .collect()
}

fn parameters(document: &Value, operation: &Value) -> Vec<Parameter> {
    let given = operation["parameters"].as_array().into_iter().flatten();
    let mut all: Vec<Parameter> = given
        .map(|it| resolved(document, it))
        .map(|it| Parameter {
            name: text(&it["name"]),
            place: text(&it["in"]),
            required: it["required"] == true,
            about: text(&it["description"]),
        })
        .collect();
    // Forms name everything flat, as people write it.
    let content = &operation["requestBody"]["content"];
    let schema = &content["application/x-www-form-urlencoded"]["schema"];
    let schema = resolved(document, schema);
    let required = schema["required"].as_array().into_iter().flatten();
    let required: Vec<&Value> = required.collect();
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        all.push(Parameter {
            required: required.iter().any(|it| *it == name),
            place: "body".to_owned(),
            about: text(&property["description"]),
            name: name.clone(),
        });
    }
    all
}

fn answers(document: &Value, operation: &Value) -> Vec<(String, String)> {
    let answers = operation["responses"].as_object().into_iter().flatten();
    let told = |(status, answer): (&String, &Value)| {
        let answer = resolved(document, answer);
        (status.clone(), text(&answer["description"]))
    };
    answers.map(told).collect()
}

/// What a reference within the document leads to; anything else is itself.
fn resolved<'a>(document: &'a Value, it: &'a Value) -> &'a Value {
    let reference = it["$ref"].as_str().and_then(|it| it.strip_prefix('#'));
    reference
        .and_then(|pointer| document.pointer(pointer))
        .unwrap_or(it)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_the_document_is_left_out() {
        let listed: usize = outline().iter().map(|it| it.operations.len()).sum();
        let paths = DOCUMENT["paths"].as_object().unwrap();
        let described: usize = paths.values().map(|it| it.as_object().unwrap().len()).sum();
        assert_eq!(listed, described);
        for operation in outline().iter().flat_map(|it| &it.operations) {
            let it = format!("{} {}", operation.method, operation.path);
            assert!(!operation.summary.is_empty(), "{it}");
            assert!(!operation.answers.is_empty(), "{it}");
            assert!(
                operation.answers.iter().all(|it| !it.1.is_empty()),
                "{it}: {:?}",
                operation.answers
            );
            assert!(
                operation.parameters.iter().all(|it| !it.name.is_empty()),
                "{it}"
            );
        }
    }
}
