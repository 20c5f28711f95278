//! What a registry can answer instead of what was asked, told apart by what it proves.

use std::{error::Error as _, fmt, io};

use serde::Deserialize;

use crate::error::Error;

/// Why a call to a registry brought nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegistryError {
    /// The registry itself says, in its own words, that this very thing does not exist. The only proof of absence.
    Absent(Absence),
    /// No conversation took place; `detail` is for the log.
    Network {
        reason: &'static str,
        detail: String,
    },
    /// Whatever answers there is no registry.
    NotARegistry,
    /// The registry wants tokens that somebody else signs.
    OtherTokenServer(String),
    /// The registry names another registry's service as its own.
    OtherService(String),
    /// The registry wants something else than a bearer token.
    NoBearer,
    /// Our own token was refused; the text says what to do.
    TokenRefused(&'static str),
    /// Deletion is off (also in a pull-through cache), or the registry is in read-only mode.
    Unsupported { read_only: bool },
    /// Any other status, with the codes of the body or its beginning.
    Status { status: u16, said: String },
    /// The answer is longer than we read.
    TooLarge(usize),
    /// The answer is not what the protocol says.
    Malformed(String),
    /// The pages of a list lead back to one that has been read.
    Loop(String),
    /// A name that no registry has; nothing was asked.
    BadName(String),
    /// Ours: no token could be signed.
    Internal(String),
}

/// What exactly does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absence {
    /// `MANIFEST_UNKNOWN`; does not tell a lost tag from a lost repository.
    Manifest,
    /// `NAME_UNKNOWN`.
    Repository,
    /// `BLOB_UNKNOWN`.
    Blob,
}

pub type Result<T, E = RegistryError> = std::result::Result<T, E>;

impl RegistryError {
    /// Whether the registry itself says that what was asked for does not exist.
    pub fn is_absence(&self) -> bool {
        matches!(self, Self::Absent(_))
    }

    /// Whether asking for something else would bring the same: nobody answers, or the registry refuses on principle.
    pub fn is_general(&self) -> bool {
        match self {
            Self::Network { .. }
            | Self::NotARegistry
            | Self::OtherTokenServer(_)
            | Self::OtherService(_)
            | Self::NoBearer
            | Self::TokenRefused(_)
            | Self::Unsupported { .. }
            | Self::Internal(_) => true,
            Self::Absent(_)
            | Self::Status { .. }
            | Self::TooLarge(_)
            | Self::Malformed(_)
            | Self::Loop(_)
            | Self::BadName(_) => false,
        }
    }

    /// Whether the registry may have done what was asked, or be about to, although it did not say so.
    pub fn is_uncertain(&self) -> bool {
        match self {
            Self::Network { reason, .. } => ![REFUSED, SSL, CONNECT_TIMEOUT].contains(reason),
            Self::Status { status, .. } => *status >= 500,
            _ => false,
        }
    }

