//! How a command ends when it does not end well: which code, and what it says on which stream.

use std::fmt;

use crate::{error::Error, keys::KeyError};

/// A command's own end; `Ok` is exit code 0.
pub type Outcome = Result<(), Failure>;

/// Why a command ends with another code than 0.
#[derive(Debug, PartialEq, Eq)]
pub enum Failure {
    /// An answer that scripts read: on standard output, with a code of its own.
    Answer { code: u8, text: String },
    /// Everything has been said; only the code is left to give.
    Code(u8),
    /// Something went wrong: on standard error, code 1.
    Aborted(String),
    /// No such program here: on standard error, code 127.
    NoProgram(String),
}

impl Failure {
    /// A task's answer with the code that Ruby makes of `exit(-n)`.
    pub fn answer(code: u8, text: impl Into<String>) -> Self {
        Self::Answer {
            code,
            text: text.into(),
        }
    }

    pub fn aborted(text: impl fmt::Display) -> Self {
        Self::Aborted(text.to_string())
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::aborted(error)
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Aborted(format!("{error:#}"))
    }
}

impl From<KeyError> for Failure {
    fn from(error: KeyError) -> Self {
        Self::aborted(error)
    }
}

impl From<sea_orm::DbErr> for Failure {
    fn from(error: sea_orm::DbErr) -> Self {
        Error::from(error).into()
    }
}
