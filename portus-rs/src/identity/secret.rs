//! Random secrets that people carry: application tokens, refresh tokens, sessions, a registry's event secret. They have a
//! prefix by which a scanner finds them in a repository, and a checksum by which a truncated one is refused unseen.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use openssl::{rand::rand_bytes, sha::sha256};

use crate::error::{Error, Result};

/// What a secret is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Application,
    Refresh,
    /// In the cookie of a browser that has signed in.
    Session,
    /// In the link by which a forgotten password is set anew.
    PasswordReset,
    /// In the cookie of a browser whose person a provider knows, and we do not yet.
    SignIn,
    /// In the cookie of a browser that has been asked to sign with a passkey.
    Passkey,
    /// Sent by a registry with its notifications.
    Events,
}

impl Kind {
    fn prefix(self) -> &'static str {
        match self {
            Self::Application => "prs_a_",
            Self::Refresh => "prs_r_",
            Self::Session => "prs_s_",
            Self::PasswordReset => "prs_p_",
            Self::SignIn => "prs_i_",
            Self::Passkey => "prs_k_",
            Self::Events => "prs_e_",
        }
    }
}

/// Bytes of randomness.
const RANDOM: usize = 32;
/// Bytes of checksum.
const CHECK: usize = 4;

/// A new secret: shown once, stored as [`fingerprint`].
pub fn generate(kind: Kind) -> Result<String> {
    let mut bytes = [0; RANDOM + CHECK];
    rand_bytes(&mut bytes[..RANDOM]).map_err(|error| Error::Internal(error.into()))?;
    let check = sha256(&bytes[..RANDOM]);
    bytes[RANDOM..].copy_from_slice(&check[..CHECK]);
    Ok(format!(
        "{}{}",
        kind.prefix(),
        URL_SAFE_NO_PAD.encode(bytes)
    ))
}

/// Whether this can be a whole secret of that kind, without asking the database.
pub fn is_wellformed(kind: Kind, secret: &str) -> bool {
    let Some(body) = secret.strip_prefix(kind.prefix()) else {
        return false;
    };
    match URL_SAFE_NO_PAD.decode(body) {
        Ok(bytes) if bytes.len() == RANDOM + CHECK => {
            sha256(&bytes[..RANDOM])[..CHECK] == bytes[RANDOM..]
        }
        _ => false,
    }
}

/// What is stored of a secret: its SHA-256 in hexadecimal. The secrets are random, so no salt is needed.
pub fn fingerprint(secret: &str) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(64);
    for byte in sha256(secret.as_bytes()) {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Compares two texts in a time that tells nothing but their lengths.
pub fn same(a: &str, b: &str) -> bool {
    a.len() == b.len() && openssl::memcmp::eq(a.as_bytes(), b.as_bytes())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_secret_with_a_character_missing_added_or_changed_is_refused() {
        for kind in [
            Kind::Application,
            Kind::Refresh,
            Kind::Session,
            Kind::PasswordReset,
            Kind::SignIn,
            Kind::Passkey,
            Kind::Events,
        ] {
            let secret = generate(kind).unwrap();
            assert!(is_wellformed(kind, &secret));
            assert!(!is_wellformed(kind, &secret[..secret.len() - 1]));
            assert!(!is_wellformed(kind, &format!("{secret}A")));
            let other = if secret.ends_with('A') { "B" } else { "A" };
            assert!(!is_wellformed(
                kind,
                &format!("{}{other}", &secret[..secret.len() - 1])
            ));
            assert!(!secret.contains(':'));
        }
    }

    proptest! {
        #[test]
        fn no_other_text_is_taken_for_a_secret(text in "\\PC{0,80}") {
            prop_assert!(!is_wellformed(Kind::Application, &text));
            let prefixed = format!("prs_a_{text}");
            prop_assert!(!is_wellformed(Kind::Application, &prefixed));
        }
    }
}
