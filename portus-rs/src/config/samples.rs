//! Secrets that somebody published: whoever uses one has none.

const KEY_BASES: &[&str] = &["secret-goes-here"];
const PASSWORDS: &[&str] = &["portus1234", "12341234"];

/// Whether this key base is known to everybody.
pub fn is_key_base(text: &str) -> bool {
    KEY_BASES.contains(&text.trim())
}

/// Whether this password of the hidden account is known to everybody.
pub fn is_password(text: &str) -> bool {
    PASSWORDS.contains(&text)
}
