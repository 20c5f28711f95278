//! Why a provider lets nobody in.

/// What went wrong on the way through a provider.
#[derive(Clone, Debug, thiserror::Error)]
pub enum OAuthError {
    /// The provider knows the person, and a restriction keeps them out. For them to read.
    #[error("{0}")]
    Refused(String),
    /// It did not work. `reason` is for whoever tried, `detail` for the log.
    #[error("{reason}: {detail}")]
    Failed { reason: String, detail: String },
}

pub type Result<T, E = OAuthError> = std::result::Result<T, E>;

impl OAuthError {
    pub(super) fn failed(reason: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::Failed {
            reason: reason.into(),
            detail: detail.into(),
        }
    }
}
