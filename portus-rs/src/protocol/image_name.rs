//! Names of repositories, namespaces and tags as registries accept them, and the namespace a user gets.

use std::fmt;

/// Longest repository or namespace name, in bytes.
pub const MAX_NAME: usize = 255;
/// Longest tag, in bytes.
pub const MAX_TAG: usize = 128;

/// Why a name was refused; the text is meant for the person who wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing is left to call it by.
    #[error("must not be empty")]
    Empty,
    /// More than [`MAX_NAME`] bytes.
    #[error("must not be longer than 255 characters")]
    TooLong,
    /// Something other than components joined by slashes.
    #[error(
        "may contain only a-z, 0-9 and, between them, one '.', one or two '_' or any number of '-'"
    )]
    Malformed,
}

/// A repository's full name, taken apart at its first slash.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ImageName {
    namespace: Option<String>,
    repository: String,
}

impl ImageName {
    /// Parses a full name such as `busybox` or `team/app/web`.
    pub fn parse(name: &str) -> Result<Self, NameError> {
        check_length(name)?;
        if !name.split('/').all(is_component) {
            return Err(NameError::Malformed);
        }
        Ok(match name.split_once('/') {
            Some((namespace, rest)) => Self {
                namespace: Some(namespace.to_owned()),
                repository: rest.to_owned(),
            },
            None => Self {
                namespace: None,
                repository: name.to_owned(),
            },
        })
    }

    /// The first component; `None` means the registry's global namespace.
    pub fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    /// Everything after the namespace; may hold slashes.
    pub fn repository(&self) -> &str {
        &self.repository
    }
}

impl fmt::Display for ImageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(namespace) = &self.namespace {
            write!(f, "{namespace}/")?;
        }
        f.write_str(&self.repository)
    }
}

/// Checks a namespace's name: one path component of at most [`MAX_NAME`] bytes.
pub fn check_namespace(name: &str) -> Result<(), NameError> {
    check_length(name)?;
    if is_component(name) {
        Ok(())
    } else {
        Err(NameError::Malformed)
    }
}

/// Whether registries accept this tag: `[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}`.
pub fn is_tag(tag: &str) -> bool {
    let word = |c: u8| c.is_ascii_alphanumeric() || c == b'_';
    tag.len() <= MAX_TAG
        && tag.bytes().next().is_some_and(word)
        && tag.bytes().all(|c| word(c) || c == b'.' || c == b'-')
}

fn check_length(name: &str) -> Result<(), NameError> {
    match name.len() {
        0 => Err(NameError::Empty),
        1..=MAX_NAME => Ok(()),
        _ => Err(NameError::TooLong),
    }
}

/// Runs of `a-z0-9` with one `.`, one or two `_` or any number of `-` between them.
fn is_component(text: &str) -> bool {
    let word = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
    let bytes = text.as_bytes();
    let edges = bytes.first().copied().is_some_and(word) && bytes.last().copied().is_some_and(word);
    edges
        && bytes
            .split(|c| word(*c))
            .all(|gap| matches!(gap, b"" | b"." | b"_" | b"__") || gap.iter().all(|c| *c == b'-'))
}

/// The name of a user's personal namespace before any suffix; `None` if nothing usable is in the name.
///
/// Lower case, cut to the first and last letter or digit, foreign characters become `_`, and a run
/// of separators becomes one `_`. A lone `-` or `.` stays.
pub fn personal_namespace(username: &str) -> Option<String> {
    let lower = username.to_lowercase();
    let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let core = lower.trim_matches(|c| !word(c));
    let mut name = String::with_capacity(core.len());
    let mut gap: Option<char> = None;
    for c in core.chars() {
        if word(c) {
            name.extend(gap.take());
            name.push(c);
        } else {
            let separator = if matches!(c, '.' | '-') { c } else { '_' };
            gap = Some(if gap.is_some() { '_' } else { separator });
        }
    }
    shorten(&mut name, MAX_NAME);
    check_namespace(&name).is_ok().then_some(name)
}

/// `base` with a number behind it, shortened so that the whole stays within [`MAX_NAME`] bytes.
pub fn with_suffix(base: &str, number: u32) -> String {
    let digits = number.to_string();
    let mut name = base.to_owned();
    shorten(&mut name, MAX_NAME - digits.len());
    name + &digits
}

/// The candidates to try for a personal namespace, best first: `name`, `name0`, `name1`, …
///
/// Ends after 1,000 suffixes.
pub fn candidates(base: &str) -> impl Iterator<Item = String> {
    std::iter::once(base.to_owned()).chain((0..1000).map(move |n| with_suffix(base, n)))
}

/// Cuts at `limit` bytes, then drops separators that the cut laid bare.
fn shorten(name: &mut String, limit: usize) {
    if name.len() > limit {
        let end = (0..=limit).rev().find(|i| name.is_char_boundary(*i));
        name.truncate(end.unwrap_or(0));
        let kept = name.trim_end_matches(['.', '_', '-']).len();
        name.truncate(kept);
    }
}

#[cfg(test)]
mod tests;
