//! The configuration in force, and the reference of all that can be set.

use std::fmt::Write;

use serde_yaml::{Mapping, Value as Yaml};

use super::coerce::Value;
use super::key::{Key, Kind};
use super::report::Origin;
use super::values::Setting;
use super::{Loaded, keys};

/// What `portus:info` prints: the file keys as YAML, and the settings that only the environment
/// gives as far as it does. Secrets are `****`.
///
/// # Panics
/// Never: plain values can be written as YAML.
pub fn render_info(loaded: &Loaded) -> String {
    let mut tree = Mapping::new();
    let mut environment = Mapping::new();
    for key in keys() {
        let setting = &loaded.settings[key.name];
        if key.in_file() {
            // A former name shows only when somebody still uses it.
            if !key.since.contains("to 2.3") && !key.since.contains("only")
                || setting.origin != Origin::BuiltIn
            {
                insert(&mut tree, key.name, shown(setting));
            }
        } else if setting.origin != Origin::BuiltIn {
            environment.insert(key.name.into(), shown(setting));
        }
    }
    if !environment.is_empty() {
        tree.insert("environment".into(), Yaml::Mapping(environment));
    }
    let yaml = serde_yaml::to_string(&tree).expect("a mapping of plain values is YAML");
    format!("Evaluated configuration:\n---\n{yaml}")
}

fn insert(tree: &mut Mapping, path: &str, value: Yaml) {
    match path.split_once('.') {
        None => drop(tree.insert(path.into(), value)),
        Some((section, rest)) => {
            let below = tree
                .entry(section.into())
                .or_insert_with(|| Yaml::Mapping(Mapping::new()));
            if let Yaml::Mapping(below) = below {
                insert(below, rest, value);
            }
        }
    }
}

fn shown(setting: &Setting) -> Yaml {
    match &setting.value {
        _ if setting.key.secret => "****".into(),
        Value::Secret(_) => "****".into(),
        Value::None => "".into(),
        Value::Text(text) => text.as_str().into(),
        Value::Flag(flag) => (*flag).into(),
        Value::Number(number) => (*number).into(),
        Value::Span(span) if span.as_secs() % 60 == 0 => (span.as_secs() / 60).into(),
        Value::Span(span) => format!("{}.seconds", span.as_secs()).into(),
        Value::Endpoint(_) => setting.shown.as_str().into(),
        Value::List(items) => items.join(",").into(),
    }
}

/// `docs/CONFIGURATION.md`.
pub fn reference_markdown() -> String {
    let mut text = String::from(INTRODUCTION);
    text.push_str("\n## Keys of the configuration file\n");
    let mut section = "";
    for key in keys().filter(|key| key.in_file()) {
        let own = key.name.split('.').next().unwrap_or(key.name);
        if own != section {
            section = own;
            let _ = write!(text, "\n### `{section}`\n\n{HEAD}");
        }
        row(&mut text, key);
    }
    let _ = write!(text, "\n## Settings of the environment only\n\n{HEAD}");
    for key in keys().filter(|key| !key.in_file()) {
        row(&mut text, key);
    }
    text.push_str("\n## Former names\n\nEach still works, with a warning.\n\n| Former | Now |\n| --- | --- |\n");
    for key in keys() {
        let paths = key
            .was
            .iter()
            .map(|path| format!("`{path}`, `{}`", super::key::variable("PORTUS", path)));
        for former in key
            .legacy
            .iter()
            .map(|name| format!("`{name}`"))
            .chain(paths)
        {
            let _ = writeln!(text, "| {former} | `{}` |", key.variable("PORTUS"));
        }
    }
    text
}

const HEAD: &str = "| Setting | Values | Default | Meaning |\n| --- | --- | --- | --- |\n";

const INTRODUCTION: &str = "\
# Configuration

<!-- Written by the tests from the keys in portus-rs/src/config; PORTUS_UPDATE_DOCS=1 cargo test reference rewrites it. -->

Nothing has to be set to try portus-rs. Every setting below can come from, the first wins:

1. its environment variable;
2. a former name of that variable;
3. the file `config/config-local.yml`, or the one that `PORTUS_LOCAL_CONFIG_PATH` names;
4. the file `config/config.yml`;
5. the default.

Relative paths start at the working directory (`/srv/Portus` in the image). Everything is read once, at the start.

The variable of a key is `PORTUS_` and its path in capitals, joined by underscores: `email.smtp.port` is
`PORTUS_EMAIL_SMTP_PORT`. `CCONFIG_PREFIX` replaces the word `PORTUS` in variables of file keys.

Booleans are `true`, `t`, `yes`, `y`, `on`, `1` and `false`, `f`, `no`, `n`, `off`, `0`, in capitals too. Text is taken as it is.
A setting marked *secret* is never shown, and can be kept in a file: `<VARIABLE>_FILE` names it.

`portus-rs portus:info` prints what is in force. An unknown name is reported with the name it resembles.
";

fn row(text: &mut String, key: &Key) {
    let mut meaning = key.meaning.to_owned();
    if let Some(instead) = key.ignored {
        let _ = write!(meaning, " No effect: {instead}.");
    }
    if key.secret {
        meaning.push_str(" *Secret.*");
    }
    if key.since != "Portus" {
        let _ = write!(meaning, " ({})", key.since);
    }
    let default = if key.default.is_empty() {
        String::new()
    } else {
        format!("`{}`", key.default)
    };
    let variable = if key.in_file() {
        format!("<br>`{}`", key.variable("PORTUS"))
    } else {
        String::new()
    };
    let _ = writeln!(
        text,
        "| `{}`{variable} | {} | {default} | {} |",
        key.name,
        accepted(key.kind),
        meaning.replace('|', "\\|")
    );
}

fn accepted(kind: Kind) -> String {
    match kind {
        Kind::Text => "text".to_owned(),
        Kind::Boolean => "boolean".to_owned(),
        Kind::Switch => "any text but a word for no".to_owned(),
        Kind::Presence => "any text".to_owned(),
        Kind::Integer { min, max } if max == i64::from(i32::MAX) => format!("number from {min}"),
        Kind::Integer { min, max } => format!("number from {min} to {max}"),
        Kind::Minutes => "minutes".to_owned(),
        Kind::Choice(words) => {
            let words = words.iter().filter(|(word, _)| !word.is_empty());
            words
                .map(|(word, _)| format!("`{word}`"))
                .collect::<Vec<_>>()
                .join(", ")
        }
        Kind::Pattern => "regular expression".to_owned(),
        Kind::Url | Kind::Endpoint => "URL".to_owned(),
        Kind::Email => "mail address".to_owned(),
        Kind::File | Kind::Path => "path".to_owned(),
        Kind::List => "list".to_owned(),
    }
}
