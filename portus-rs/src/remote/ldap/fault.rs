//! Why the directory did not answer, told apart by what an administrator has to look at. None of these says anything
//! about a password.

use std::{fmt, io};

use ldap3::{LdapError, LdapResult};

/// What came between us and an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// No address for the host name.
    UnknownHost(String),
    /// Nobody takes the connection.
    NoConnection(String),
    /// The server's certificate is not one we trust, or is another host's.
    Untrusted(String),
    /// No encrypted connection came about, for another reason.
    NoTls(String),
    /// The server does not do `StartTLS`.
    NoStartTls(String),
    /// The bind account's name or password is wrong, or it may not log in.
    AccountRefused(Answer),
    /// The place to search in does not exist, or this server does not hold it.
    NoBase { base: String, elsewhere: bool },
    /// The server wants an encrypted connection.
    Unencrypted(Answer),
    /// The server has too much to do.
    Busy(Answer),
    /// The server refused, in its own words.
    Refused { what: &'static str, answer: Answer },
    /// No answer in time.
    Silent { what: &'static str, seconds: u64 },
    /// The connection ended in the middle.
    Lost(String),
    /// What answers does not speak LDAP.
    Garbage(String),
    /// All connections that we allow ourselves are busy.
    Crowded,
    /// A filter that nobody can read; `ldap.filter` is the only one we do not write ourselves.
    BadFilter,
}

/// What a server says with a refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub code: u32,
    pub text: String,
}

impl Answer {
    pub fn of(result: &LdapResult) -> Self {
        let line: String = result
            .text
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .take(200)
            .collect();
        Self {
            code: result.rc,
            text: line.trim().to_owned(),
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (code {})", name(self.code), self.code)?;
        if self.text.is_empty() {
            Ok(())
        } else {
            write!(f, ": {}", self.text)
        }
    }
}

/// The words of RFC 4511 for a code.
fn name(code: u32) -> &'static str {
    match code {
        1 => "Operations Error",
        2 => "Protocol Error",
        3 => "Time Limit Exceeded",
        4 => "Size Limit Exceeded",
        7 => "Authentication Method Not Supported",
        8 => "Stronger Authentication Required",
        10 => "Referral",
        11 => "Administrative Limit Exceeded",
        12 => "Unavailable Critical Extension",
        13 => "Confidentiality Required",
        19 => "Constraint Violation",
        32 => "No Such Object",
        34 => "Invalid DN Syntax",
        48 => "Inappropriate Authentication",
        49 => "Invalid Credentials",
        50 => "Insufficient Access Rights",
        51 => "Busy",
        52 => "Unavailable",
        53 => "Unwilling To Perform",
        _ => "Refused",
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownHost(said) => {
                write!(
                    f,
                    "the host name is not known ({said}): check ldap.hostname"
                )
            }
            Self::NoConnection(said) => write!(
                f,
                "could not connect ({said}): check ldap.hostname and ldap.port, and that the server runs"
            ),
            Self::Untrusted(said) => write!(
                f,
                "certificate not trusted ({said}): check that ldap.encryption.options.ca_file holds the authority of the \
                 server's certificate, and that ldap.hostname is a name in that certificate"
            ),
            Self::NoTls(said) => write!(
                f,
                "no encrypted connection came about ({said}): check ldap.encryption.method and \
                 ldap.encryption.options.ssl_version"
            ),
            Self::NoStartTls(said) => write!(
                f,
                "the server does not do StartTLS ({said}): check ldap.encryption.method"
            ),
            Self::AccountRefused(said) => write!(
                f,
                "bind account refused: {said}; check ldap.authentication.bind_dn and ldap.authentication.password"
            ),
            Self::NoBase { base, elsewhere } if base.is_empty() => {
                let _ = elsewhere;
                f.write_str(
                    "no such base: the server has nothing to search without one; set ldap.base",
                )
            }
            Self::NoBase {
                base,
                elsewhere: true,
            } => write!(
                f,
                "no such base: '{base}' is on another server, and referrals are not followed; check ldap.base"
            ),
            Self::NoBase { base, .. } => write!(
                f,
                "no such base: the server has no '{base}', or the bind account may not see it; check ldap.base, \
                 ldap.admin_base and ldap.group_base"
            ),
            Self::Unencrypted(said) => write!(
                f,
                "the server wants an encrypted connection: {said}; set ldap.encryption.method to start_tls or simple_tls"
            ),
            Self::Busy(said) => write!(f, "the server is busy: {said}"),
            Self::Refused { what, answer } => write!(f, "the server refused {what}: {answer}"),
            Self::Silent { what, seconds } => write!(
                f,
                "no answer to {what} within {seconds} s: the server hangs, or ldap.timeout is too short for it"
            ),
            Self::Lost(said) => write!(f, "the server ended the connection ({said})"),
            Self::Garbage(said) => write!(
                f,
                "what answers does not speak LDAP as asked ({said}): check ldap.port and ldap.encryption.method"
            ),
            Self::Crowded => f.write_str(
                "all connections to the server are busy: it answers too slowly for so many logins",
            ),
            Self::BadFilter => f.write_str("the filter cannot be read: check ldap.filter"),
        }
    }
}

impl std::error::Error for Fault {}

impl Fault {
    /// A code that is no success, where no better reading is known.
    pub(super) fn refused(what: &'static str, result: &LdapResult) -> Self {
        let answer = Answer::of(result);
        match result.rc {
            8 | 13 => Self::Unencrypted(answer),
            51 | 52 => Self::Busy(answer),
            _ => Self::Refused { what, answer },
        }
    }

    /// Whether the connection is of no use any more.
    pub(super) fn breaks(&self) -> bool {
        matches!(
            self,
            Self::Lost(_) | Self::Garbage(_) | Self::Silent { .. } | Self::Busy(_)
        )
    }

    /// Whether the server answers well, but not this question: another may go better.
    pub fn is_about_the_question(&self) -> bool {
        matches!(
            self,
            Self::NoBase { .. } | Self::Refused { .. } | Self::BadFilter
        )
    }

    /// Reads an error of the library. Only its `Display` is safe to show.
    pub(super) fn from_library(error: &LdapError) -> Self {
        match error {
            LdapError::Io { source } if is_nonsense(source) => Self::Garbage(source.to_string()),
            LdapError::NativeTLS { source } => Self::from_tls(&source.to_string()),
            LdapError::FilterParsing => Self::BadFilter,
            LdapError::DecodingUTF8 => Self::Garbage(error.to_string()),
            LdapError::LdapResult { result } => Self::refused("the connection", result),
            other => Self::Lost(other.to_string()),
        }
    }

    /// What OpenSSL says of a handshake.
    pub(super) fn from_tls(said: &str) -> Self {
        if said.contains("certificate verify failed") {
            // The reason stands last, in parentheses.
            let reason = said
                .rsplit_once('(')
                .and_then(|(_, reason)| reason.split(')').next())
                .unwrap_or(said);
            Self::Untrusted(reason.to_owned())
        } else {
            Self::NoTls(said.to_owned())
        }
    }
}

/// Whether the library could not read what came.
fn is_nonsense(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::Other && error.to_string().contains("decoding")
}
