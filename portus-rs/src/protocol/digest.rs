//! Content digests: `sha256:` and 64 hexadecimal digits, or the longer hashes of the same family.

use serde::{Serialize, Serializer};
use std::fmt;

/// A digest whose syntax was checked.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest(String);

/// Text that is no digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a digest: expected sha256: and 64 hexadecimal digits")]
pub struct InvalidDigest;

impl Digest {
    /// Reads `sha256:…`, `sha384:…` or `sha512:…` in lower case.
    pub fn parse(text: &str) -> Result<Self, InvalidDigest> {
        let (algorithm, digits) = text.split_once(':').ok_or(InvalidDigest)?;
        let length = match algorithm {
            "sha256" => 64,
            "sha384" => 96,
            "sha512" => 128,
            _ => return Err(InvalidDigest),
        };
        let hexadecimal = |c: u8| matches!(c, b'0'..=b'9' | b'a'..=b'f');
        if digits.len() == length && digits.bytes().all(hexadecimal) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidDigest)
        }
    }

    /// The SHA-256 digest of `content`.
    pub fn of(content: &[u8]) -> Self {
        Self(format!("sha256:{}", hex(&openssl::sha::sha256(content))))
    }

    /// Whether `content` has this digest; SHA-384 is not computed and never matches.
    pub fn matches(&self, content: &[u8]) -> bool {
        match self.0.split_once(':') {
            Some(("sha256", digits)) => hex(&openssl::sha::sha256(content)) == digits,
            Some(("sha512", digits)) => hex(&openssl::sha::sha512(content)) == digits,
            _ => false,
        }
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The digits behind the colon.
    pub fn digits(&self) -> &str {
        self.0.split_once(':').map_or("", |(_, digits)| digits)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for Digest {
    type Err = InvalidDigest;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn digests_are_checked_whole() {
        let empty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(Digest::of(b"").as_str(), empty);
        assert!(Digest::parse(empty).unwrap().matches(b""));
        assert!(!Digest::parse(empty).unwrap().matches(b"x"));
        let long = format!("sha512:{}", hex(&openssl::sha::sha512(b"x")));
        assert!(Digest::parse(&long).unwrap().matches(b"x"));
        for bad in [
            "",
            "sha256:",
            "sha256:abc",
            "md5:00",
            &empty.to_uppercase(),
            &format!("{empty}\n"),
            &empty[1..],
        ] {
            assert_eq!(Digest::parse(bad), Err(InvalidDigest), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_parser(text in any::<String>()) {
            let _ = Digest::parse(&text);
        }
    }
}
