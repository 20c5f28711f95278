//! Which registry a host belongs to, as clients and registries write hosts: with or without a port, in any case.

use std::sync::Arc;

use crate::entities::registry;

/// The registry of a host: with its port, else without where that names but one.
pub fn find<'a>(
    registries: &'a [Arc<registry::Model>],
    host: &str,
) -> Option<&'a Arc<registry::Model>> {
    let exact = |registry: &&Arc<registry::Model>| {
        hosts(registry).any(|known| known.eq_ignore_ascii_case(host))
    };
    if let Some(found) = registries.iter().find(exact) {
        return Some(found);
    }
    let mut alike = registries.iter().filter(|registry| names(registry, host));
    // Two registries on one host differ by their ports alone.
    alike.next().filter(|_| alike.next().is_none())
}

/// Whether a host, with or without its port, is one of the registry's.
pub fn names(registry: &registry::Model, host: &str) -> bool {
    hosts(registry).any(|known| bare(known).eq_ignore_ascii_case(bare(host)))
}

fn hosts(registry: &registry::Model) -> impl Iterator<Item = &str> {
    let external = registry.external_hostname.as_deref();
    [Some(registry.hostname.as_str()), external]
        .into_iter()
        .flatten()
}

/// A host without its port.
fn bare(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port))
            if !port.is_empty()
                && port.bytes().all(|c| c.is_ascii_digit())
                && (!name.contains(':') || name.ends_with(']')) =>
        {
            name
        }
        _ => host,
    }
}
