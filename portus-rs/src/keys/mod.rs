//! The keys that sign registry tokens: found or generated once at start, parsed once, never per request.
//!
//! Also home of every other secret that is generated at the first start.

pub mod certificate;
pub mod files;
pub mod jwks;
pub mod load;
pub mod provider;
pub mod signing_key;
pub mod vault;

pub use certificate::Certificate;
pub use files::secret_key_base;
pub use load::{KeySources, Keys};
pub use provider::install_provider;
pub use signing_key::SigningKey;
pub use vault::Vault;

use std::path::PathBuf;

/// Why a key, certificate or secret cannot be used; says which file and what to do. Never holds key material.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// A file could not be read or written.
    #[error("cannot {doing} {}: {cause}", path.display())]
    Io {
        /// "read", "write" or "create".
        doing: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// What the system said; part of the text, and so no source of its own.
        cause: std::io::Error,
    },
    /// The file's content is not what it should be.
    #[error("{}: {problem}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong and how to put it right.
        problem: String,
    },
    /// A key or certificate that did not come from a file.
    #[error("{0}")]
    Unusable(String),
}

impl KeyError {
    /// Names the file that the error came from.
    fn in_file(self, path: &std::path::Path) -> Self {
        match self {
            Self::Unusable(problem) => Self::File {
                path: path.to_owned(),
                problem,
            },
            named => named,
        }
    }

    fn openssl(what: &str, error: &openssl::error::ErrorStack) -> Self {
        let reasons: Vec<_> = error
            .errors()
            .iter()
            .filter_map(openssl::error::Error::reason)
            .collect();
        Self::Unusable(format!("{what}: {}", reasons.join(", ")))
    }
}

#[cfg(test)]
mod tests;
