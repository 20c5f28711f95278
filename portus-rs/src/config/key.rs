//! What a setting is: its name, type, default and meaning. Every other file of this room works
//! from these definitions.

/// One setting.
#[derive(Debug)]
pub struct Key {
    /// `email.smtp.port` for a key of the configuration file, `PORTUS_DB_HOST` for a setting that
    /// only the environment can give.
    pub name: &'static str,
    pub kind: Kind,
    /// As it would be written in a file; empty means none.
    pub default: &'static str,
    /// Never shown, and readable from the file that `<VARIABLE>_FILE` names.
    pub secret: bool,
    pub meaning: &'static str,
    /// Where a user may know it from: `Portus`, `Portus 2.5`, `portus-rs`.
    pub since: &'static str,
    /// Older variables with the same meaning, the most trusted first.
    pub legacy: &'static [&'static str],
    /// Older paths of a file key; each is a variable too, by the usual rule.
    pub was: &'static [&'static str],
    /// Accepted so that old set-ups start, but without effect; says what happens instead.
    pub ignored: Option<&'static str>,
}

/// How the text of a setting is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Verbatim.
    Text,
    Boolean,
    /// Yes when there is any text, unless the text is a word for no.
    Switch,
    /// Yes when there is any text at all.
    Presence,
    Integer {
        min: i64,
        max: i64,
    },
    /// Whole minutes, or `5.minutes`, `300.seconds`, `1.hours`.
    Minutes,
    /// One of these words; the second of a pair is the one it stands for.
    Choice(&'static [(&'static str, &'static str)]),
    /// A regular expression.
    Pattern,
    /// An absolute `http` or `https` URL without credentials.
    Url,
    /// The same, but `http://` is added when no scheme is given, and credentials are fine.
    Endpoint,
    /// A mail address.
    Email,
    /// The path of a file that must be readable.
    File,
    /// A path that need not exist yet.
    Path,
    /// Items separated by commas; in a file also a list.
    List,
}

/// From one to the largest number that every consumer can hold.
pub(super) const POSITIVE: Kind = Kind::Integer {
    min: 1,
    max: i32::MAX as i64,
};
pub(super) const COUNT: Kind = Kind::Integer {
    min: 0,
    max: i32::MAX as i64,
};
pub(super) const PORT: Kind = Kind::Integer {
    min: 1,
    max: 65_535,
};

impl Key {
    pub(super) const fn new(
        name: &'static str,
        kind: Kind,
        default: &'static str,
        meaning: &'static str,
    ) -> Self {
        Self {
            name,
            kind,
            default,
            meaning,
            secret: false,
            since: "Portus",
            legacy: &[],
            was: &[],
            ignored: None,
        }
    }

    pub(super) const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    pub(super) const fn since(mut self, since: &'static str) -> Self {
        self.since = since;
        self
    }

    pub(super) const fn legacy(mut self, names: &'static [&'static str]) -> Self {
        self.legacy = names;
        self
    }

    pub(super) const fn was(mut self, paths: &'static [&'static str]) -> Self {
        self.was = paths;
        self
    }

    pub(super) const fn ignored(mut self, instead: &'static str) -> Self {
        self.ignored = Some(instead);
        self
    }

    /// Whether a configuration file can set it.
    pub fn in_file(&self) -> bool {
        self.name.starts_with(|c: char| c.is_ascii_lowercase())
    }

    /// The environment variable that sets it.
    pub fn variable(&self, prefix: &str) -> String {
        if self.in_file() {
            variable(prefix, self.name)
        } else {
            self.name.to_owned()
        }
    }
}

/// The variable of a file key: prefix and path, upper-cased and joined by underscores.
pub(super) fn variable(prefix: &str, path: &str) -> String {
    format!("{prefix}_{}", path.replace('.', "_").to_ascii_uppercase())
}
