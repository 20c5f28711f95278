//! Tokens that identity providers sign, about people who sign in and about jobs that run somewhere (OpenID Connect Core
//! 1.0, RFC 7519). No I/O: keys are handed in, and nothing in a token's header chooses a key or an algorithm by itself.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::NaiveDateTime;
use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse},
};
use serde::Deserialize;
use serde_json::{Map, Value};

#[cfg(test)]
mod tests;

/// Longest token read, in bytes.
pub const LONGEST: usize = 16 * 1024;
/// Seconds by which clocks may differ.
pub const SKEW: i64 = 60;
/// Keys of one set that are tried at most.
const MOST_KEYS: usize = 64;

/// Why a token is not believed. Never holds any part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("it is no signed token")]
    Malformed,
    #[error("it is signed with a key that the issuer does not publish")]
    UnknownKey,
    #[error("its signature does not fit")]
    Forged,
    #[error("it comes from another issuer")]
    OtherIssuer,
    #[error("it is meant for somebody else")]
    OtherAudience,
    #[error("it has expired")]
    Expired,
    #[error("it is not valid yet")]
    Early,
    #[error("it says neither whom it is about nor until when it is valid")]
    Incomplete,
    #[error("it answers another request")]
    OtherNonce,
}

/// The public keys of an issuer, each with the one algorithm it verifies.
#[derive(Clone, Debug, Default)]
pub struct Keys(Vec<Key>);

#[derive(Clone, Debug)]
struct Key {
    id: Option<String>,
    algorithm: Algorithm,
    key: DecodingKey,
}

impl Keys {
    /// The keys of a JWK set (RFC 7517) that can verify a signature; others are left out, shared secrets too.
    pub fn read(set: &Value) -> Self {
        let keys = set.get("keys").and_then(Value::as_array);
        Self(
            keys.into_iter()
                .flatten()
                .take(MOST_KEYS)
                .filter_map(Key::read)
                .collect(),
        )
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Key {
    fn read(value: &Value) -> Option<Self> {
        let jwk = Jwk::deserialize(value).ok()?;
        if matches!(jwk.common.public_key_use, Some(PublicKeyUse::Encryption)) {
            return None;
        }
        let natural = match &jwk.algorithm {
            AlgorithmParameters::RSA(_) => Algorithm::RS256,
            AlgorithmParameters::EllipticCurve(it) => match it.curve {
                EllipticCurve::P256 => Algorithm::ES256,
                EllipticCurve::P384 => Algorithm::ES384,
                _ => return None,
            },
            AlgorithmParameters::OctetKeyPair(it) => match it.curve {
                EllipticCurve::Ed25519 => Algorithm::EdDSA,
                _ => return None,
            },
            _ => return None,
        };
        let algorithm = match jwk.common.key_algorithm {
            None => natural,
            Some(named) => named_algorithm(named).filter(|it| it.family() == natural.family())?,
        };
        Some(Self {
            id: jwk.common.key_id.clone(),
            algorithm,
            key: DecodingKey::from_jwk(&jwk).ok()?,
        })
    }
}

fn named_algorithm(named: KeyAlgorithm) -> Option<Algorithm> {
    Some(match named {
        KeyAlgorithm::RS256 => Algorithm::RS256,
        KeyAlgorithm::RS384 => Algorithm::RS384,
        KeyAlgorithm::RS512 => Algorithm::RS512,
        KeyAlgorithm::PS256 => Algorithm::PS256,
        KeyAlgorithm::PS384 => Algorithm::PS384,
        KeyAlgorithm::PS512 => Algorithm::PS512,
        KeyAlgorithm::ES256 => Algorithm::ES256,
        KeyAlgorithm::ES384 => Algorithm::ES384,
        KeyAlgorithm::EdDSA => Algorithm::EdDSA,
        _ => return None,
    })
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    crit: Option<Value>,
}

/// What a token says. Believed only as [`Token::verified`] gives it.
#[derive(Clone, Debug, PartialEq)]
pub struct Claims {
    pub issuer: String,
    pub subject: String,
    pub audience: Vec<String>,
    /// Unix seconds.
    pub expires: i64,
    pub issued: Option<i64>,
    pub id: Option<String>,
    not_before: Option<i64>,
    authorized_party: Option<String>,
    nonce: Option<String>,
    /// All of them.
    pub all: Map<String, Value>,
}

/// A token in hand, not yet believed. Has no `Debug`: it is a secret as long as it is valid.
pub struct Token<'a> {
    signed: &'a str,
    signature: &'a str,
    header: Header,
    claims: Claims,
}

/// Whether a text has the form of a signed token, as no password has by accident.
pub fn looks_like_one(text: &str) -> bool {
    let mut parts = text.split('.');
    let part = |part: Option<&str>| part.is_some_and(|it| !it.is_empty());
    text.starts_with("eyJ")
        && part(parts.next())
        && part(parts.next())
        && part(parts.next())
        && parts.next().is_none()
}

impl<'a> Token<'a> {
    pub fn read(text: &'a str) -> Result<Self, Fault> {
        if text.len() > LONGEST {
            return Err(Fault::Malformed);
        }
        let (signed, signature) = text.rsplit_once('.').ok_or(Fault::Malformed)?;
        let (header, body) = signed.split_once('.').ok_or(Fault::Malformed)?;
        let header: Header = json(header)?;
        let all: Map<String, Value> = json(body)?;
        Ok(Self {
            signed,
            signature,
            header,
            claims: Claims::read(all)?,
        })
    }

