//! Scanners of images, outgoing webhooks and the health page.

use std::fmt;
use std::time::Duration;

use url::Url;

use super::Values;
use super::key::{Key, Kind, PORT, POSITIVE};

pub(super) const KEYS: &[Key] = &[
    Key::new("security.clair.server", Kind::Endpoint, "", "URL of a Clair scanner; empty is off."),
    Key::new("security.clair.health_port", PORT, "6061", "Port on which Clair tells its health."),
    Key::new("security.clair.timeout", POSITIVE, "900", "Seconds to wait for Clair."),
    Key::new(
        "security.clair.api",
        Kind::Choice(&[("v2", "v2"), ("v4", "v4")]),
        "v2",
        "Which interface the Clair server speaks: `v2` (Clair 2.0) or `v4`.",
    )
    .since("portus-rs"),
    Key::new("security.trivy.server", Kind::Endpoint, "", "URL of a Trivy server; empty is off.")
        .since("portus-rs"),
    Key::new(
        "security.zypper.server",
        Kind::Endpoint,
        "",
        "URL of `zypper-docker serve`; empty is off. Experimental.",
    ),
    Key::new(
        "security.dummy.server",
        Kind::Text,
        "",
        "Any text gives made-up results, for tests. Has no effect in production.",
    ),
    Key::new("security.rescan_days", POSITIVE, "7", "Days after which an image is scanned again.")
        .since("portus-rs"),
    Key::new(
        "webhooks.allow_private",
        Kind::Boolean,
        "true",
        "Webhooks may go to private address ranges. Loopback, link-local and metadata addresses only by the next key.",
    )
    .since("portus-rs"),
    Key::new(
        "webhooks.allow_hosts",
        Kind::List,
        "",
        "Host names, addresses and networks to which webhooks may go in any case, separated by commas.",
    )
    .since("portus-rs"),
    Key::new(
        "health.details",
        Kind::Boolean,
        "true",
        "Tell everybody the error texts on the health page. Off: only administrators.",
    )
    .since("portus-rs"),
];

/// A URL that may carry credentials: `Debug` and `Display` leave them out.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint(Url);

impl Endpoint {
    pub(super) fn new(url: Url) -> Self {
        Self(url)
    }

    pub fn url(&self) -> &Url {
        &self.0
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut url = self.0.clone();
        if !url.username().is_empty() || url.password().is_some() {
            // Both can only fail for URLs without a host, which `Kind::Endpoint` refuses.
            let _ = url.set_username("");
            let _ = url.set_password(None);
        }
        url.set_query(None);
        f.write_str(url.as_str())
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Scanners; each that is set is used.
#[derive(Debug, Clone)]
pub struct Security {
    pub clair: Option<Clair>,
    pub trivy: Option<Endpoint>,
    pub zypper: Option<Endpoint>,
    /// Made-up results; never in production.
    pub dummy: bool,
    pub rescan_after: Duration,
}

#[derive(Debug, Clone)]
pub struct Clair {
    pub server: Endpoint,
    pub health_port: u16,
    pub timeout: Duration,
    pub api: ClairApi,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClairApi {
    V2,
    V4,
}

impl Security {
    /// Whether anything scans at all.
    pub fn is_on(&self) -> bool {
        self.clair.is_some() || self.trivy.is_some() || self.zypper.is_some() || self.dummy
    }

    pub(super) fn read(values: &mut Values, production: bool) -> Self {
        let dummy = values.optional("security.dummy.server").is_some();
        if dummy && production {
            values.warn("security.dummy.server has no effect in production".to_owned());
        }
        let days = values.number::<u32>("security.rescan_days");
        let read = Self {
            clair: values
                .endpoint("security.clair.server")
                .map(|server| Clair {
                    server,
                    health_port: values.number("security.clair.health_port"),
                    timeout: values.seconds("security.clair.timeout"),
                    api: if values.text("security.clair.api") == "v4" {
                        ClairApi::V4
                    } else {
                        ClairApi::V2
                    },
                }),
            trivy: values.endpoint("security.trivy.server"),
            zypper: values.endpoint("security.zypper.server"),
            dummy: dummy && !production,
            rescan_after: Duration::from_secs(u64::from(days) * 24 * 60 * 60),
        };
        for (key, set) in [
            ("security.clair.server", read.clair.is_some()),
            ("security.trivy.server", read.trivy.is_some()),
            ("security.zypper.server", read.zypper.is_some()),
        ] {
            if set {
                values.warn(format!(
                    "{key} is set, but this version scans no images: their findings stay pending"
                ));
            }
        }
        read
    }
}

/// Where outgoing webhooks may go.
#[derive(Debug, Clone)]
pub struct Webhooks {
    pub allow_private: bool,
    /// Lower case.
    pub allow_hosts: Vec<String>,
}

impl Webhooks {
    pub(super) fn read(values: &Values) -> Self {
        Self {
            allow_private: values.flag("webhooks.allow_private"),
            allow_hosts: values
                .list("webhooks.allow_hosts")
                .iter()
                .map(|host| host.to_ascii_lowercase())
                .collect(),
        }
    }
}
