//! Bots that enter with the ID token of a job.

use super::key::{Key, Kind};
use super::{Values, Webhooks};

pub(super) const KEYS: &[Key] = &[
    Key::new(
        "workload_identity.enabled",
        Kind::Boolean,
        "true",
        "Let bots in with the ID token of a job, as far as they are set up to trust it.",
    )
    .since("portus-rs"),
    Key::new(
        "workload_identity.issuers",
        Kind::List,
        "",
        "Issuers that bots may trust, separated by commas; empty lets them trust any.",
    )
    .since("portus-rs"),
    Key::new(
        "workload_identity.allow_private",
        Kind::Boolean,
        "false",
        "Issuers may be at private addresses.",
    )
    .since("portus-rs"),
    Key::new(
        "workload_identity.allow_hosts",
        Kind::List,
        "",
        "Host names, addresses and networks at which issuers may be in any case, without TLS too.",
    )
    .since("portus-rs"),
    Key::new(
        "workload_identity.bind_address",
        Kind::Boolean,
        "true",
        "Once a job has shown its token, take it only from the address it came from first.",
    )
    .since("portus-rs"),
];
/// Jobs that prove by a token of their own what they are.
#[derive(Debug, Clone)]
pub struct WorkloadIdentity {
    pub enabled: bool,
    /// Empty: any.
    pub issuers: Vec<String>,
    /// Where issuers may be.
    pub places: Webhooks,
    /// A token counts only from the address it was first shown from.
    pub bind_address: bool,
}

impl WorkloadIdentity {
    pub(super) fn read(values: &Values) -> Self {
        let list = |name: &str| {
            let items = values.list(name);
            items
                .into_iter()
                .map(|it| it.trim_end_matches('/').to_owned())
        };
        Self {
            enabled: values.flag("workload_identity.enabled"),
            issuers: list("workload_identity.issuers").collect(),
            places: Webhooks {
                allow_private: values.flag("workload_identity.allow_private"),
                allow_hosts: values
                    .list("workload_identity.allow_hosts")
                    .iter()
                    .map(|host| host.to_ascii_lowercase())
                    .collect(),
            },
            bind_address: values.flag("workload_identity.bind_address"),
        }
    }
}
