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
    } else if name.chars().count() > MAX || canonical(name).chars().count() > MAX {
        Some(wordings::TOO_LONG.with(&[&MAX]))
    } else if name.trim() != name {
        Some("can't begin or end with a blank".to_owned())
    } else if name.contains(':') {
        // It would end the name in Basic credentials.
        Some("can't contain a colon".to_owned())
    } else if name.chars().any(char::is_control) {
        Some("can't contain control characters such as line breaks".to_owned())
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_login_could_carry_is_no_name() {
        for (name, complaint) in [
            ("", "can't be blank"),
            (" ann", "can't begin or end with a blank"),
            ("ann\u{3000}", "can't begin or end with a blank"),
            ("ann\n", "can't begin or end with a blank"),
            ("ann:lee", "can't contain a colon"),
            (
                "ann\nlee",
                "can't contain control characters such as line breaks",
            ),
            (
                "ann\u{7f}lee",
                "can't contain control characters such as line breaks",
            ),
        ] {
            assert_eq!(
                super::complaint(name).as_deref(),
                Some(complaint),
                "{name:?}"
            );
        }
        let long = "is too long (maximum is 255 characters)";
        assert_eq!(super::complaint(&"é".repeat(256)).as_deref(), Some(long));
        // Eighteen letters in one.
        assert_eq!(
            super::complaint(&"\u{fdfa}".repeat(15)).as_deref(),
            Some(long)
        );
        for name in ["ann", "Ann Lee", "ann.lee@example.org", "山田"] {
            assert_eq!(super::complaint(name), None);
        }
        assert_eq!(super::complaint(&"é".repeat(255)), None);
    }

    #[test]
    fn variants_of_a_name_are_one_name() {
        for variant in ["Ålice", "ÅLICE", "A\u{30a}lice", "ålice"] {
            assert_eq!(canonical(variant), "ålice");
        }
        assert_eq!(canonical("ﬁnn"), "finn");
        assert_eq!(canonical("Ｂob"), "bob");
    }
}
