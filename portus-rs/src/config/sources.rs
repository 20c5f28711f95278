//! Everything a configuration is made from, so that it can be made without a process around it.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::PathBuf;

/// The environment and the application root.
#[derive(Clone, Default)]
pub struct Sources {
    pub env: BTreeMap<String, String>,
    /// Variables whose value is not UTF-8.
    pub undecodable: BTreeSet<String>,
    /// Where relative paths start.
    pub root: PathBuf,
}

impl Sources {
    /// The environment and working directory of this process. Nothing else reads them.
    pub fn from_process() -> Self {
        let root = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
        Self::new(std::env::vars_os(), root)
    }

    /// Any pairs, be they UTF-8 or not.
    pub fn new(
        env: impl IntoIterator<Item = (OsString, OsString)>,
        root: impl Into<PathBuf>,
    ) -> Self {
        let mut sources = Self {
            root: root.into(),
            ..Self::default()
        };
        for (name, value) in env {
            // All known names are ASCII.
            let Ok(name) = name.into_string() else {
                continue;
            };
            match value.into_string() {
                Ok(value) => drop(sources.env.insert(name, value)),
                Err(_) => drop(sources.undecodable.insert(name)),
            }
        }
        sources
    }
}
