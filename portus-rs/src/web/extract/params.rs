//! Parameters by name, each read as a kind, all that is wrong collected into one answer.

use std::fmt;

use chrono::{DateTime, Datelike as _, NaiveDate, NaiveDateTime};
use serde::{Serialize, Serializer, ser::SerializeMap as _};
use serde_json::{Map, Value};

use crate::web::error::ApiError;

#[cfg(test)]
mod tests;

/// What a request brought in query and body. Has no `Debug`: it may hold passwords.
#[derive(Clone, Default)]
pub struct Params {
    tree: Map<String, Value>,
    /// Names and values as they were written in query and form, for lists written as repeats.
    pairs: Vec<(String, String)>,
}

/// Parameters that are missing or of the wrong kind, in the order in which they were read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems(Vec<(String, Vec<&'static str>)>);

const MISSING: &str = "is missing";
const INVALID: &str = "is invalid";
const NO_SUCH_VALUE: &str = "does not have a valid value";

impl Problems {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn add(&mut self, name: &str, text: &'static str) {
        // Portus' clients know the name as a list written in JSON.
        let key = Value::from(vec![name]).to_string();
        match self.0.iter_mut().find(|(known, _)| *known == key) {
            Some((_, texts)) => texts.push(text),
            None => self.0.push((key, vec![text])),
        }
    }

    /// One parameter that has to be there.
    pub fn missing(name: &str) -> Self {
        let mut problems = Self::default();
        problems.add(name, MISSING);
        problems
    }

    /// One parameter with a value that cannot be read.
    pub fn invalid(name: &str) -> Self {
        let mut problems = Self::default();
        problems.add(name, INVALID);
        problems
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (key, texts)) in self.0.iter().enumerate() {
            let name = key.trim_start_matches("[\"").trim_end_matches("\"]");
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{name} {}", texts.join(" and "))?;
        }
        Ok(())
    }
}

impl Serialize for Problems {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, texts) in &self.0 {
            map.serialize_entry(name, texts)?;
        }
        map.end()
    }
}

impl Params {
    pub fn new(tree: Map<String, Value>, pairs: Vec<(String, String)>) -> Self {
        Self { tree, pairs }
    }

    /// The plain values of an object's members, or of everything that is no object's.
    pub fn members(&self, object: &str) -> Vec<(String, String)> {
        let members = match self.tree.get(object) {
            _ if object.is_empty() => &self.tree,
            Some(Value::Object(members)) => members,
            _ => return Vec::new(),
        };
        let plain = members.iter().filter_map(|(name, value)| {
            let text = string(value).ok().flatten()?;
            Some((name.clone(), text))
        });
        plain.collect()
    }

    /// Without what was left empty: a form sends all of its fields, also those that nobody wrote into.
    #[must_use]
    pub fn filled(&self) -> Self {
        let empty = |value: &Value| value.as_str().is_some_and(|it| it.trim().is_empty());
        let mut filled = self.clone();
        filled.tree.retain(|_, value| !empty(value));
        filled.pairs.retain(|(_, value)| !value.trim().is_empty());
        filled
    }

    /// Begins reading.
    pub fn read(&self) -> Reader<'_> {
        Reader {
            params: self,
            problems: Problems::default(),
        }
    }
}

/// Reads parameters. [`Reader::finish`] tells what was wrong with any of them; until then what could not be read is
/// like what is not there.
pub struct Reader<'a> {
    params: &'a Params,
    problems: Problems,
}

enum Found<'a> {
    Missing,
    /// The object it should be in is no object, which is that object's problem.
    Astray,
    Value(&'a Value),
}