    /// Where it says it comes from, for finding the keys that can tell.
    pub fn claimed_issuer(&self) -> &str {
        &self.claims.issuer
    }

    /// Whom it says it is for.
    pub fn claimed_audience(&self) -> &[String] {
        &self.claims.audience
    }

    /// What it says, if one of these keys signed it.
    pub fn verified(&self, keys: &Keys) -> Result<&Claims, Fault> {
        // What must be understood is not.
        if self.header.crit.is_some() {
            return Err(Fault::Malformed);
        }
        let mut known = false;
        for key in &keys.0 {
            let named = match (&self.header.kid, &key.id) {
                (Some(wanted), Some(id)) => wanted == id,
                _ => true,
            };
            if !named {
                continue;
            }
            known = true;
            if self.header.alg != name_of(key.algorithm) {
                continue;
            }
            let message = self.signed.as_bytes();
            let checked =
                jsonwebtoken::crypto::verify(self.signature, message, &key.key, key.algorithm);
            if checked.unwrap_or(false) {
                return Ok(&self.claims);
            }
        }
        Err(if known {
            Fault::Forged
        } else {
            Fault::UnknownKey
        })
    }
}

fn name_of(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::RS256 => "RS256",
        Algorithm::RS384 => "RS384",
        Algorithm::RS512 => "RS512",
        Algorithm::PS256 => "PS256",
        Algorithm::PS384 => "PS384",
        Algorithm::PS512 => "PS512",
        Algorithm::ES256 => "ES256",
        Algorithm::ES384 => "ES384",
        Algorithm::EdDSA => "EdDSA",
        // No key is ever bound to another.
        _ => "",
    }
}

fn json<T: serde::de::DeserializeOwned>(part: &str) -> Result<T, Fault> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| Fault::Malformed)?;
    serde_json::from_slice(&bytes).map_err(|_| Fault::Malformed)
}

/// What a token must say to be accepted.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    pub issuer: &'a str,
    pub audience: &'a str,
    /// What the request carried, where there was one.
    pub nonce: Option<&'a str>,
    /// The present moment, UTC.
    pub now: NaiveDateTime,
}

impl Claims {
    fn read(all: Map<String, Value>) -> Result<Self, Fault> {
        let text = |name: &str| all.get(name).and_then(Value::as_str).map(str::to_owned);
        let audience = match all.get("aud") {
            Some(Value::String(one)) => vec![one.clone()],
            Some(Value::Array(many)) => many
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
            _ => Vec::new(),
        };
        // A time that is there and no number must not pass for one that is missing.
        let time = |name: &str| match all.get(name) {
            None => Ok(None),
            Some(value) => moment(value).map(Some).ok_or(Fault::Malformed),
        };
        Ok(Self {
            issuer: text("iss").ok_or(Fault::Incomplete)?,
            subject: text("sub")
                .filter(|it| !it.is_empty())
                .ok_or(Fault::Incomplete)?,
            audience,
            expires: time("exp")?.ok_or(Fault::Incomplete)?,
            issued: time("iat")?,
            id: text("jti").filter(|it| !it.is_empty()),
            not_before: time("nbf")?,
            authorized_party: text("azp"),
            nonce: text("nonce"),
            all,
        })
    }

    /// Whether it comes from whom it should, for whom it should, and now.
    pub fn check(&self, expected: Expected<'_>) -> Result<(), Fault> {
        if self.issuer != expected.issuer {
            return Err(Fault::OtherIssuer);
        }
        let meant = self.audience.iter().any(|it| it == expected.audience);
        // Who signs in somewhere does so by one application: OpenID Connect Core 3.1.3.7, 4 and 5. A job's token knows
        // none, and some issuers name the job itself here.
        let ours = match self.authorized_party.as_deref() {
            _ if expected.nonce.is_none() => true,
            Some(party) => party == expected.audience,
            None => self.audience.len() == 1,
        };
        if !meant || !ours {
            return Err(Fault::OtherAudience);
        }
        let now = expected.now.and_utc().timestamp();
        if self.expires <= now.saturating_sub(SKEW) {
            return Err(Fault::Expired);
        }
        let latest = now.saturating_add(SKEW);
        if self.not_before.is_some_and(|it| it > latest)
            || self.issued.is_some_and(|it| it > latest)
        {
            return Err(Fault::Early);
        }
        if let Some(nonce) = expected.nonce {
            let given = self.nonce.as_deref().unwrap_or_default();
            let same = given.len() == nonce.len()
                && openssl::memcmp::eq(given.as_bytes(), nonce.as_bytes());
            if !same {
                return Err(Fault::OtherNonce);
            }
        }
        Ok(())
    }
}

/// A `NumericDate` (RFC 7519 section 2), fractions cut off.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a number as large as that saturates, and is refused as a time"
)]
fn moment(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| {
        value
            .as_f64()
            .filter(|it| it.is_finite())
            .map(|it| it as i64)
    })
}
