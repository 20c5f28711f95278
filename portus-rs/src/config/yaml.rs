//! YAML as texts: a scalar keeps the characters it was written with.
//!
//! The usual untyped reading would turn `password: 0x1F` into 31. So the document is read twice:
//! once for its structure, and once more along that structure, asking for text at every scalar.

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_yaml::Value;

/// A part of a document.
pub(super) enum Node {
    Null,
    Text(String),
    List(Vec<Node>),
    /// Without merge keys: these have been followed.
    Map(Vec<(String, Node)>),
}

impl Node {
    /// The text of a leaf; a list of texts is joined by commas.
    pub fn into_text(self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text),
            Self::List(items) => {
                let items: Option<Vec<String>> = items
                    .into_iter()
                    .map(|item| {
                        if let Self::Text(text) = item {
                            Some(text)
                        } else {
                            None
                        }
                    })
                    .collect();
                Some(items?.join(","))
            }
            Self::Null | Self::Map(_) => None,
        }
    }
}

/// Reads one document. The error tells the place and the reason.
pub(super) fn parse(text: &str) -> Result<Node, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let shape: Value = serde_yaml::from_str(text).map_err(|error| reason(&error))?;
    let deserializer = serde_yaml::Deserializer::from_str(text);
    if shape.is_null() {
        return Ok(Node::Null);
    }
    Along(&shape)
        .deserialize(deserializer)
        .map_err(|error| reason(&error))
}

/// Some messages quote the document, which may hold secrets; the place is enough to find it.
fn reason(error: &serde_yaml::Error) -> String {
    let text = error.to_string();
    let kind = if text.contains("duplicate entry") {
        "a key is there twice"
    } else if text.contains("did not find")
        || text.contains("could not find")
        || text.contains("not allowed")
    {
        "the punctuation or indentation is wrong"
    } else if text.contains("more than one document") {
        "there is more than one document"
    } else {
        "it cannot be understood"
    };
    match error.location() {
        Some(place) => format!("{kind} at line {}, column {}", place.line(), place.column()),
        None => kind.to_owned(),
    }
}

/// Reads texts where the value says that scalars are.
struct Along<'a>(&'a Value);

impl<'de> DeserializeSeed<'de> for Along<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        match self.0 {
            Value::Null => IgnoredAny::deserialize(deserializer).map(|_| Node::Null),
            Value::Mapping(_) => deserializer.deserialize_map(self),
            Value::Sequence(_) => deserializer.deserialize_seq(self),
            Value::Tagged(tagged) => {
                // What a tag means is unknown here, but text is text.
                IgnoredAny::deserialize(deserializer)?;
                Ok(tagged
                    .value
                    .as_str()
                    .map_or(Node::List(vec![Node::Null]), |text| {
                        Node::Text(text.to_owned())
                    }))
            }
            Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                deserializer.deserialize_str(self)
            }
        }
    }
}

impl<'de> Visitor<'de> for Along<'_> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("what was there the first time")
    }

    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        for item in self.0.as_sequence().into_iter().flatten() {
            list.extend(items.next_element_seed(Along(item))?);
        }
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
        let mut map = Vec::new();
        let mut merged = Vec::new();
        for (name, value) in self.0.as_mapping().into_iter().flatten() {
            let Some(Node::Text(name)) = entries.next_key_seed(Along(name))? else {
                // Keys that are no text mean nothing here.
                entries.next_value::<IgnoredAny>()?;
                continue;
            };
            let node = entries.next_value_seed(Along(value))?;
            match node {
                Node::Map(more) if name == "<<" => merged.push(more),
                Node::List(more) if name == "<<" => {
                    merged.extend(more.into_iter().filter_map(|node| {
                        if let Node::Map(map) = node {
                            Some(map)
                        } else {
                            None
                        }
                    }));
                }
                node => map.push((name, node)),
            }
        }
        while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        for (name, node) in merged.into_iter().flatten() {
            if !map.iter().any(|(there, _)| *there == name) {
                map.push((name, node));
            }
        }
        Ok(Node::Map(map))
    }
}