impl<'a> Reader<'a> {
    /// `name` or `object[name]`.
    fn find(&self, name: &str) -> Found<'a> {
        let tree = &self.params.tree;
        let found = match name.strip_suffix(']').and_then(|it| it.split_once('[')) {
            None => tree.get(name),
            Some((object, member)) => match tree.get(object) {
                None | Some(Value::Null) => None,
                Some(Value::Object(members)) => members.get(member),
                Some(_) => return Found::Astray,
            },
        };
        found.map_or(Found::Missing, Found::Value)
    }

    fn get<T>(
        &mut self,
        name: &str,
        required: bool,
        read: impl FnOnce(&Value) -> Kind<T>,
    ) -> Option<T> {
        match self.find(name) {
            Found::Missing => {
                if required {
                    self.problems.add(name, MISSING);
                }
                None
            }
            Found::Astray => None,
            Found::Value(value) => read(value).unwrap_or_else(|OtherKind| {
                self.problems.add(name, INVALID);
                None
            }),
        }
    }

    /// Whether there is such a parameter, whatever its value.
    pub fn has(&self, name: &str) -> bool {
        matches!(self.find(name), Found::Value(_))
    }

    /// An object that has to be there, however empty.
    pub fn required_object(&mut self, name: &str) {
        match self.find(name) {
            Found::Value(Value::Object(_)) => {}
            Found::Missing | Found::Value(Value::Null) => self.problems.add(name, MISSING),
            Found::Astray | Found::Value(_) => self.problems.add(name, INVALID),
        }
    }

    /// Text whose key has to be there; `null` is `None`.
    pub fn required_string(&mut self, name: &str) -> Option<String> {
        self.get(name, true, string)
    }

    pub fn string(&mut self, name: &str) -> Option<String> {
        self.get(name, false, string)
    }

    pub fn required_integer(&mut self, name: &str) -> Option<i64> {
        self.get(name, true, integer)
    }

    pub fn integer(&mut self, name: &str) -> Option<i64> {
        self.get(name, false, integer)
    }

    pub fn required_boolean(&mut self, name: &str) -> Option<bool> {
        self.get(name, true, boolean)
    }

    pub fn boolean(&mut self, name: &str) -> Option<bool> {
        self.get(name, false, boolean)
    }

    /// A moment: ISO 8601 with a zone, or a day, which begins at midnight in UTC.
    pub fn time(&mut self, name: &str) -> Option<NaiveDateTime> {
        self.get(name, false, time)
    }

    /// A list written as `name[]=a&name[]=b`, as repeats of `name`, or in JSON; `None` if there is none at all.
    pub fn strings(&mut self, name: &str) -> Option<Vec<String>> {
        let listed = format!("{name}[]");
        let written: Vec<String> = self
            .params
            .pairs
            .iter()
            .filter(|(key, _)| key == name || *key == listed)
            .map(|(_, value)| value.clone())
            .collect();
        if written.iter().any(|value| value.contains('\0')) {
            self.problems.add(name, INVALID);
            return None;
        }
        if !written.is_empty() {
            return Some(written);
        }
        self.get(name, false, |value| match value {
            Value::Null => Ok(None),
            Value::Array(items) => items
                .iter()
                .map(|item| string(item).map(Option::unwrap_or_default))
                .collect::<Result<Vec<_>, _>>()
                .map(Some),
            one => string(one).map(|text| text.map(|text| vec![text])),
        })
    }

    /// Complains of a value that was readable, but is none that can be.
    pub fn reject(&mut self, name: &str) {
        self.problems.add(name, NO_SUCH_VALUE);
    }

    pub fn finish(self) -> Result<(), ApiError> {
        if self.problems.is_empty() {
            Ok(())
        } else {
            Err(ApiError::Parameters(self.problems))
        }
    }
}

/// A value of another kind.
struct OtherKind;

type Kind<T> = Result<Option<T>, OtherKind>;

fn string(value: &Value) -> Kind<String> {
    match value {
        Value::Null => Ok(None),
        // No database holds NUL in a text, and nobody means it.
        Value::String(text) if text.contains('\0') => Err(OtherKind),
        Value::String(text) => Ok(Some(text.clone())),
        Value::Number(number) => Ok(Some(number.to_string())),
        Value::Bool(bool) => Ok(Some(bool.to_string())),
        Value::Array(_) | Value::Object(_) => Err(OtherKind),
    }
}

fn integer(value: &Value) -> Kind<i64> {
    let number = match value {
        Value::Null => return Ok(None),
        Value::String(text) if text.is_empty() => return Ok(None),
        Value::Number(number) => number.as_i64(),
        Value::String(text) => {
            let digits = text.strip_prefix('-').unwrap_or(text);
            let decimal = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            decimal.then(|| text.parse().ok()).flatten()
        }
        _ => None,
    };
    number.map(Some).ok_or(OtherKind)
}

fn time(value: &Value) -> Kind<NaiveDateTime> {
    let text = match value {
        Value::Null => return Ok(None),
        Value::String(text) if text.is_empty() => return Ok(None),
        Value::String(text) => text,
        _ => return Err(OtherKind),
    };
    // Years of another length would not be dates of any database.
    let dated = text.len() >= 10 && text.as_bytes().iter().take(4).all(u8::is_ascii_digit);
    let moment = DateTime::parse_from_rfc3339(text).map(|it| it.naive_utc());
    let moment = moment.or_else(|_| {
        let day = NaiveDate::parse_from_str(text, "%Y-%m-%d");
        day.map(|it| it.and_time(chrono::NaiveTime::MIN))
    });
    // An offset may lead out of the years that databases have.
    let known = |it: &NaiveDateTime| dated && (0..10_000).contains(&it.year());
    moment.ok().filter(known).map(Some).ok_or(OtherKind)
}

fn boolean(value: &Value) -> Kind<bool> {
    match value {
        Value::Null => Ok(None),
        Value::Bool(bool) => Ok(Some(*bool)),
        Value::Number(number) => match number.as_i64() {
            Some(1) => Ok(Some(true)),
            Some(0) => Ok(Some(false)),
            _ => Err(OtherKind),
        },
        Value::String(text) => match text.to_ascii_lowercase().as_str() {
            "" => Ok(None),
            "true" | "t" | "1" | "yes" | "y" | "on" => Ok(Some(true)),
            "false" | "f" | "0" | "no" | "n" | "off" => Ok(Some(false)),
            _ => Err(OtherKind),
        },
        Value::Array(_) | Value::Object(_) => Err(OtherKind),
    }
}
