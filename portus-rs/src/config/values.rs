//! The settings in force, by name, for the sections to pick from.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::coerce::Value;
use super::key::Key;
use super::report::{Origin, Problem, Severity, Warning};
use super::scanning::Endpoint;
use super::{Secret, Sources};

/// One setting with its value.
#[derive(Debug, Clone)]
pub(super) struct Setting {
    pub key: &'static Key,
    pub value: Value,
    pub origin: Origin,
    /// As given; a secret is not kept here.
    pub shown: String,
}

/// All settings, and what was found wrong on the way.
pub(super) struct Values {
    pub settings: BTreeMap<&'static str, Setting>,
    pub sources: Sources,
    pub problems: Vec<Problem>,
    pub warnings: Vec<Warning>,
}

impl Values {
    fn get(&self, name: &str) -> &Setting {
        self.settings
            .get(name)
            .expect("sections read only keys that they declare")
    }

    /// The text; empty when there is none.
    pub fn text(&self, name: &str) -> String {
        match &self.get(name).value {
            Value::Text(text) => text.clone(),
            Value::Secret(secret) => secret.expose().to_owned(),
            _ => String::new(),
        }
    }

    /// The text, when it is not blank.
    pub fn optional(&self, name: &str) -> Option<String> {
        Some(self.text(name)).filter(|text| !text.trim().is_empty())
    }

    pub fn secret(&self, name: &str) -> Option<Secret> {
        match &self.get(name).value {
            Value::Secret(secret) if !secret.expose().is_empty() => Some(secret.clone()),
            _ => None,
        }
    }

    pub fn flag(&self, name: &str) -> bool {
        self.get(name).value == Value::Flag(true)
    }

    pub fn maybe_number<T: TryFrom<i64>>(&self, name: &str) -> Option<T> {
        match self.get(name).value {
            Value::Number(number) => T::try_from(number).ok(),
            _ => None,
        }
    }

    pub fn number<T: TryFrom<i64>>(&self, name: &str) -> T {
        self.maybe_number(name)
            .expect("the key has a default, and a range that its type holds")
    }

    pub fn seconds(&self, name: &str) -> Duration {
        match self.get(name).value {
            Value::Span(span) => span,
            _ => Duration::from_secs(self.number(name)),
        }
    }

    pub fn endpoint(&self, name: &str) -> Option<Endpoint> {
        match &self.get(name).value {
            Value::Endpoint(endpoint) => Some(endpoint.clone()),
            _ => None,
        }
    }

    pub fn list(&self, name: &str) -> Vec<String> {
        match &self.get(name).value {
            Value::List(items) => items.clone(),
            _ => Vec::new(),
        }
    }

    /// A path, from the application root.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        self.optional(name).map(|path| self.sources.root.join(path))
    }

    /// A path that must lead to a readable file.
    pub fn file(&mut self, name: &str) -> Option<PathBuf> {
        let path = self.path(name)?;
        let fault = match std::fs::metadata(&path) {
            // Opening a pipe would wait for a writer.
            Ok(found) if found.is_file() => std::fs::File::open(&path).err().map(|e| e.to_string()),
            Ok(_) => Some("it is not a file".to_owned()),
            Err(error) => Some(error.to_string()),
        };
        if let Some(fault) = fault {
            self.refuse(
                name,
                &format!(
                    "cannot be read ({fault}); give the path of a file that this process may read"
                ),
            );
        }
        Some(path)
    }

    pub fn root(&self) -> &Path {
        &self.sources.root
    }

    /// Whether anybody gave it, in whatever way.
    pub fn is_set(&self, name: &str) -> bool {
        self.get(name).origin != Origin::BuiltIn
    }

    pub fn is_from_environment(&self, name: &str) -> bool {
        matches!(
            self.get(name).origin,
            Origin::Variable(_) | Origin::SecretFile { .. }
        )
    }

    /// Whether the environment has a variable of just this name, and not blank.
    pub fn variable_is_set(&self, name: &str) -> bool {
        self.sources
            .env
            .get(name)
            .is_some_and(|text| !text.trim().is_empty())
    }

    pub fn warn(&mut self, text: String) {
        self.warnings.push(Warning {
            severity: Severity::Warn,
            text,
        });
    }

    pub fn error(&mut self, text: String) {
        self.warnings.push(Warning {
            severity: Severity::Error,
            text,
        });
    }

    pub fn info(&mut self, text: String) {
        self.warnings.push(Warning {
            severity: Severity::Info,
            text,
        });
    }

    /// Reports the setting as wrong.
    pub fn refuse(&mut self, name: &str, fix: &str) {
        let setting = self.get(name);
        let problem = Problem {
            name: name.to_owned(),
            origin: Some(setting.origin.clone()),
            value: Some(setting.shown.clone()),
            fix: fix.to_owned(),
        };
        self.problems.push(problem);
    }
}
