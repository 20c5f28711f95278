//! Registry tokens: their claims, their three header forms, the endpoint's answer, and reading our own back.

use super::scope::Access;
use chrono::NaiveDateTime;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How far `nbf` lies before the moment of issue, in seconds: registries tolerate 60 s, clocks err more.
pub const BACKDATED: i64 = 120;
/// Shortest life of a token, in seconds: clients assume at least this much, whatever they are told.
pub const SHORTEST: i64 = 60;
/// Leeway when reading our own tokens, in seconds: the same that registries grant.
const LEEWAY: i64 = 60;
/// Longest token looked at, in bytes.
const MAX_TOKEN: usize = 64 * 1024;

/// How a token tells the registry which key signed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HeaderForm {
    /// `x5c` with the certificate: every registry with that certificate in `rootcertbundle`.
    #[default]
    X5c,
    /// `kid` by libtrust: registries up to 2.8 only.
    Libtrust,
    /// `kid` as in our JWKS document: registries 3.x with `jwks` only.
    Jwks,
}

impl HeaderForm {
    /// The name in settings and rows.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::X5c => "x5c",
            Self::Libtrust => "libtrust",
            Self::Jwks => "jwks",
        }
    }
}

impl std::str::FromStr for HeaderForm {
    type Err = UnknownHeaderForm;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::X5c, Self::Libtrust, Self::Jwks]
            .into_iter()
            .find(|form| form.as_str() == text)
            .ok_or(UnknownHeaderForm)
    }
}

/// A header form that does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown token header: use x5c, libtrust or jwks")]
pub struct UnknownHeaderForm;

/// What a token is to say.
#[derive(Debug, Clone)]
pub struct Issue<'a> {
    /// `machine_fqdn.value`; must equal the registry's `auth.token.issuer`.
    pub issuer: &'a str,
    /// The authenticated user, or "" for nobody.
    pub subject: &'a str,
    /// The registry's `auth.token.service`.
    pub service: &'a str,
    /// `None` leaves the claim out: no scope was asked.
    pub access: Option<Vec<Access>>,
    /// At least [`SHORTEST`].
    pub lifetime: Duration,
    /// The moment of issue, UTC.
    pub now: NaiveDateTime,
}

/// The claims of a registry token. Times are whole seconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Who issued it.
    pub iss: String,
    /// For whom; "" for nobody.
    pub sub: String,
    /// For which registry service; registries 2.x take no list.
    pub aud: String,
    /// End of life.
    pub exp: i64,
    /// Not valid before.
    pub nbf: i64,
    /// When it was issued.
    pub iat: i64,
    /// Random, different in each token.
    pub jti: String,
    /// Never `null`: a registry panics on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access: Option<Vec<Access>>,
}

impl Claims {
    /// Fills the claims for one token, with a fresh random `jti`.
    pub fn issue(issue: Issue<'_>) -> Self {
        let iat = issue.now.and_utc().timestamp();
        let lifetime = i64::try_from(issue.lifetime.as_secs()).unwrap_or(i64::MAX);
        Self {
            iss: issue.issuer.to_owned(),
            sub: issue.subject.to_owned(),
            aud: issue.service.to_owned(),
            exp: iat.saturating_add(lifetime.max(SHORTEST)),
            nbf: iat.saturating_sub(BACKDATED),
            iat,
            jti: uuid::Uuid::new_v4().simple().to_string(),
            access: issue.access,
        }
    }

    /// Seconds from issue to expiry.
    pub fn expires_in(&self) -> i64 {
        self.exp.saturating_sub(self.iat)
    }

    /// Signs the claims; `keys::SigningKey::sign` has the header and the key.
    pub fn encode(&self, header: &Header, key: &EncodingKey) -> Result<String, TokenError> {
        jsonwebtoken::encode(header, self, key).map_err(|e| TokenError::Signing(e.to_string()))
    }
}

/// The token endpoint's answer: the same string twice, because clients differ in which they read.
#[derive(Clone, Serialize)]
pub struct TokenAnswer {
    /// Read by `GET` clients.
    pub token: String,
    /// Read by `POST` clients, and by docker first.
    pub access_token: String,
    /// Seconds; exactly the token's life.
    pub expires_in: i64,
    /// Only where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
}

impl TokenAnswer {
    /// The answer that carries `token`, made from `claims`.
    pub fn new(token: String, claims: &Claims, refresh_token: Option<String>) -> Self {
        Self {
            access_token: token.clone(),
            token,
            expires_in: claims.expires_in(),
            refresh_token,
        }
    }
}

/// A public key with the one algorithm it verifies.
#[derive(Debug, Clone)]
pub struct VerifyingKey {
    algorithm: Algorithm,
    key: DecodingKey,
}

impl VerifyingKey {
    /// Binds a key to its algorithm for good.
    pub fn new(algorithm: Algorithm, key: DecodingKey) -> Self {
        Self { algorithm, key }
    }
}

/// What one of our tokens must say to be believed.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// Our own issuer.
    pub issuer: &'a str,
    /// The service the bearer turned to.
    pub service: &'a str,
    /// The present moment, UTC.
    pub now: NaiveDateTime,
}

/// Reads a token of ours. Neither the algorithm nor the key is ever taken from the token.
pub fn verify(
    token: &str,
    keys: &[VerifyingKey],
    expected: Expected<'_>,
) -> Result<Claims, TokenError> {
    if token.len() > MAX_TOKEN {
        return Err(TokenError::Untrusted);
    }
    let claims = keys
        .iter()
        .find_map(|key| signed_by(token, key))
        .ok_or(TokenError::Untrusted)?;
    let now = expected.now.and_utc().timestamp();
    if claims.iss != expected.issuer || claims.aud != expected.service {
        return Err(TokenError::Elsewhere);
    }
    if claims.nbf > now.saturating_add(LEEWAY) || claims.exp <= now.saturating_sub(LEEWAY) {
        return Err(TokenError::Expired);
    }
    Ok(claims)
}

fn signed_by(token: &str, key: &VerifyingKey) -> Option<Claims> {
    let mut validation = Validation::new(key.algorithm);
    // Times and names are checked by the caller, against a clock that was handed in.
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let data = jsonwebtoken::decode::<Claims>(token, &key.key, &validation).ok()?;
    data.header.crit.is_none().then_some(data.claims)
}

/// Why there is no token, or none to believe. Never holds any part of a token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The signature could not be made.
    #[error("the registry token could not be signed: {0}")]
    Signing(String),
    /// Not a token, or none that our keys signed.
    #[error("the token was not signed by this service")]
    Untrusted,
    /// Issued by or for somebody else.
    #[error("the token was issued for another service")]
    Elsewhere,
    /// Too old, or not valid yet.
    #[error("the token has expired or is not valid yet")]
    Expired,
}

#[cfg(test)]
mod tests;
