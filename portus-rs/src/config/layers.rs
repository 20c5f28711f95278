//! The layers of a configuration: environment, its older names, files, built-in defaults.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::coerce::{Value, coerce};
use super::file::{self, FileLayer};
use super::key::{Key, Kind, variable};
use super::report::{Origin, Problem};
use super::values::{Setting, Values};
use super::{Sources, keys};

/// The first word of variables that stand for file keys.
pub(super) fn prefix(sources: &Sources) -> String {
    let given = sources.env.get("CCONFIG_PREFIX").map(|text| text.trim());
    given
        .filter(|text| !text.is_empty())
        .unwrap_or("PORTUS")
        .to_owned()
}

/// Finds the value of every key.
pub(super) fn resolve(sources: &Sources, prefix: &str) -> Values {
    let mut values = Values {
        settings: BTreeMap::new(),
        sources: sources.clone(),
        problems: Vec::new(),
        warnings: Vec::new(),
    };
    let files = file::layers(&mut values, prefix);
    for key in keys() {
        let setting = Lookup {
            key,
            prefix,
            values: &mut values,
        }
        .find(&files);
        values.settings.insert(key.name, setting);
    }
    super::hint::unknown_variables(&mut values, prefix);
    values
}

/// The search for the value of one key.
struct Lookup<'a> {
    key: &'static Key,
    prefix: &'a str,
    values: &'a mut Values,
}

type Found = (String, Origin);

/// Portus printed this when it met its own older names.
const OLD_DATABASE_NAMES: &str = "[DEPRECATED] The database configuration has been extended. With this extension \
    the Environment Variable Names have been changed. Instead of starting with 'PORTUS_PRODUCTION_' they now start \
    with 'PORTUS_DB_'. Please consolidate config/database.yml for further details.";

