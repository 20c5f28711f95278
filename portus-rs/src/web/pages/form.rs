//! Forms: what was filled in, and what was wrong with it, beside the fields.

use std::collections::BTreeMap;

use serde::Serialize;

use super::language::Language;
use crate::{
    error::{Error, Reason, Result},
    remote,
    web::extract::params::Params,
};

/// A form as it is shown, be it for the first time or again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Form {
    /// What the fields' names are members of, as `team` in `team[name]`.
    pub object: &'static str,
    /// By name of the field; what was typed into it, or what is there.
    pub values: BTreeMap<String, String>,
    /// By name of the field, in whole sentences.
    pub errors: BTreeMap<String, Vec<String>>,
    /// What concerns no field alone.
    pub complaints: Vec<String>,
    /// Whether it has been sent and refused.
    pub again: bool,
}

impl Form {
    /// One that nobody has touched.
    pub fn new(object: &'static str) -> Self {
        Self {
            object,
            ..Self::default()
        }
    }

    /// The same with a field filled in.
    #[must_use]
    pub fn with(mut self, field: &str, value: impl Into<String>) -> Self {
        self.values.insert(field.to_owned(), value.into());
        self
    }

    /// As it was filled in, without the passwords.
    pub fn filled(object: &'static str, params: &Params) -> Self {
        let values = params.members(object).into_iter();
        Self {
            object,
            values: values.filter(|(name, _)| !is_secret(name)).collect(),
            ..Self::default()
        }
    }

    /// As it was filled in, with what is wrong with it. Faults that no other input would mend are given back.
    pub fn refused(
        object: &'static str,
        params: &Params,
        language: Language,
        error: Error,
    ) -> Result<Self> {
        let mut form = Self::filled(object, params);
        form.again = true;
        let from_a_registry =
            matches!(error, Error::Kept(_) | Error::Refused(_) | Error::Remote(_));
        let silent = from_a_registry && remote::is_silence(&error.to_string());
        match error {
            Error::Invalid(invalid) => {
                for (field, messages) in invalid.fields() {
                    for message in messages {
                        form.blame(language, field, message);
                    }
                }
            }
            Error::Forbidden(text)
            | Error::Refused(text)
            | Error::Remote(text)
            | Error::Unknown(text)
            | Error::NotSignedIn(text)
            | Error::Unproved(text)
            | Error::Limited(text)
            | Error::TooMany(text) => {
                form.complaints.push(language.translate(&text).into_owned());
            }
            Error::Kept(reason) => form.complaints.push(told(language, reason).to_string()),
            Error::Disabled => form.complaints.push(language.say("form-disabled")),
            other @ (Error::NotFound | Error::Internal(_) | Error::Away(_)) => return Err(other),
        }
        if silent {
            form.complaints.push(language.say("registry-away-works"));
        }
        Ok(form)
    }

    fn blame(&mut self, language: Language, field: &'static str, message: &str) {
        let sentence = sentence(language, field, message);
        if field == "base" {
            self.complaints.push(sentence);
        } else {
            let about = self.errors.entry(field.to_owned()).or_default();
            about.push(sentence);
        }
    }

    /// Everything that is wrong, a sentence each.
    pub fn sentences(&self) -> impl Iterator<Item = String> {
        let fields = self.errors.values().flatten();
        self.complaints.iter().chain(fields).cloned()
    }
}

/// Why parts of something stay, in the reader's language.
fn told(language: Language, reason: Reason) -> Reason {
    match reason {
        Reason::Text(text) => Reason::Text(language.translate(&text).into_owned()),
        Reason::Parts(parts) => {
            let parts = parts.into_iter();
            Reason::Parts(parts.map(|(name, it)| (name, told(language, it))).collect())
        }
    }
}

/// `Name can't be blank`: the field's name ahead of what an action says about it.
fn sentence(language: Language, field: &str, message: &str) -> String {
    let said = language.translate(message);
    if field == "base" {
        return said.into_owned();
    }
    let label = language
        .message(
            &format!("field-{}", field.replace('_', "-")),
            &super::language::Values::new(),
        )
        .unwrap_or_else(|| {
            let words = field.replace('_', " ");
            let mut letters = words.chars();
            let head = letters.next().map(|c| c.to_ascii_uppercase());
            head.into_iter().chain(letters).collect()
        });
    language.tell(
        "form-blame",
        [("field", label.into()), ("fault", said.into())],
    )
}

fn is_secret(field: &str) -> bool {
    field.contains("password") || field.contains("secret") || field == "otp"
}
