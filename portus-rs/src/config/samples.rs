//! Secrets that somebody published: whoever uses one has none.

/// From Portus' `config/secrets.yml` through the years, its Compose examples and the guides of
/// the third-party image.
const KEY_BASES: &[&str] = &[
    "8bc8ccc710eafd73d43cd59ac8881aadc89f7a6ab55f1ac11c97fb436a3931cc78c38e735e664958d9e793725f3d52178f4e2c376c346edbaca3936aebf66e27",
    "b494a25faa8d22e430e843e220e424e10ac84d2ce0e64231f5b636d21251eb6d267adb042ad5884cbff0f3891bcf911bdf8abb3ce719849ccda9a4889249e5c2",
    "03423ada1c1d3dce1638664c17ad9debe3401fa51ae332ddfe9bc04de70466cf2213c619911c181534d2ba77836c0da50ce7e9748aad7c2e5c40e5b8ddb1d997",
    "secret-goes-here",
    "CHANGE_ME",
];

/// Of the hidden account, from the same places.
const PASSWORDS: &[&str] = &["portus1234", "12341234"];

/// SHA-256 of the public halves (DER) of private keys in the Portus repository: those of its
/// development server, its example registry and its example authority.
pub const KEYS: &[&str] = &[
    "7ced32b524fcedfa2d1f1e6004a52888d30d33fe38fc6cc642abd0577434b3cb",
    "b750dd624ece753aafab3a323c47a390b62c5ef98aca154a76ab8cae6f7bb9d4",
    "48111fdef76c35d3926f9f10fa6f09cb8921cb0e29144a8566068ad923aff128",
];

/// Whether this key base is known to everybody.
pub fn is_key_base(text: &str) -> bool {
    KEY_BASES.contains(&text.trim())
}

/// Whether this password of the hidden account is known to everybody.
pub fn is_password(text: &str) -> bool {
    PASSWORDS.contains(&text)
}
