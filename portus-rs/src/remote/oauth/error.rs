//! Why a provider lets nobody in.

/// What went wrong on the way through a provider.
#[derive(Clone, Debug, thiserror::Error)]
pub enum OAuthError {
    /// The provider knows the person, and a restriction keeps them out. For them to read.
    #[error("{0}")]
    Refused(String),
    /// Likewise, with a reason to be quoted and a detail for the log.
    #[error("{reason}: {detail}")]
    Barred { reason: String, detail: String },
    /// It does not honour what it gave out itself.
    #[error("the provider's answer cannot be used: {0}")]
    Withdrawn(String),
    /// Nothing has come of the request there, whatever it was about: no connection, or too many at a time.
    #[error("the provider cannot be reached: {0}")]
    Unheard(String),
    /// It did not work. `reason` is for whoever tried, `detail` for the log.
    #[error("{reason}: {detail}")]
    Failed { reason: String, detail: String },
}

pub type Result<T, E = OAuthError> = std::result::Result<T, E>;

pub(super) const UNUSABLE: &str = "the provider's answer cannot be used";
pub(super) const UNREACHABLE: &str = "the provider cannot be reached";

impl OAuthError {
    pub(super) fn failed(reason: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::Failed {
            reason: reason.into(),
            detail: detail.into(),
        }
    }

    /// A restriction that keeps somebody out.
    pub(super) fn barred(reason: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::Barred {
            reason: reason.into(),
            detail: detail.into(),
        }
    }

    /// Somebody whom the provider itself has shut out.
    pub(super) fn closed(detail: impl Into<String>) -> Self {
        Self::barred("the account is closed there", detail)
    }

    /// The reason for whoever tried, and the detail for the log.
    pub fn parts(&self) -> (&str, &str) {
        match self {
            Self::Refused(text) => (text, text),
            Self::Barred { reason, detail } | Self::Failed { reason, detail } => (reason, detail),
            Self::Withdrawn(detail) => (UNUSABLE, detail),
            Self::Unheard(detail) => (UNREACHABLE, detail),
        }
    }
}
