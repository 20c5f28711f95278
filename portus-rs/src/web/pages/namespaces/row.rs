//! A namespace as a row of a table, wherever there is one.

use serde::Serialize;

use super::super::view::Moment;
use crate::queries::{namespaces, presented::NamespaceMore};

/// What the component `namespacerows` shows.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Clone, Serialize)]
pub struct Row {
    pub id: i64,
    pub name: String,
    /// What clients write before the name; pages show it where there is more than one.
    pub registry: String,
    pub repositories: i64,
    pub webhooks: i64,
    /// Whether the reader may see what they are.
    pub near_webhooks: bool,
    pub created_at: Moment,
    pub visibility: &'static str,
    pub global: bool,
    pub personal: bool,
    /// Whether the reader may open and close it.
    pub changeable: bool,
}

impl Row {
    #[expect(
        clippy::needless_pass_by_value,
        reason = "what a list gives is handed over"
    )]
    pub fn new(row: namespaces::Row, more: NamespaceMore) -> Self {
        let namespace = row.namespace;
        Self {
            id: namespace.id,
            // A global namespace has no name that people know.
            name: if namespace.global {
                row.registry_host.clone()
            } else {
                namespace.name
            },
            registry: row.registry_host,
            repositories: more.repositories_count,
            webhooks: more.webhooks_count,
            near_webhooks: more.permissions.webhooks,
            created_at: Moment(namespace.created_at),
            visibility: namespace.visibility.as_str(),
            global: namespace.global,
            personal: namespace.personal_user_id.is_some(),
            changeable: more.permissions.visibility,
        }
    }

    pub fn samples() -> Vec<Self> {
        let row = |id, visibility| Self {
            id,
            name: "space<canary>".to_owned(),
            registry: "registry.test<canary>".to_owned(),
            repositories: id,
            webhooks: 1,
            near_webhooks: id > 1,
            created_at: Moment(chrono::NaiveDateTime::default()),
            visibility,
            global: id == 1,
            personal: id == 2,
            changeable: id > 1,
        };
        vec![row(1, "public"), row(2, "private"), row(3, "protected")]
    }
}
