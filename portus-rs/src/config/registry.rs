//! The registry, the name by which it knows us, and what may be deleted from it.

use std::time::Duration;

use regex::Regex;

use super::Values;
use super::key::{COUNT, Key, Kind, POSITIVE};

pub(super) const KEYS: &[Key] = &[
    Key::new(
        "registry.jwt_expiration_time.value",
        Kind::Minutes,
        "15",
        "Minutes for which a token for the registry is good. Raise it for very long pushes.",
    )
    .was(&["jwt_expiration_time.value"]),
    Key::new(
        "registry.catalog_page.value",
        POSITIVE,
        "",
        "Entries to ask the registry for at once. Unset asks for 1000, and for no number when the registry refuses that.",
    ),
    Key::new("registry.timeout.value", POSITIVE, "2", "Seconds to wait for a connection to the registry."),
    Key::new(
        "registry.read_timeout.value",
        POSITIVE,
        "120",
        "Seconds to wait for an answer of the registry.",
    ),
    Key::new(
        "machine_fqdn.value",
        Kind::Text,
        UNCHANGED,
        "Public host name of this service: issuer of tokens (the registry's `auth.token.issuer`), host of links, allowed CORS origin.",
    )
    .legacy(&["PORTUS_MACHINE_FQDN", "MACHINE_FQDN"]),
    Key::new(
        "machine_fqdn.external_url",
        Kind::Url,
        "",
        "Where people and the registry reach this service, when it is not `https://` and the name above. Passkeys are used \
         at this address only and belong to its host.",
    )
    .since("portus-rs"),
    Key::new(
        "check_ssl_usage.enabled",
        Kind::Boolean,
        "true",
        "In production, answer pages requested without TLS with an explanation instead.",
    ),
    Key::new(
        "delete.enabled",
        Kind::Boolean,
        "true",
        "Allow deleting tags, repositories, namespaces and teams. The registry needs `storage.delete.enabled: true`.",
    ),
    Key::new("delete.contributors", Kind::Boolean, "false", "Let contributors of a team delete, too."),
    Key::new(
        "delete.garbage_collector.enabled",
        Kind::Boolean,
        "false",
        "Remove old tags in the background. Needs `delete.enabled`.",
    ),
    Key::new(
        "delete.garbage_collector.older_than",
        COUNT,
        "30",
        "Days since the last push and pull after which a tag is old.",
    ),
    Key::new(
        "delete.garbage_collector.keep_latest",
        COUNT,
        "5",
        "Newest tags of each repository that always stay.",
    )
    .since("Portus 2.5"),
    Key::new(
        "delete.garbage_collector.tag",
        Kind::Pattern,
        "",
        "Regular expression; only tags with a match somewhere in their name are removed. Empty: all.",
    ),
];

/// How to talk to registries.
#[derive(Debug, Clone)]
pub struct Registry {
    /// Life of a token.
    pub jwt_expiration_time: Duration,
    /// `n=` of catalog and tag lists; `None` was not set.
    pub catalog_page: Option<u32>,
    /// For connecting.
    pub timeout: Duration,
    pub read_timeout: Duration,
}

impl Registry {
    pub(super) fn read(values: &Values) -> Self {
        Self {
            jwt_expiration_time: values.seconds("registry.jwt_expiration_time.value"),
            catalog_page: values.maybe_number("registry.catalog_page.value"),
            timeout: values.seconds("registry.timeout.value"),
            read_timeout: values.seconds("registry.read_timeout.value"),
        }
    }
}

/// Who we are to the registry and to people.
#[derive(Debug, Clone)]
pub struct MachineFqdn {
    /// `iss` of registry tokens. Blank is a fault that the pages explain.
    pub value: String,
    /// Without a trailing slash.
    pub external_url: Option<String>,
    /// Whether anybody chose `value`.
    pub configured: bool,
}

/// Portus shipped it, so a file may hold it without anybody having chosen it.
const UNCHANGED: &str = "portus.test.lan";

impl MachineFqdn {
    pub(super) fn read(values: &mut Values, production: bool) -> Self {
        let value = values.text("machine_fqdn.value").trim().to_owned();
        let configured = !value.is_empty() && value != UNCHANGED;
        if production && value == UNCHANGED {
            values.warn(
                "You have not changed the FQDN configuration. Are you sure about this? \
                 Set PORTUS_MACHINE_FQDN_VALUE to the public host name of this service."
                    .to_owned(),
            );
        }
        if value.contains('/') || value.contains(char::is_whitespace) {
            values.refuse(
                "machine_fqdn.value",
                "must be a host name or an address alone; give a whole URL as machine_fqdn.external_url",
            );
        }
        let external_url = values
            .optional("machine_fqdn.external_url")
            .map(|url| url.trim_end_matches('/').to_owned());
        Self {
            value,
            external_url,
            configured,
        }
    }
}

/// What may be deleted.
#[derive(Debug, Clone)]
pub struct Delete {
    pub enabled: bool,
    pub contributors: bool,
    /// `None`: nothing is collected, be it that deletion is off altogether.
    pub garbage_collector: Option<GarbageCollector>,
}

#[derive(Debug, Clone)]
pub struct GarbageCollector {
    pub older_than: Duration,
    /// Per repository.
    pub keep_latest: u32,
    /// Unanchored.
    pub tag: Option<Regex>,
}

impl Delete {
    pub(super) fn read(values: &mut Values) -> Self {
        let enabled = values.flag("delete.enabled");
        let collect = values.flag("delete.garbage_collector.enabled");
        if collect && !enabled {
            values.warn(
                "delete.garbage_collector.enabled is true but delete.enabled is false, so nothing is collected; \
                 set delete.enabled to true"
                    .to_owned(),
            );
        }
        if collect && enabled {
            values.warn(
                "delete.garbage_collector.enabled is true, but this version collects nothing: no tag is removed by itself"
                    .to_owned(),
            );
        }
        let days = values.number::<u32>("delete.garbage_collector.older_than");
        Self {
            enabled,
            contributors: values.flag("delete.contributors"),
            garbage_collector: (collect && enabled).then(|| GarbageCollector {
                older_than: Duration::from_secs(u64::from(days) * 24 * 60 * 60),
                keep_latest: values.number("delete.garbage_collector.keep_latest"),
                tag: values
                    .optional("delete.garbage_collector.tag")
                    .and_then(|pattern| Regex::new(&pattern).ok()),
            }),
        }
    }
}
