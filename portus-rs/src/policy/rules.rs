//! The settings that decide about rights, and nothing else of the configuration.

pub use crate::config::PushPolicy;

/// Switches of `user_permission`, `delete` and their kin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own in the configuration"
)]
pub struct Rules {
    pub push: PushPolicy,
    pub delete: bool,
    pub delete_by_contributors: bool,
    pub create_team: bool,
    pub manage_team: bool,
    pub create_namespace: bool,
    pub manage_namespace: bool,
    pub change_visibility: bool,
    pub create_webhook: bool,
    pub manage_webhook: bool,
}

impl From<&crate::config::Config> for Rules {
    fn from(config: &crate::config::Config) -> Self {
        let switches = &config.user_permission;
        Self {
            push: switches.push_images,
            delete: config.delete.enabled,
            delete_by_contributors: config.delete.contributors,
            create_team: switches.create_team,
            manage_team: switches.manage_team,
            create_namespace: switches.create_namespace,
            manage_namespace: switches.manage_namespace,
            change_visibility: switches.change_visibility,
            create_webhook: switches.create_webhook,
            manage_webhook: switches.manage_webhook,
        }
    }
}
