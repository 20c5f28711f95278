//! One canonical form of a user name, for login, uniqueness, throttling and caches.

use unicode_normalization::UnicodeNormalization as _;

use crate::error::wordings;

/// Longest user name, in characters.
pub const MAX: usize = 255;

/// Case and compatibility variants of a name are the same name: NFKC, lower case, NFKC again.
pub fn canonical(name: &str) -> String {
    let folded: String = name.nfkc().flat_map(char::to_lowercase).collect();
    folded.nfkc().collect()
}

/// What is wrong with a user name that is to be created, if anything.
pub fn complaint(name: &str) -> Option<String> {
    if name.is_empty() {
        Some("can't be blank".to_owned())
    } else if name.chars().count() > MAX {
        Some(wordings::TOO_LONG.with(&[&MAX]))
    } else if name.trim() != name || name.contains(':') || name.chars().any(char::is_control) {
        // A colon would end the name in Basic credentials.
        Some("is invalid".to_owned())
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_of_a_name_are_one_name() {
        for variant in ["Ålice", "ÅLICE", "A\u{30a}lice", "ålice"] {
            assert_eq!(canonical(variant), "ålice");
        }
        assert_eq!(canonical("ﬁnn"), "finn");
        assert_eq!(canonical("Ｂob"), "bob");
    }
}