impl Lookup<'_> {
    fn find(mut self, files: &[FileLayer]) -> Setting {
        let found = self.in_environment().or_else(|| self.in_files(files));
        if let Some((text, origin)) = found {
            match coerce(self.key, &text) {
                Ok((value, remark)) => return self.accept(value, remark, &text, origin),
                Err(fix) => {
                    let value = Some(self.shown(&text));
                    let name = self.key.name.to_owned();
                    self.values.problems.push(Problem {
                        name,
                        origin: Some(origin),
                        value,
                        fix,
                    });
                }
            }
        }
        let (value, _) = coerce(self.key, self.key.default).expect("defaults fit their keys");
        Setting {
            key: self.key,
            value,
            origin: Origin::BuiltIn,
            shown: self.shown(self.key.default),
        }
    }

    fn accept(self, value: Value, remark: Option<&str>, text: &str, origin: Origin) -> Setting {
        let shown = self.shown(text);
        if let Some(remark) = remark {
            self.values.info(format!(
                "{} (from {origin}): '{shown}' {remark}",
                self.key.name
            ));
        }
        if let Some(instead) = self.key.ignored {
            self.values
                .info(format!("{} has no effect: {instead}", self.key.name));
        }
        Setting {
            key: self.key,
            value,
            origin,
            shown,
        }
    }

    /// The text as it may be printed.
    fn shown(&self, text: &str) -> String {
        let credentials = matches!(self.key.kind, Kind::Url | Kind::Endpoint);
        match text.rsplit_once('@') {
            _ if self.key.secret => "****".to_owned(),
            Some((_, rest)) if credentials => format!("****@{rest}"),
            _ => text.to_owned(),
        }
    }

    fn in_environment(&mut self) -> Option<Found> {
        let name = self.key.variable(self.prefix);
        let current = self.variable(&name, self.key.in_file());
        let former = self
            .former_names()
            .into_iter()
            .find_map(|former| self.variable(&former, false).map(|found| (former, found)));
        let Some((former, (text, origin))) = former else {
            return current;
        };
        if let Some((kept, _)) = &current {
            if *kept != text {
                self.values.warn(format!(
                    "{former} is not used, because {name} is set to something else; remove {former}"
                ));
            }
            return current;
        }
        if former.starts_with("PORTUS_PRODUCTION_") {
            self.values.warn(OLD_DATABASE_NAMES.to_owned());
        }
        self.values
            .warn(format!("{former} is the former name of {name}; rename it"));
        Some((text, origin))
    }

    /// Older variables that may count.
    fn former_names(&self) -> Vec<String> {
        let group = |start: &str| {
            let counts = |name: &str| self.values.variable_is_set(&format!("{start}{name}"));
            counts("ADAPTER") || counts("HOST")
        };
        let counts = |name: &&&str| {
            // Names as common as these may belong to somebody else.
            ["DB_", "MARIADB_"]
                .iter()
                .all(|start| !name.starts_with(start) || group(start))
        };
        let older = self.key.was.iter().map(|path| variable(self.prefix, path));
        self.key
            .legacy
            .iter()
            .filter(counts)
            .map(|name| (*name).to_owned())
            .chain(older)
            .collect()
    }

    /// The text of a variable or of the file that its `_FILE` twin names.
    fn variable(&mut self, name: &str, empty_counts: bool) -> Option<Found> {
        if self.values.sources.undecodable.contains(name) {
            self.values.problems.push(Problem {
                name: self.key.name.to_owned(),
                origin: Some(Origin::Variable(name.to_owned())),
                value: None,
                fix: "is not UTF-8 text; set it again in UTF-8".to_owned(),
            });
            return None;
        }
        let plain = self.values.sources.env.get(name).cloned();
        let blank = |text: &String| {
            if self.key.secret {
                text.is_empty()
            } else {
                text.trim().is_empty()
            }
        };
        let twin = format!("{name}_FILE");
        let file = Some(&twin)
            .filter(|_| self.key.secret)
            .and_then(|twin| self.values.sources.env.get(twin))
            .filter(|path| !path.trim().is_empty())
            .cloned();
        match (plain, file) {
            (Some(text), file) if !blank(&text) => {
                if file.is_some() {
                    self.values.warn(format!(
                        "{twin} is not used, because {name} is set too; remove one"
                    ));
                }
                Some((text, Origin::Variable(name.to_owned())))
            }
            (_, Some(path)) => self.secret_file(twin, &path),
            (Some(text), None) if empty_counts => Some((text, Origin::Variable(name.to_owned()))),
            _ => None,
        }
    }

    fn secret_file(&mut self, variable: String, path: &str) -> Option<Found> {
        let path = self.values.sources.root.join(path);
        match file::read_secret(&path) {
            Ok(text) => Some((text, Origin::SecretFile { variable, path })),
            Err(fault) => {
                self.values.problems.push(Problem {
                    name: variable.clone(),
                    origin: Some(Origin::Variable(variable)),
                    value: Some(path.display().to_string()),
                    fix: format!("cannot be read ({fault}); give the path of a text file that this process may read"),
                });
                None
            }
        }
    }

    fn in_files(&mut self, files: &[FileLayer]) -> Option<Found> {
        for layer in files {
            if let Some(text) = layer.texts.get(self.key.name) {
                return Some((text.clone(), Origin::File(layer.path.clone())));
            }
            for older in self.key.was {
                if let Some(text) = layer.texts.get(*older) {
                    let name = self.key.name;
                    self.values.warn(format!(
                        "{older} in {} is the former name of {name}; rename it",
                        layer.path.display()
                    ));
                    return Some((text.clone(), Origin::File(layer.path.clone())));
                }
            }
        }
        None
    }
}

/// Every variable that means something here, for `_FILE` twins and older names included.
pub(super) fn known_variables(prefix: &str) -> BTreeSet<String> {
    let mut known = BTreeSet::from([format!("{prefix}_LOCAL_CONFIG_PATH")]);
    for key in keys() {
        let older = key.was.iter().map(|path| variable(prefix, path));
        let legacy = key.legacy.iter().map(|name| (*name).to_owned());
        for name in older.chain(legacy).chain([key.variable(prefix)]) {
            if key.secret {
                known.insert(format!("{name}_FILE"));
            }
            known.insert(name);
        }
    }
    known
}

/// The file that a user may write, and the one that Portus shipped.
pub(super) fn paths(values: &Values, prefix: &str) -> [(PathBuf, bool); 2] {
    let name = format!("{prefix}_LOCAL_CONFIG_PATH");
    let given = values
        .sources
        .env
        .get(&name)
        .filter(|path| !path.trim().is_empty());
    let local = given.map_or("config/config-local.yml", String::as_str);
    let root = &values.sources.root;
    [
        (root.join(local), given.is_some()),
        (root.join("config/config.yml"), false),
    ]
}
