//! Who may do what, and why. Every rule stands here once, as a sentence over facts; docker scopes, API, pages and
//! command line ask the same ones.

pub mod activities;
pub mod catalogue;
pub mod comments;
pub mod guard;
pub mod namespaces;
pub mod reach;
pub mod registries;
mod rule;
pub mod rules;
pub mod scopes;
pub mod sessions;
pub mod standing;
pub mod stars;
pub mod teams;
pub mod users;
pub mod visible;
pub mod vulnerabilities;
pub mod webhooks;

pub use guard::{Guard, Permit};
pub use namespaces::NamespaceFacts;
pub use reach::Reach;
pub use rule::{Rule, Verdict};
pub use rules::{PushPolicy, Rules};
pub use standing::{Standing, Who};
