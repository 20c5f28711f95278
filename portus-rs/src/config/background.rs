//! Work done in the background: events of the registry, and the comparison with its catalog.

use std::time::Duration;

use super::Values;
use super::key::{Key, Kind};
use super::schedule::Schedule;

pub(super) const KEYS: &[Key] = &[
    Key::new(
        "background.registry.enabled",
        Kind::Boolean,
        "true",
        "Process what the registry notifies about. Switching this off is discouraged.",
    ),
    Key::new("background.sync.enabled", Kind::Boolean, "true", "Compare with the catalog of the registry."),
    Key::new(
        "background.sync.strategy",
        Kind::Choice(&[
            ("update-delete", "update-delete"),
            ("update", "update"),
            ("on-start", "on-start"),
            ("initial", "initial"),
        ]),
        "update-delete",
        "`update-delete` adds and removes, `update` only adds, `on-start` does so once per start, `initial` only while there is nothing yet.",
    ),
    Key::new(
        "background.sync.orphans",
        Kind::Choice(&[("create", "create"), ("skip", "skip")]),
        "create",
        "Repositories of namespaces that nobody made: `create` a namespace for them, or `skip` them.",
    )
    .since("portus-rs"),
    Key::new(
        "CATALOG_CRON",
        Kind::Text,
        "",
        "How often to compare: minutes, `30.seconds`, `2.hours`, or a cron line of five fields. Implies the strategy `update-delete` unless PORTUS_BACKGROUND_SYNC_STRATEGY is set.",
    )
    .since("Portus up to 2.2"),
];

#[derive(Debug, Clone)]
pub struct Background {
    /// Whether events of the registry are processed.
    pub registry: bool,
    pub sync: SyncSettings,
}

/// The comparison with the catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncSettings {
    pub enabled: bool,
    pub strategy: SyncStrategy,
    pub schedule: Schedule,
    pub orphans: OrphanPolicy,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyncStrategy {
    UpdateDelete,
    Update,
    /// Adds and removes, once per start.
    OnStart,
    /// Only while the database knows no repository.
    Initial,
}

impl SyncStrategy {
    pub const ALL: [Self; 4] = [
        Self::UpdateDelete,
        Self::Update,
        Self::OnStart,
        Self::Initial,
    ];

    /// The word for it in configuration, requests and rows.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UpdateDelete => "update-delete",
            Self::Update => "update",
            Self::OnStart => "on-start",
            Self::Initial => "initial",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// What happens to repositories of a namespace that does not exist here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrphanPolicy {
    Create,
    Skip,
}

const USUAL: Schedule = Schedule::Every(Duration::from_mins(10));

impl Background {
    pub(super) fn read(values: &mut Values) -> Self {
        let registry = values.flag("background.registry.enabled");
        if !registry {
            values.warn(
                "Registry integration has been disabled. This is highly discouraged!".to_owned(),
            );
        }
        let mut sync = SyncSettings {
            enabled: values.flag("background.sync.enabled"),
            strategy: SyncStrategy::parse(&values.text("background.sync.strategy"))
                .unwrap_or(SyncStrategy::UpdateDelete),
            schedule: USUAL,
            orphans: match values.text("background.sync.orphans").as_str() {
                "skip" => OrphanPolicy::Skip,
                _ => OrphanPolicy::Create,
            },
        };
        if let Some(text) = values.optional("CATALOG_CRON") {
            match Schedule::parse(&text) {
                Ok(schedule) if values.is_from_environment("background.sync.strategy") => {
                    sync.schedule = schedule;
                }
                Ok(schedule) => {
                    sync = SyncSettings {
                        enabled: true,
                        strategy: SyncStrategy::UpdateDelete,
                        schedule,
                        orphans: sync.orphans,
                    };
                }
                Err(fix) => values.refuse("CATALOG_CRON", &fix),
            }
        }
        Self { registry, sync }
    }
}
