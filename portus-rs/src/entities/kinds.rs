//! The enumerations that rows hold as small numbers.

use std::{fmt, str::FromStr};

use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::{Deserialize, Serialize};

macro_rules! words {
    ($kind:ident { $($variant:ident = $word:literal),+ $(,)? }) => {
        impl $kind {
            /// Every word for one.
            pub const WORDS: &[&'static str] = &[$($word),+];

            /// The word for it in the API, the command line and the audit log.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }
        }

        impl fmt::Display for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $kind {
            type Err = ();

            fn from_str(word: &str) -> Result<Self, ()> {
                match word {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(()),
                }
            }
        }
    };
}

/// What a member may do in a team; a later one includes the earlier.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
)]
#[sea_orm(rs_type = "i16", db_type = "SmallInteger")]
#[serde(rename_all = "lowercase")]
pub enum Role {
    #[sea_orm(num_value = 0)]
    Viewer,
    #[sea_orm(num_value = 1)]
    Contributor,
    #[sea_orm(num_value = 2)]
    Owner,
}
words!(Role { Viewer = "viewer", Contributor = "contributor", Owner = "owner" });

/// Who besides its team may pull from a namespace: nobody, everybody with an account, or everybody.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
)]
#[sea_orm(rs_type = "i16", db_type = "SmallInteger")]
#[serde(rename_all = "lowercase")]
pub enum Visibility {
    #[sea_orm(num_value = 0)]
    Private,
    #[sea_orm(num_value = 1)]
    Protected,
    #[sea_orm(num_value = 2)]
    Public,
}
words!(Visibility { Private = "private", Protected = "protected", Public = "public" });

/// How much of its owner's rights an application token carries.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
)]
#[sea_orm(rs_type = "i16", db_type = "SmallInteger")]
#[serde(rename_all = "lowercase")]
pub enum TokenScope {
    /// All of them.
    #[default]
    #[sea_orm(num_value = 0)]
    Full,
    /// Looking, and pulling images.
    #[sea_orm(num_value = 1)]
    Read,
    /// Pulling images and nothing else, not even the API.
    #[sea_orm(num_value = 2)]
    Pull,
    /// Pulling and pushing images and nothing else.
    #[sea_orm(num_value = 3)]
    Push,
}
words!(TokenScope { Full = "full", Read = "read", Pull = "pull", Push = "push" });

/// How a registry is told which key signed a token.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize,
)]
#[sea_orm(rs_type = "i16", db_type = "SmallInteger")]
#[serde(rename_all = "lowercase")]
pub enum TokenHeader {
    /// The certificate itself; registries 2.x and 3.x take it.
    #[sea_orm(num_value = 0)]
    X5c,
    /// libtrust's key id; registries 2.x only.
    #[sea_orm(num_value = 1)]
    Libtrust,
    /// The key id of our JWKS; registries 3.x that are configured with `jwks`.
    #[sea_orm(num_value = 2)]
    Jwks,
}
words!(TokenHeader { X5c = "x5c", Libtrust = "libtrust", Jwks = "jwks" });

/// How far an event in the inbox has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "i16", db_type = "SmallInteger")]
pub enum EventState {
    #[sea_orm(num_value = 0)]
    Fresh,
    #[sea_orm(num_value = 1)]
    Done,
    /// Given up after repeated failure; an admin may replay it.
    #[sea_orm(num_value = 2)]
    Dead,
}
words!(EventState { Fresh = "fresh", Done = "done", Dead = "dead" });

/// Whether a manifest's content has been read from the registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "i16", db_type = "SmallInteger")]
pub enum Details {
    #[sea_orm(num_value = 0)]
    Pending,
    #[sea_orm(num_value = 1)]
    Known,
    /// The registry does not have it, or never answered usefully.
    #[sea_orm(num_value = 2)]
    Unavailable,
}
words!(Details { Pending = "pending", Known = "known", Unavailable = "unavailable" });

/// How far a synchronisation has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "i16", db_type = "SmallInteger")]
pub enum SyncState {
    #[sea_orm(num_value = 0)]
    Running,
    #[sea_orm(num_value = 1)]
    Done,
    #[sea_orm(num_value = 2)]
    Failed,
    /// It would have deleted more than half; its plan waits for a person.
    #[sea_orm(num_value = 3)]
    Held,
    /// Somebody wants it, and no process has begun yet.
    #[sea_orm(num_value = 4)]
    Waiting,
}
words!(SyncState {
    Running = "running",
    Done = "done",
    Failed = "failed",
    Held = "held",
    Waiting = "waiting",
});

/// What a run of a job came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "i16", db_type = "SmallInteger")]
pub enum JobOutcome {
    #[sea_orm(num_value = 0)]
    Done,
    #[sea_orm(num_value = 1)]
    Failed,
}
words!(JobOutcome { Done = "done", Failed = "failed" });

/// How a webhook is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize)]
#[sea_orm(rs_type = "i16", db_type = "SmallInteger")]
pub enum RequestMethod {
    #[sea_orm(num_value = 0)]
    #[serde(rename = "GET")]
    Get,
    #[sea_orm(num_value = 1)]
    #[serde(rename = "POST")]
    Post,
}
words!(RequestMethod { Get = "GET", Post = "POST" });

/// As what a webhook's body is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize)]
#[sea_orm(rs_type = "i16", db_type = "SmallInteger")]
pub enum ContentType {
    #[sea_orm(num_value = 0)]
    #[serde(rename = "application/json")]
    Json,
    #[sea_orm(num_value = 1)]
    #[serde(rename = "application/x-www-form-urlencoded")]
    Form,
}
words!(ContentType { Json = "application/json", Form = "application/x-www-form-urlencoded" });

/// How far a delivery of a webhook has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize)]
#[sea_orm(rs_type = "i16", db_type = "SmallInteger")]
#[serde(rename_all = "lowercase")]
pub enum DeliveryState {
    /// To be sent once its time has come.
    #[sea_orm(num_value = 0)]
    Queued,
    /// A sender has taken it; it is free again when the claim runs out.
    #[sea_orm(num_value = 1)]
    Sending,
    /// Answered with 2xx.
    #[sea_orm(num_value = 2)]
    Delivered,
    /// Refused, or given up after repeated failure.
    #[sea_orm(num_value = 3)]
    Failed,
}
words!(DeliveryState {
    Queued = "queued",
    Sending = "sending",
    Delivered = "delivered",
    Failed = "failed",
});

impl From<TokenHeader> for crate::protocol::token::HeaderForm {
    fn from(header: TokenHeader) -> Self {
        match header {
            TokenHeader::X5c => Self::X5c,
            TokenHeader::Libtrust => Self::Libtrust,
            TokenHeader::Jwks => Self::Jwks,
        }
    }
}