    /// Why no conversation took place, in Portus' words.
    pub fn reason(&self) -> Option<&'static str> {
        match self {
            Self::Network { reason, .. } => Some(reason),
            _ => None,
        }
    }

    /// Whether it speaks TLS, with a certificate that is not trusted here.
    pub fn is_untrusted(&self) -> bool {
        matches!(self, Self::Network { reason, detail } if *reason == SSL && detail.contains("certificate"))
    }

    /// Whether the other of HTTP and HTTPS may be what is spoken there.
    pub fn may_be_other_scheme(&self) -> bool {
        match self {
            Self::NotARegistry => true,
            Self::Network { reason, .. } => {
                [SSL, CLOSED, RESET].contains(reason) && !self.is_untrusted()
            }
            _ => false,
        }
    }

    /// Whether the registry took the question and let us wait in vain.
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::Network { reason, .. } if *reason == READ_TIMEOUT)
    }

    /// What it says, and what to do about it: for whoever wanted something done that was not.
    pub fn with_remedy(&self) -> String {
        let remedy = match self {
            Self::Network { reason, .. } => match *reason {
                READ_TIMEOUT => {
                    "it did not answer within registry.read_timeout; it may do so yet, so try again later"
                }
                SSL => {
                    "look whether it serves TLS as its entry here says, with a certificate that is trusted here"
                }
                CLOSED | RESET => "it hung up; try again, and look into its log",
                _ => "the registry does not run, or not at its hostname; try again once it answers",
            },
            Self::Status { status: 403, .. } => {
                "a rule of its own forbids it, or of a proxy before it; look into their logs"
            }
            Self::Status { status: 404, .. } => {
                "these are no registry's words; look what stands before it, and at its hostname here"
            }
            Self::Status { status, .. } if *status >= 500 => "its log says why",
            _ => return self.to_string(),
        };
        format!("{self}: {remedy}")
    }

    /// The error behind an answer that is not a success.
    pub(super) fn of_answer(status: u16, body: &[u8]) -> Self {
        let errors = codes(body);
        let said = |code: &str| errors.iter().any(|error| error.code == code);
        // The thing exists, but not in a form that was asked for.
        let other_form = errors
            .iter()
            .any(|error| error.message.contains("accept header does not support"));
        match status {
            404 if !other_form && said("NAME_UNKNOWN") => Self::Absent(Absence::Repository),
            404 if !other_form && said("MANIFEST_UNKNOWN") => Self::Absent(Absence::Manifest),
            404 if !other_form && said("BLOB_UNKNOWN") => Self::Absent(Absence::Blob),
            405 => Self::Unsupported {
                read_only: errors.is_empty(),
            },
            _ => Self::Status {
                status,
                said: summary(&errors, body),
            },
        }
    }

    pub(super) fn of_request(error: &reqwest::Error) -> Self {
        let mut chain = Vec::new();
        let mut reason = None;
        let mut cause = error.source();
        while let Some(step) = cause {
            chain.push(step.to_string());
            reason = reason.or_else(|| reason_of(step));
            cause = step.source();
        }
        let detail = chain.join(": ");
        let reason = if error.is_timeout() {
            if error.is_connect() {
                CONNECT_TIMEOUT
            } else {
                READ_TIMEOUT
            }
        } else if let Some(reason) = reason {
            reason
        } else if error.is_connect() {
            if ["ssl", "tls", "certificate"]
                .iter()
                .any(|word| detail.to_ascii_lowercase().contains(word))
            {
                SSL
            } else {
                REFUSED
            }
        } else if detail.contains("connection closed") || detail.contains("end of file") {
            CLOSED
        } else {
            SSL
        };
        Self::Network { reason, detail }
    }
}

/// Portus' words, misspelling included: people look for them.
const SSL: &str = "could not stablish connection: SSL error";
const REFUSED: &str = "connection refused";
const CLOSED: &str = "connection closed";
const RESET: &str = "connection reset";
const CONNECT_TIMEOUT: &str = "connection timed out";
const READ_TIMEOUT: &str = "read timed out";

fn reason_of(error: &(dyn std::error::Error + 'static)) -> Option<&'static str> {
    if let Some(error) = error.downcast_ref::<io::Error>() {
        return match error.kind() {
            io::ErrorKind::ConnectionRefused
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::AddrNotAvailable
            | io::ErrorKind::PermissionDenied => Some(REFUSED),
            io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => Some(RESET),
            io::ErrorKind::TimedOut => Some(CONNECT_TIMEOUT),
            io::ErrorKind::UnexpectedEof => Some(CLOSED),
            _ => None,
        };
    }
    error
        .downcast_ref::<super::transport::Forbidden>()
        .map(|_| REFUSED)
}

/// Why a request to anybody else brought no answer, in a few words.
pub(super) fn without_answer(error: &reqwest::Error) -> &'static str {
    match RegistryError::of_request(error) {
        RegistryError::Network { reason, .. } => reason,
        _ => CLOSED,
    }
}

#[derive(Default, Deserialize)]
struct Envelope {
    #[serde(default)]
    errors: Vec<Code>,
}

#[derive(Default, Deserialize)]
struct Code {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
}

fn codes(body: &[u8]) -> Vec<Code> {
    serde_json::from_slice::<Envelope>(body)
        .unwrap_or_default()
        .errors
}

/// Longest piece of an answer that is quoted.
const QUOTED: usize = 300;

fn summary(errors: &[Code], body: &[u8]) -> String {
    let text = if errors.is_empty() {
        String::from_utf8_lossy(&body[..body.len().min(QUOTED)]).into_owned()
    } else {
        let each: Vec<String> = errors
            .iter()
            .take(3)
            .map(|error| format!("{}: {}", error.code, error.message))
            .collect();
        each.join("; ")
    };
    text.chars()
        .take(QUOTED)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect::<String>()
        .trim()
        .to_owned()
}

impl fmt::Display for RegistryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent(Absence::Manifest) => {
                f.write_str("the registry has no such manifest (MANIFEST_UNKNOWN)")
            }
            Self::Absent(Absence::Repository) => {
                f.write_str("the registry has no such repository (NAME_UNKNOWN)")
            }
            Self::Absent(Absence::Blob) => {
                f.write_str("the registry has no such blob (BLOB_UNKNOWN)")
            }
            Self::Network { reason, .. } => write!(f, "Error: {reason}"),
            Self::NotARegistry => f.write_str("Error: registry does not implement v2 of the API."),
            Self::OtherTokenServer(realm) => write!(
                f,
                "The registry asks another token server: {realm}"
            ),
            Self::OtherService(service) => write!(
                f,
                "The registry calls itself {service}, which is another registry's hostname here: \
                 correct auth.token.service in its configuration"
            ),
            Self::NoBearer => f.write_str(
                "Cannot find bearer realm: the registry wants credentials of another kind; \
                 configure auth.token as `portus-rs registry-config` prints it",
            ),
            Self::TokenRefused(advice) => f.write_str(advice),
            Self::Unsupported { read_only: true } => {
                f.write_str("the registry is in read-only mode (maintenance.readonly)")
            }
            Self::Unsupported { read_only: false } => f.write_str(
                "the registry does not delete: set storage.delete.enabled to true in its configuration \
                 (a pull-through cache never deletes)",
            ),
            Self::Status { status, said } => {
                write!(f, "the registry answered {status}")?;
                if said.is_empty() { Ok(()) } else { write!(f, " ({said})") }
            }
            Self::TooLarge(limit) => {
                write!(f, "the registry's answer is longer than {limit} bytes")
            }
            Self::Malformed(what) => write!(f, "the registry's answer is malformed: {what}"),
            Self::Loop(url) => write!(f, "the registry's pages lead back to {url}"),
            Self::BadName(name) => write!(f, "no registry has a repository or tag called {name:?}"),
            Self::Internal(text) => write!(f, "cannot sign a token for the registry: {text}"),
        }
    }
}

