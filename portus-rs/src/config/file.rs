//! The configuration files: YAML to texts by key path, and secrets kept in files.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::report::{Origin, Problem};
use super::values::Values;
use super::yaml::{self, Node};
use super::{hint, keys, layers};

/// What one file sets.
pub(super) struct FileLayer {
    pub path: PathBuf,
    /// By key path; texts as written, so that `0123` stays what it is.
    pub texts: BTreeMap<String, String>,
}

/// More than any configuration, less than any disk image given by mistake.
const MOST: u64 = 1 << 20;

/// Reads the files there are, the most trusted first.
pub(super) fn layers(values: &mut Values, prefix: &str) -> Vec<FileLayer> {
    let mut layers = Vec::new();
    for (path, demanded) in layers::paths(values, prefix) {
        match read(&path) {
            Ok(Some(text)) => layers.push(layer(values, path, &text)),
            Ok(None) if demanded => values.warn(format!(
                "{prefix}_LOCAL_CONFIG_PATH: there is no file {}; create it or remove the variable",
                path.display()
            )),
            Ok(None) => {}
            Err(fault) => values.problems.push(Problem {
                name: path.display().to_string(),
                origin: None,
                value: None,
                fix: format!("cannot be read ({fault})"),
            }),
        }
    }
    layers
}

/// The text of a file, or `None` when there is no such file.
fn read(path: &Path) -> Result<Option<String>, String> {
    match std::fs::metadata(path) {
        Ok(found) if found.is_file() => {}
        Ok(_) => return Err("it is not a file".to_owned()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.to_string()),
    }
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    let mut text = String::new();
    match file.take(MOST + 1).read_to_string(&mut text) {
        Ok(size) if size as u64 > MOST => Err("it is larger than 1 MiB".to_owned()),
        Ok(_) => Ok(Some(text)),
        Err(error) => Err(error.to_string()),
    }
}

/// A secret kept in a file, without the line ends after it.
pub(super) fn read_secret(path: &Path) -> Result<String, String> {
    let text = read(path)?.ok_or("there is no such file")?;
    Ok(text.trim_end_matches('\n').to_owned())
}

fn layer(values: &mut Values, path: PathBuf, text: &str) -> FileLayer {
    let mut layer = FileLayer {
        path,
        texts: BTreeMap::new(),
    };
    let stem = layer
        .path
        .file_stem()
        .map_or_else(|| "config".to_owned(), |s| s.to_string_lossy().into_owned());
    let fault = match yaml::parse(text) {
        Ok(Node::Null) => None,
        Ok(Node::Map(entries)) => {
            Walk {
                values,
                layer: &mut layer,
                stem: &stem,
            }
            .section("", entries);
            None
        }
        Ok(_) => Some(format!(
            "Wrong format for the {stem} file! Write a mapping of keys to values."
        )),
        Err(fault) => Some(format!("is not YAML: {fault}")),
    };
    if let Some(fix) = fault {
        let name = layer.path.display().to_string();
        values.problems.push(Problem {
            name,
            origin: None,
            value: None,
            fix,
        });
    }
    layer
}

/// The way down a file, along the known keys.
struct Walk<'a> {
    values: &'a mut Values,
    layer: &'a mut FileLayer,
    stem: &'a str,
}

impl Walk<'_> {
    fn section(&mut self, above: &str, entries: Vec<(String, Node)>) {
        for (name, node) in entries {
            let path = if above.is_empty() {
                name
            } else {
                format!("{above}.{name}")
            };
            self.entry(path, node);
        }
    }

    fn entry(&mut self, path: String, node: Node) {
        let below = format!("{path}.");
        let is_section = paths().any(|known| known.starts_with(&below));
        match node {
            // Falls to the next layer, be it a key or a section.
            Node::Null => {}
            Node::Map(entries) if is_section => self.section(&path, entries),
            Node::Text(_) | Node::List(_) if is_section => {
                self.refuse(format!("{}: section '{path}' must be a mapping", self.stem));
            }
            node if paths().any(|known| known == path) => match node.into_text() {
                Some(text) => drop(self.layer.texts.insert(path, text)),
                None => self.refuse(format!("{}: '{path}' must be a single value", self.stem)),
            },
            _ => {
                let near = hint::nearest(&path, paths());
                let hint = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
                self.values.warn(format!(
                    "{}: there is no key '{path}'{hint}",
                    self.layer.path.display()
                ));
            }
        }
    }

    fn refuse(&mut self, fix: String) {
        let name = self.layer.path.display().to_string();
        self.values.problems.push(Problem {
            name,
            origin: Some(Origin::File(self.layer.path.clone())),
            value: None,
            fix,
        });
    }
}

/// All key paths that a file may hold, older ones included.
fn paths() -> impl Iterator<Item = &'static str> {
    keys()
        .filter(|key| key.in_file())
        .flat_map(|key| std::iter::once(key.name).chain(key.was.iter().copied()))
}
