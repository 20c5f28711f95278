//! What can go wrong, knowing nothing of HTTP: each door has its own way of saying it.

pub mod wordings;

use std::{collections::BTreeMap, fmt};

use sea_orm::{DbErr, SqlErr};
use serde::Serialize;

use crate::entities::dialect::{is_away, is_collision};

/// The one error of everything below the doors.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Credentials are missing or wrong; the text is for the person who sent them.
    #[error("{0}")]
    NotSignedIn(String),
    /// Nobody can tell now whether credentials are right, since the directory that knows them does not answer; the text
    /// is for the person who sent them.
    #[error("{0}")]
    Unproved(String),
    /// Known and visible, but not theirs to do; the text names the rule.
    #[error("{0}")]
    Forbidden(String),
    /// The account might, but not with the credential it came with; the text says what that one is good for.
    #[error("{0}")]
    Limited(String),
    /// There is no such thing, or the caller may not know that there is.
    #[error("Not found")]
    NotFound,
    /// Something other than the thing itself is missing; the text names it.
    #[error("{0}")]
    Unknown(String),
    /// Fields with values that cannot be.
    #[error("Validation failed: {0}")]
    Invalid(Invalid),
    /// A rule of the field forbids it whoever asks.
    #[error("{0}")]
    Refused(String),
    /// Parts of it could not be removed, so it stays.
    #[error("{0}")]
    Kept(Reason),
    /// This installation has the feature switched off.
    #[error("this instance has disabled this endpoint")]
    Disabled,
    /// Too often from there; the text says what, and when to come again.
    #[error("{0}")]
    TooMany(String),
    /// Another server did not do its part; the text names it and what it said.
    #[error("{0}")]
    Remote(String),
    /// The database does not answer. The door logs why, and says that it is worth asking again.
    #[error("the database does not answer: {0}")]
    Away(String),
    /// Ours. The door logs it and tells the outside nothing.
    #[error("{0:#}")]
    Internal(anyhow::Error),
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        match error {
            DbErr::RecordNotFound(_) => Self::NotFound,
            away if is_away(&away) => Self::Away(away.to_string()),
            other => Self::Internal(anyhow::Error::new(other).context("the database refused")),
        }
    }
}

impl From<anyhow::Error> for Error {
    fn from(error: anyhow::Error) -> Self {
        Self::Internal(error)
    }
}

impl Error {
    pub fn forbidden(reason: impl fmt::Display) -> Self {
        Self::Forbidden(reason.to_string())
    }

    /// One field with one message.
    pub fn invalid(field: &'static str, message: impl Into<String>) -> Self {
        let mut invalid = Invalid::default();
        invalid.add(field, message);
        Self::Invalid(invalid)
    }
}

impl Error {
    /// Whether two changes stood in each other's way and the database undid this one: done again, it may succeed.
    pub fn is_collision(&self) -> bool {
        let Self::Internal(error) = self else {
            return false;
        };
        error.downcast_ref::<DbErr>().is_some_and(is_collision)
    }
}

/// Whether a write clashed with a row that holds the same unique value.
pub fn is_taken(error: &DbErr) -> bool {
    matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_)))
}

/// Why something stays: in a sentence, or by the names of its parts that stay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Reason {
    Text(String),
    Parts(BTreeMap<String, Reason>),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Parts(parts) => {
                for (index, (name, reason)) in parts.iter().enumerate() {
                    let comma = if index == 0 { "" } else { "; " };
                    write!(f, "{comma}{name}: {reason}")?;
                }
                Ok(())
            }
        }
    }
}

/// Whether a write refers to a row that is not there.
pub fn is_orphan(error: &DbErr) -> bool {
    matches!(
        error.sql_err(),
        Some(SqlErr::ForeignKeyConstraintViolation(_))
    )
}

/// Messages by field, in the order in which they were found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Invalid(Vec<(&'static str, Vec<String>)>);

impl Invalid {
    pub fn add(&mut self, field: &'static str, message: impl Into<String>) {
        match self.0.iter_mut().find(|(name, _)| *name == field) {
            Some((_, messages)) => messages.push(message.into()),
            None => self.0.push((field, vec![message.into()])),
        }
    }

    pub fn fields(&self) -> impl Iterator<Item = (&'static str, &[String])> {
        self.0
            .iter()
            .map(|(field, messages)| (*field, messages.as_slice()))
    }

    /// Nothing if no message was added, else the error that carries them.
    pub fn into_result(self) -> Result<()> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Error::Invalid(self))
        }
    }
}

impl fmt::Display for Invalid {
    /// Full sentences, as in `Email is invalid, Password can't be blank`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut first = true;
        for (field, messages) in &self.0 {
            for message in messages {
                if !first {
                    f.write_str(", ")?;
                }
                first = false;
                if matches!(*field, "base" | "ldap") {
                    f.write_str(message)?;
                } else {
                    let words = field.replace('_', " ");
                    let mut letters = words.chars();
                    let head = letters.next().map(|c| c.to_ascii_uppercase());
                    let name: String = head.into_iter().chain(letters).collect();
                    write!(f, "{name} {message}")?;
                }
            }
        }
        Ok(())
    }
}