impl std::error::Error for RegistryError {}

/// Whether a refusal says of a registry that nobody answered there, so that nothing else can be had from it either.
pub fn is_silence(refusal: &str) -> bool {
    let reasons = [REFUSED, CONNECT_TIMEOUT, READ_TIMEOUT, CLOSED, RESET];
    reasons.iter().any(|it| refusal.contains(it))
}

impl From<RegistryError> for Error {
    fn from(error: RegistryError) -> Self {
        Self::Remote(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, code: &str, message: &str) -> RegistryError {
        let body = serde_json::json!({"errors": [{"code": code, "message": message, "detail": {"Tag": "1"}}]});
        RegistryError::of_answer(status, body.to_string().as_bytes())
    }

    #[test]
    fn only_the_registrys_own_words_prove_absence() {
        assert_eq!(
            answer(404, "MANIFEST_UNKNOWN", "manifest unknown"),
            RegistryError::Absent(Absence::Manifest)
        );
        assert_eq!(
            answer(404, "NAME_UNKNOWN", "x"),
            RegistryError::Absent(Absence::Repository)
        );
        for no_proof in [
            answer(
                404,
                "MANIFEST_UNKNOWN",
                "OCI manifest found, but accept header does not support OCI manifests",
            ),
            answer(500, "UNKNOWN", "x"),
            answer(500, "MANIFEST_UNKNOWN", "x"),
            answer(401, "UNAUTHORIZED", "x"),
            answer(404, "UNSUPPORTED", "x"),
            RegistryError::of_answer(404, b"404 page not found\n"),
            RegistryError::of_answer(404, b""),
            RegistryError::of_answer(404, b"<html>MANIFEST_UNKNOWN"),
            RegistryError::of_answer(502, b"\xff\xfe"),
        ] {
            assert!(!no_proof.is_absence(), "{no_proof:?}");
        }
    }

    #[test]
    fn a_refused_deletion_says_why() {
        let off = answer(405, "UNSUPPORTED", "The operation is unsupported.");
        assert_eq!(off, RegistryError::Unsupported { read_only: false });
        let frozen = RegistryError::of_answer(405, b"Method not allowed\n");
        assert_eq!(frozen, RegistryError::Unsupported { read_only: true });
    }

    #[test]
    fn only_what_was_not_answered_is_uncertain_and_only_refusals_on_principle_are_general() {
        let network = |reason| RegistryError::Network {
            reason,
            detail: String::new(),
        };
        for (error, general, uncertain) in [
            (network(REFUSED), true, false),
            (network(CONNECT_TIMEOUT), true, false),
            (network(READ_TIMEOUT), true, true),
            (network(CLOSED), true, true),
            (answer(405, "UNSUPPORTED", "x"), true, false),
            (answer(500, "UNKNOWN", "x"), false, true),
            (answer(400, "DIGEST_INVALID", "x"), false, false),
            (answer(404, "MANIFEST_UNKNOWN", "x"), false, false),
        ] {
            assert_eq!(error.is_general(), general, "{error:?}");
            assert_eq!(error.is_uncertain(), uncertain, "{error:?}");
        }
    }
}
