//! The public halves of our keys as `/.well-known/jwks.json` shows them.

use super::{Certificate, KeyError, SigningKey, signing_key};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use openssl::bn::{BigNum, BigNumContext};
use openssl::nid::Nid;
use openssl::pkey::{PKeyRef, Public};
use serde::Serialize;

/// A JWK Set (RFC 7517).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Jwks {
    /// The key that signs comes first.
    pub keys: Vec<PublicJwk>,
}

/// One public signature key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PublicJwk {
    /// The numbers of the key.
    #[serde(flatten)]
    pub numbers: Numbers,
    /// Always `sig`.
    #[serde(rename = "use")]
    pub usage: &'static str,
    /// The one algorithm the key signs with.
    pub alg: &'static str,
    /// The libtrust id, also the `kid` of tokens in the JWKS form.
    pub kid: String,
    /// The certificate, where there is one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub x5c: Vec<String>,
}

/// What differs between kinds of keys; base64url without padding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kty")]
pub enum Numbers {
    /// Modulus and exponent.
    #[serde(rename = "RSA")]
    Rsa {
        /// Modulus.
        n: String,
        /// Exponent.
        e: String,
    },
    /// A point on a curve, coordinates padded to the curve's size.
    #[serde(rename = "EC")]
    Ec {
        /// `P-256` or `P-384`.
        crv: &'static str,
        /// First coordinate.
        x: String,
        /// Second coordinate.
        y: String,
    },
}

impl Jwks {
    /// The signing key and, while a rotation is under way, the keys of the bundle's other certificates.
    pub fn new(signing: &SigningKey, bundle: &[Certificate]) -> Result<Self, KeyError> {
        let mut keys = vec![PublicJwk::new(signing.public(), signing.certificate())?];
        for certificate in bundle {
            let public = certificate.public_key()?;
            let key = PublicJwk::new(&public, Some(certificate));
            // A bundle may hold keys of a kind that we would not sign with.
            keys.extend(
                key.ok()
                    .filter(|key| keys.iter().all(|known| known.kid != key.kid)),
            );
        }
        Ok(Self { keys })
    }
}

impl PublicJwk {
    fn new(key: &PKeyRef<Public>, certificate: Option<&Certificate>) -> Result<Self, KeyError> {
        let broken = |e| KeyError::openssl("the public key cannot be shown as a JWK", &e);
        let (numbers, alg) = if let Ok(rsa) = key.rsa() {
            let n = URL_SAFE_NO_PAD.encode(rsa.n().to_vec());
            let e = URL_SAFE_NO_PAD.encode(rsa.e().to_vec());
            (Numbers::Rsa { n, e }, "RS256")
        } else {
            let ec = key.ec_key().map_err(broken)?;
            let (crv, alg, size) = match ec.group().curve_name() {
                Some(Nid::X9_62_PRIME256V1) => ("P-256", "ES256", 32),
                Some(Nid::SECP384R1) => ("P-384", "ES384", 48),
                _ => return Err(KeyError::Unusable("unsupported elliptic curve".to_owned())),
            };
            let point = || {
                let (mut x, mut y) = (BigNum::new()?, BigNum::new()?);
                let mut context = BigNumContext::new()?;
                ec.public_key()
                    .affine_coordinates(ec.group(), &mut x, &mut y, &mut context)?;
                Ok((x.to_vec_padded(size)?, y.to_vec_padded(size)?))
            };
            let (x, y) = point().map_err(broken)?;
            let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
            (Numbers::Ec { crv, x, y }, alg)
        };
        let spki = key.public_key_to_der().map_err(broken)?;
        let x5c = certificate.map(|certificate| STANDARD.encode(certificate.der()));
        Ok(Self {
            numbers,
            usage: "sig",
            alg,
            kid: signing_key::libtrust_id(&openssl::sha::sha256(&spki)),
            x5c: x5c.into_iter().collect(),
        })
    }
}
