//! What the audit log keeps of registries, and of the jobs that look after them.

use super::{Activity, Kind};
use crate::entities::registry;

impl Activity {
    pub fn registry_created(registry: &registry::Model) -> Self {
        Self::of_registry("registry:create", registry)
    }

    pub fn registry_updated(registry: &registry::Model, fields: &[&str]) -> Self {
        Self::of_registry("registry:update", registry).with("fields", fields.to_vec())
    }

    pub fn sync_requested(registry: &registry::Model, strategy: &str) -> Self {
        Self::of_registry("registry:sync", registry).with("strategy", strategy)
    }

    pub fn sync_confirmed(registry: &registry::Model, run: i64) -> Self {
        Self::of_registry("registry:confirm_sync", registry).with("run", run)
    }

    pub fn job_wanted(job: &str) -> Self {
        Self::new("job:run", None).with("job", job)
    }

    fn of_registry(key: &'static str, registry: &registry::Model) -> Self {
        let mut it = Self::new(key, Some((Kind::Registry, registry.id)))
            .with("name", registry.name.as_str())
            .with("hostname", registry.hostname.as_str());
        it.registry_id = Some(registry.id);
        it
    }
}
