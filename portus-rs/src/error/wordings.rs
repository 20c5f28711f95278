//! Sentences for people that have values in them. They are made from here, so that a page that speaks another language
//! finds the same values in the same places.

use std::fmt::{Display, Write as _};

/// An English sentence with places for values, as in `no team {name}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wording(&'static str);

/// A part of a wording.
enum Piece {
    Text(&'static str),
    Place(&'static str),
}

impl Wording {
    /// The sentence with its places named.
    pub fn text(self) -> &'static str {
        self.0
    }

    /// The sentence with these values, in the order of its places.
    pub fn with(self, values: &[&dyn Display]) -> String {
        let mut sentence = String::new();
        let mut values = values.iter();
        for piece in self.pieces() {
            // Writing to a string cannot fail.
            let _ = match (piece, values.len()) {
                (Piece::Place(_), 1..) => values
                    .next()
                    .map_or(Ok(()), |value| write!(sentence, "{value}")),
                (Piece::Text(text) | Piece::Place(text), _) => write!(sentence, "{text}"),
            };
        }
        sentence
    }

    /// The values of a sentence that was made so, by the names of their places.
    pub fn read(self, sentence: &str) -> Option<Vec<(&'static str, &str)>> {
        let mut found = Vec::new();
        let mut open = None;
        let mut rest = sentence;
        for piece in self.pieces() {
            match piece {
                Piece::Place(name) => open = Some(name),
                Piece::Text(text) => match open.take() {
                    None => rest = rest.strip_prefix(text)?,
                    Some(name) => {
                        let last = self.0.ends_with(text);
                        let at = if last {
                            rest.len() - rest.strip_suffix(text).map(|_| text.len())?
                        } else {
                            rest.find(text)?
                        };
                        let (value, after) = rest.split_at(at);
                        found.push((name, value));
                        rest = &after[text.len()..];
                    }
                },
            }
        }
        match open {
            Some(name) => found.push((name, rest)),
            None if rest.is_empty() => {}
            None => return None,
        }
        Some(found)
    }

    /// The names of its places.
    pub fn places(self) -> impl Iterator<Item = &'static str> {
        self.pieces().filter_map(|piece| match piece {
            Piece::Place(name) => Some(name),
            Piece::Text(_) => None,
        })
    }

    fn pieces(self) -> impl Iterator<Item = Piece> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            if let Some((name, after)) = rest.strip_prefix('{').and_then(|it| it.split_once('}')) {
                rest = after;
                return Some(Piece::Place(name));
            }
            let (text, after) = rest.split_at(rest.find('{').unwrap_or(rest.len()));
            rest = after;
            Some(Piece::Text(text))
        })
    }
}

macro_rules! wordings {
    ($($name:ident: $text:literal;)+) => {
        $(pub const $name: Wording = Wording($text);)+

        /// All of them.
        pub const ALL: &[Wording] = &[$($name),+];
    };
}

wordings! {
    TOO_MANY_ATTEMPTS: "Too many attempts from your address. Please try again in {minutes} minutes.";
    TOO_SHORT: "is too short (minimum is {least} characters)";
    TOO_LONG: "is too long (maximum is {most} characters)";
    TOO_MANY_BYTES: "is too long (maximum is {most} bytes)";
    TOO_MANY_DIGESTS: "is too long (maximum is {most} digests)";
    TOO_MANY_DAYS: "must be between 1 and {most} days";
    TOO_MANY_TOKENS: "Users cannot have more than {most} application tokens";
    TOO_MANY_HEADERS: "A webhook cannot have more than {most} headers";
    TOO_MANY_TRUSTS: "A bot cannot trust more than {most} times";
    NO_NAME_OF_A_NAMESPACE: "'{name}' cannot be transformed into a valid namespace name";
    NO_SUCH_NAME: "'{name}' does not exist";
    CLAIM_TWICE: "'{claim}' is there twice";
    CLAIM_WITHOUT_PATTERN: "'{claim}' must be NAME=PATTERN";
    UNKNOWN_TEAM: "unknown team '{name}'";
    UNKNOWN_REGISTRY: "unknown registry '{name}'";
    UNKNOWN_VISIBILITY: "unknown visibility kind '{word}'";
    NO_REGISTRY_CALLED: "there is no registry called '{name}'";
    JOB_RUNS_ALREADY: "the job '{job}' runs already";
    NOTHING_TO_CONFIRM: "nothing of {registry} waits for a confirmation";
    NOTHING_HELD_BACK: "the synchronization {run} holds nothing back: it is {state}";
    NOT_GIVEN_UP: "the event {event} has not been given up: it is {state}";
    TAG_STAYS: "Could not remove {tag} tag";
    TAGS_STAY: "could not remove {tags} tag(s)";
    REGISTRY_ANSWERED: "the registry answered {status}";
    IN_THE_DIRECTORY: "The username '{name}' already exists on the LDAP server. Use another name to avoid name collision";
    OTHER_DOMAIN: "Email addresses on the domain {domain} aren't allowed.";
    OTHER_GROUP: "The {provider} account isn't in allowed group.";
    NOT_AUTHENTICATED: "Could not authenticate you from {provider} because \"{reason}\".";
    NOT_FOR_WEBHOOKS: "leads to a {reason}, where webhooks may not go (an admin can allow it with {setting})";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_gives_its_values_back() {
        for wording in ALL {
            let values: Vec<String> = (0..wording.places().count())
                .map(|it| format!("it's {it}"))
                .collect();
            let given: Vec<&dyn Display> = values.iter().map(|it| it as &dyn Display).collect();
            let sentence = wording.with(&given);
            assert!(!sentence.contains('{'), "{sentence}");
            let found = wording
                .read(&sentence)
                .unwrap_or_else(|| panic!("{sentence}"));
            let wanted: Vec<(&str, &str)> = wording
                .places()
                .zip(values.iter().map(String::as_str))
                .collect();
            assert_eq!(found, wanted, "{sentence}");
        }
    }

    #[test]
    fn another_sentence_gives_none() {
        for other in [
            "",
            "Too many attempts",
            "is too long (maximum is 3 words)",
            "x is too long (maximum is 3 bytes)",
        ] {
            assert!(ALL.iter().all(|it| it.read(other).is_none()), "{other}");
        }
    }
}
